"""Every door with what an honest person gives there; the tables of attacks are made from these rows.

A new address, command of the socket, management command or admin page fails test_registry until it has a row here.
A row is one line: who may, and what they give. From it follow, without a further word: everybody else refused with the
right code and no trace, a private room that is not there, fields that are not asked for, wrong types, hurtful texts,
broken bodies, and the same thing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.tests.attacks.scene import IN_ROOM, STRANGERS

# Who may: those whose asking succeeds, besides whom everybody is refused.
EVERYBODY, PERSON, MEMBER, AUTHOR, KEEPER, MODERATOR, OWNER, NOBODY = range(8)
MEMBERS = frozenset(IN_ROOM) - {"banned", "inactive"}
ALLOWED: dict[int, frozenset[str]] = {
    EVERYBODY: frozenset({"nobody", *IN_ROOM, *STRANGERS}),
    PERSON: MEMBERS | frozenset(STRANGERS),
    MEMBER: MEMBERS,
    AUTHOR: frozenset({"bob"}),  # of the message of the scene
    KEEPER: frozenset({"alice", "mod", "bob"}),  # its author, and those above
    MODERATOR: frozenset({"alice", "mod"}),
    OWNER: frozenset({"alice"}),
    NOBODY: frozenset(),
}


@dataclass(frozen=True)
class Row:
    """Who may, and what is given: "{message}" stands for the scene's. `texts` are the words of people in it and how
    long they may be. `outside`: what strangers to a public room get (0: it is answered). `answer`: the refusal that
    even those who may get, since the scene is not in the state for it. `optional`: fields that may be left out."""

    who: int
    given: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, int] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    outside: int = 403
    answer: int = 0
    blank: frozenset[str] = frozenset()  # texts that may be empty
    parts: Mapping[str, str] = field(default_factory=dict)  # of the address, where the scene's usual ones do not do
    query: tuple[str, ...] = ()  # what is read of the query
    first: str = ""  # one of those who may, where the first that comes to mind would change nothing
    but: Mapping[str, int] = field(default_factory=dict)  # what single people get for reasons of their own

    @property
    def is_in_a_room(self) -> bool:
        return MEMBER <= self.who <= OWNER

    def best(self) -> str:
        """Somebody who may."""
        return self.first or next(
            who for who in ("bob", "mod", "alice", "mallory", "nobody") if who in ALLOWED[self.who]
        )


HIDDEN = {"message_id": "{hidden}"}
DAVE = {"object_id": "{user_id}"}
SITE_WIDE = {"place": "site", "lasts": "day", "until": "", "reason": "Spam"}
TERMS = {"lasts": "week", "uses": "10"}
LINK = {"token": "{invite}"}
CLIENT_ID = "6f0e8a52-7777-4777-8777-777777777777"
ROOM_WORDS = {"name": "The Pier", "topic": "Boats"}
BODY, NAME, TOPIC, REASON = 5000, 80, 250, 500
PLACE = ("before", "after", "around", "since")

# --- Addresses of our own: "METHOD name" as in chat/tests/doors/table.py

PAGES: dict[str, Row] = {
    "GET home": Row(EVERYBODY, query=("joined", "joinable")),
    "GET manifest": Row(EVERYBODY),
    "GET offline": Row(EVERYBODY),
    "GET worker": Row(EVERYBODY),
    "GET healthz": Row(EVERYBODY),
    "GET readyz": Row(EVERYBODY),
    "GET metrics": Row(EVERYBODY),  # from this machine
    "GET set_up": Row(EVERYBODY),
    "POST set_up": Row(EVERYBODY, {"site_name": "Mine", "handle": "eve"}, answer=409),
    "GET set_up_by_link": Row(EVERYBODY, answer=404),
    "POST set_up_by_link": Row(EVERYBODY, {"site_name": "Mine", "handle": "eve"}, answer=404),
    "GET person": Row(PERSON),
    "POST language": Row(EVERYBODY, {"language": "de", "next": "/"}, optional=frozenset({"next"})),
    "GET settings": Row(PERSON),
    "POST settings": Row(
        PERSON,
        {"name": "Robin", "handle": "robin", "theme": "dark", "language": "", "time_zone": ""},
        texts={"name": NAME},
        optional=frozenset({"handle", "language", "time_zone"}),
    ),
    "GET picture": Row(PERSON, answer=404),
    "POST own_picture": Row(PERSON, {"remove": "1"}),
    "GET usersessions_list": Row(PERSON),
    "POST session_end": Row(PERSON, answer=404),  # nobody's own
    "POST sessions_end_others": Row(PERSON),
    "GET sign_in_again": Row(PERSON, query=("next",)),
    "GET my_data": Row(PERSON),
    "POST my_data": Row(PERSON),
    "GET my_data_file": Row(PERSON, answer=404),  # nobody has asked for one
    "GET erase": Row(PERSON),
    "POST erase": Row(
        PERSON,
        {"handle": "mallory", "messages": "keep"},
        first="mallory",
        but=dict.fromkeys(("alice", "mod", "bob", "carol", "dave", "gone", "rival"), 400),  # another's handle
    ),
    "GET admin_jump": Row(PERSON, answer=404),
    "GET room_new": Row(PERSON),
    "POST room_new": Row(
        PERSON,
        {**ROOM_WORDS, "kind": "public"},
        texts={"name": NAME, "topic": TOPIC},
        optional=frozenset({"kind", "topic"}),
        blank=frozenset({"topic"}),
    ),
    "GET room": Row(MEMBER, outside=0, query=PLACE),
    "POST room_join": Row(MEMBER, outside=0, first="mallory"),
    "POST room_leave": Row(MEMBER, but={"alice": 409}),  # the last owner
    "GET room_settings": Row(MODERATOR),
    "POST room_settings": Row(
        MODERATOR,
        ROOM_WORDS,
        texts={"name": NAME, "topic": TOPIC},
        optional=frozenset({"topic"}),
        blank=frozenset({"topic"}),
    ),
    "GET room_day": Row(MEMBER),
    "GET room_invites": Row(OWNER),
    "POST room_invites": Row(OWNER, TERMS),
    "POST room_invite_withdraw": Row(OWNER),
    "GET site_invites": Row(PERSON, answer=404),  # for administrators
    "POST site_invites": Row(PERSON, TERMS, answer=404),
    "POST site_invite_withdraw": Row(PERSON, answer=404),
    "GET join": Row(EVERYBODY, parts=LINK),
    "POST join": Row(EVERYBODY, {"way": "sign-in"}, optional=frozenset({"way"}), parts=LINK, first="mallory"),
    "GET members": Row(MEMBER, query=("page",)),
    "POST members": Row(MODERATOR, {"handle": "mallory"}),
    "GET member_find": Row(MEMBER, query=("q",)),
    "GET member_remove": Row(MODERATOR),
    "POST member_remove": Row(
        MODERATOR,
        {"reason": "Spam"},
        texts={"reason": REASON},
        optional=frozenset({"reason"}),
        blank=frozenset({"reason"}),
    ),
    "GET member_restrict": Row(MODERATOR, query=("kind",)),
    "POST member_restrict": Row(
        MODERATOR,
        {"kind": "mute", "period": "hour", "until": "{tomorrow}", "zone": "", "reason": "Spam"},
        texts={"reason": REASON},
        optional=frozenset({"period", "until", "zone"}),
    ),
    "POST member_role": Row(OWNER, {"role": "moderator"}),
    "GET messages": Row(MEMBER, query=(*PLACE, "limit")),
    "POST messages": Row(MEMBER, {"client_id": CLIENT_ID, "body": "Hello"}, texts={"body": BODY}, but={"dave": 403}),
    "GET message": Row(MEMBER),
    "GET message_edit": Row(AUTHOR),
    "POST message_edit": Row(AUTHOR, {"body": "Other words"}, texts={"body": BODY}),
    "GET message_delete": Row(KEEPER),
    "POST message_delete": Row(KEEPER),
    "GET message_hide": Row(MODERATOR),
    "POST message_hide": Row(MODERATOR, {"reason": "Spam"}, texts={"reason": REASON}),
    "GET message_restore": Row(MODERATOR, parts=HIDDEN),
    "POST message_restore": Row(MODERATOR, {"reason": "A mistake"}, texts={"reason": REASON}, parts=HIDDEN),
    "GET moderation": Row(MODERATOR, query=("restrictions", "hidden", "audit")),
    "GET restriction_lift": Row(MODERATOR),
    "POST restriction_lift": Row(MODERATOR, {"reason": "A mistake"}, texts={"reason": REASON}),
    "GET changes": Row(MEMBER, {"after": "0"}, query=("after", "epoch")),
}
POSTS = [door for door in PAGES if door.startswith("POST")]
GIVING = [door for door in POSTS if PAGES[door].given and not PAGES[door].answer]
ASKING = [door for door in GIVING if set(PAGES[door].given) - PAGES[door].optional]  # not everything may be left out

# --- allauth's addresses: what is given where something is posted. Who may is in chat/tests/doors/table.py

ACCOUNT: dict[str, Row] = {
    "account_login": Row(EVERYBODY, {"login": "bob", "password": "wrong"}, texts={"login": NAME}),
    "account_logout": Row(EVERYBODY),
    "account_signup": Row(EVERYBODY, {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}),
    "account_reauthenticate": Row(PERSON, {"password": "wrong"}),
    "account_email": Row(PERSON, {"email": "x@example.org", "action_add": ""}),
    "account_change_password": Row(
        PERSON, {"oldpassword": "x", "password1": "orange-boat-3", "password2": "orange-boat-3"}
    ),
    "account_set_password": Row(PERSON, {"password1": "orange-boat-3", "password2": "orange-boat-3"}),
    "account_reset_password": Row(EVERYBODY, {"email": "bob@example.org"}),
    "account_confirm_login_code": Row(EVERYBODY, {"code": "123456"}),
    "account_confirm_email": Row(EVERYBODY),
    "account_reset_password_from_key": Row(EVERYBODY, {"password1": "orange-boat-3", "password2": "orange-boat-3"}),
    "mfa_authenticate": Row(EVERYBODY, {"code": "123456"}),
    "mfa_reauthenticate": Row(PERSON, {"code": "123456"}),
    "mfa_activate_totp": Row(PERSON, {"code": "123456"}),
    "mfa_deactivate_totp": Row(PERSON),
    "mfa_generate_recovery_codes": Row(PERSON),
    "mfa_login_webauthn": Row(EVERYBODY, {"credential": "{}"}),
    "mfa_reauthenticate_webauthn": Row(PERSON, {"credential": "{}"}),
    "mfa_add_webauthn": Row(PERSON, {"name": "Key", "credential": "{}"}),
    "mfa_edit_webauthn": Row(PERSON, {"name": "Key"}),
    "mfa_remove_webauthn": Row(PERSON),
}

# --- Commands of the socket

COMMANDS: dict[str, Row] = {
    "room.open": Row(MEMBER, {"room": "{room}", "after": 0, "epoch": None}),
    "room.close": Row(PERSON, {"room": "{room}"}),  # closing what is not open is no refusal and tells nothing
    "message.post": Row(
        MEMBER, {"room": "{room}", "client_id": CLIENT_ID, "body": "Hello"}, texts={"body": BODY}, but={"dave": 403}
    ),
    "message.edit": Row(AUTHOR, {"message": "{message}", "body": "Other words"}, texts={"body": BODY}),
    "message.delete": Row(KEEPER, {"message": "{message}"}),
    "typing": Row(PERSON, {"room": "{room}"}),  # never answered; where it is not open it is not heard
    "read.mark": Row(MEMBER, {"room": "{room}", "message": "{message}", "back": True}),
    "ping": Row(PERSON),
}
UNANSWERED = frozenset({"typing"})

# --- The admin: by one of the ready group of site moderators; `parts` says on what

DESK_REASON = {"reason": REASON}
ADMIN: dict[str, Row] = {  # pages beside Django's own five of each model, and the page of an act
    "chat_room_closed": Row(MODERATOR),
    "chat_room_open": Row(MODERATOR, {"reason": "A report"}, DESK_REASON, parts={"object_id": "{private_room}"}),
}
ACTS: dict[str, Row] = {  # at <id>/acts/<name>/ and in bulk: "app.model name"
    "chat.message hide": Row(MODERATOR, {"reason": "Spam"}, DESK_REASON, parts={"object_id": "{message}"}),
    "chat.message restore": Row(MODERATOR, {"reason": "A mistake"}, DESK_REASON, parts={"object_id": "{hidden}"}),
    "chat.restriction lift": Row(MODERATOR, {"reason": "Over"}, DESK_REASON, parts={"object_id": "{restriction_id}"}),
    "chat.invite withdraw": Row(MODERATOR, {"reason": "Leaked"}, DESK_REASON, parts={"object_id": "{invite_id}"}),
    "chat.membership remove": Row(MODERATOR, {"reason": "Spam"}, DESK_REASON, parts={"object_id": "{membership_id}"}),
    "accounts.user mute": Row(MODERATOR, SITE_WIDE, DESK_REASON, parts=DAVE),
    "accounts.user ban": Row(MODERATOR, SITE_WIDE, DESK_REASON, parts=DAVE),
    "accounts.user remove": Row(MODERATOR, {"place": "{room}", "reason": "Spam"}, DESK_REASON, parts=DAVE),
    "accounts.user remove-picture": Row(MODERATOR, {"reason": "Rude"}, DESK_REASON, parts=DAVE),
    "accounts.user lift": Row(MODERATOR, {"reason": "Over"}, DESK_REASON, parts=DAVE),
    "accounts.user reset-link": Row(MODERATOR, {"reason": "Forgot"}, DESK_REASON, parts=DAVE, first="superuser"),
    "accounts.user close-sessions": Row(MODERATOR, {"reason": "Stolen laptop"}, DESK_REASON, parts=DAVE),
    "accounts.user deactivate": Row(MODERATOR, {"reason": "Left the firm"}, DESK_REASON, parts=DAVE, first="superuser"),
    "accounts.user reactivate": Row(
        MODERATOR, {"reason": "Is back"}, DESK_REASON, parts={"object_id": "{inactive_id}"}, first="superuser"
    ),
    "accounts.user remove-factors": Row(
        MODERATOR, {"reason": "Lost phone"}, DESK_REASON, parts=DAVE, first="superuser"
    ),
    "accounts.user erase": Row(
        MODERATOR, {"reason": "Asked", "messages": "keep"}, DESK_REASON, parts=DAVE, first="superuser"
    ),
}

# --- Commands of manage.py: words that are refused in one plain line, on an installation that is in use

MANAGE: dict[str, list[list[str]]] = {
    "backup": [["--nothing"], ["/proc/version/x.zip"]],
    "doctor": [["--nothing"], ["x"]],
    "icons": [["--nothing"], ["x"]],
    "prepare": [["--nothing"], ["x"]],
    "providers": [["--nothing"], ["x"]],
    "remove_factors": [[], ["--nothing", "x"], ["nobody-here"], ["system"], ["bob"], ["bob", "--reason="]],
    "reset_link": [[], ["--nothing", "x"], ["nobody-here"], ["system"], ["inactive"], ["bob", "--reason="]],
    "restore": [[], ["--nothing"], ["/nowhere.zip"], ["/proc/version"]],
    "runserver": [["--nothing"], ["no such place"], ["127.0.0.1:x"]],
    "screens": [["--nothing"], ["no such picture"]],
    "seed": [[], ["--password=x"], ["--messages=-1"], ["--messages=many"], ["--nothing"]],
    "serve": [["--nothing"], ["--fd=x"]],
    "worker": [["--nothing"], ["x"]],
}
