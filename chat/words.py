"""The visible texts of the scripts. `{name}` is filled in by the page; a text with a count has plural forms."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# A number of each kind that languages tell apart: Arabic all of them, Polish some, English and German one and other.
SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11}
USUAL = 100


def words() -> dict[str, str | dict[str, str]]:
    """In the reader's language, for the `strings` of page-data."""
    return {**timeline_words(), **order_words(), **composer_words(), **connection_words(), **way_words()}


def timeline_words() -> dict[str, str | dict[str, str]]:
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "edited": _("edited"),
        "deleted_by": _("Deleted by {name}"),
        "hidden_by": _("Hidden by {name}"),
        "new": _("New"),
        "newest": _("Newest messages"),
        "unread_from_here": _("Unread from here"),
        "no_unread": _("This could not be marked unread now."),
        "new_messages": counted("{count} new message", "{count} new messages"),
        "edit_label": _("Edit the message"),
        "save": _("Save"),
        "cancel": _("Cancel"),
        "delete": _("Delete"),
        "ask_delete": _("Delete this message for everyone?"),
        "not_saved": _("Not saved. Try again."),
    }


def order_words() -> dict[str, str | dict[str, str]]:
    return {
        "hide": _("Hide"),
        "ask_hide": _("Hide this message from everyone?"),
        "restore": _("Restore"),
        "reason_read": _("Reason, which everyone here can read"),
        "reason_kept": _("Reason, kept in the room's book"),
        "not_kept": _("What it said is no longer kept."),
        "no_restore": _("This message cannot be restored now."),
        "archived": _("This room is archived. It can be read, but nobody can write in it."),
        "muted": _("A moderator has muted you:"),
        "muted_until": _("A moderator has muted you until {until}:"),
    }


def composer_words() -> dict[str, str | dict[str, str]]:
    return {
        "left": counted("{count} left", "{count} left"),
        "over": counted("{count} too many", "{count} too many"),
        "goes_in": counted("Goes in {count} second", "Goes in {count} seconds"),
        "too_long": _("Too long to send."),
        "shorten": counted("Take out {count} character to send it.", "Take out {count} characters to send it."),
        "name_somebody": _("People to mention"),
        "people_found": counted(
            "{count} person. Choose with the arrow keys.", "{count} people. Choose with the arrow keys."
        ),
        "not_sent": _("Not sent."),
        "retry": _("Retry"),
        "copy": _("Copy"),
        "discard": _("Discard"),
        "copied": _("Link copied"),
        "copied_text": _("Text copied"),
        "no_edit": _("This message cannot be edited now."),
        "typing_one": _("{name} is typing"),
        "typing_two": _("{name} and {other} are typing"),
        "typing_many": _("Several people are typing"),
    }


def connection_words() -> dict[str, str | dict[str, str]]:
    return {
        "offline": _("Offline. What you write is kept."),
        "offline_unkept": _("Offline. Leave this page open: this browser cannot keep what you wrote."),
        "not_live": _("What you write is sent. What others write comes later."),
        "trying": _("Trying…"),
        "try_now": _("Try now"),
        "up_to_date": _("Up to date"),
        "signed_out_here": _("You are signed out."),
        "signed_out": _("You are signed out. What you write is kept."),
        "sign_in": _("Sign in"),
        "ask_unsent": counted(
            "{count} message is not sent yet. Sign out and lose it?",
            "{count} messages are not sent yet. Sign out and lose them?",
        ),
        "banned": _("You can no longer take part here."),
    }


def way_words() -> dict[str, str | dict[str, str]]:
    """Of going from room to room."""
    return {
        "opening": _("Opening {name}"),
        "opened": _("{name} is open"),
        "not_opened": _("{name} could not be opened now."),
        "try_again": _("Try again"),
        "online": _("Online"),
        "not_online": _("Not connected"),
        "nothing_unread": _("Nothing is unread."),
        "no_rooms": _("No rooms yet. Make one or browse."),
        "rooms_found": counted("{count} room", "{count} rooms"),
        "you_are_here": _("you are here"),
        "count_unread": counted("{count} unread", "{count} unread"),
        "count_mentions": counted("{count} mention", "{count} mentions"),
    }


def counted(one: str, other: str) -> dict[str, str]:
    """The forms of a text with `{count}`, by the names of Intl.PluralRules; one that is like `other` is left out."""
    usual = ngettext(one, other, USUAL)
    forms = {name: ngettext(one, other, number) for name, number in SAMPLES.items()}
    return {name: form for name, form in forms.items() if form != usual} | {"other": usual}
