"""The visible texts of the scripts. `{name}` is filled in by the page; a text with a count has plural forms."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def words() -> dict[str, str | dict[str, str]]:
    """In the reader's language, for the `strings` of page-data."""
    return {**timeline_words(), **order_words(), **composer_words(), **connection_words()}


def timeline_words() -> dict[str, str | dict[str, str]]:
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "new": _("New"),
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
        "not_sent": _("Not sent."),
        "retry": _("Retry"),
        "copy": _("Copy"),
        "discard": _("Discard"),
        "copied": _("Link copied"),
        "no_edit": _("This message cannot be edited now."),
        "typing_one": _("{name} is typing"),
        "typing_two": _("{name} and {other} are typing"),
        "typing_many": _("Several people are typing"),
    }


def connection_words() -> dict[str, str | dict[str, str]]:
    return {
        "offline": _("Offline. What you write is kept."),
        "try_now": _("Try now"),
        "up_to_date": _("Up to date"),
        "signed_out": _("You are signed out. What you write is kept."),
        "sign_in": _("Sign in"),
        "banned": _("You can no longer take part here."),
    }


def counted(one: str, other: str) -> dict[str, str]:
    """Both forms of a text with `{count}`, by the names that Intl.PluralRules gives them."""
    return {"one": ngettext(one, other, 1), "other": ngettext(one, other, 2)}
