"""Every address of the site, classified: a new one fails test_url_table until it stands here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

PUBLIC, PERSON, STAFF = "public", "person", "staff"


@dataclass(frozen=True)
class Entry:
    """Who may use it, and which methods it knows. `blocked` names where an outsider to a room stands."""

    access: str
    methods: str = "GET"
    outsider: int = 0  # status for mallory, signed in and in no room; 0: the address has no room in it

    @property
    def posts(self) -> bool:
        return "POST" in self.methods


OURS = {
    "home": Entry(PUBLIC),
    "manifest": Entry(PUBLIC),
    "offline": Entry(PUBLIC),
    "worker": Entry(PUBLIC),
    "healthz": Entry(PUBLIC),
    "readyz": Entry(PUBLIC),
    "metrics": Entry(PUBLIC),  # for the addresses in METRICS_ALLOW
    "set_up": Entry(PUBLIC, "GET POST"),
    "set_up_by_link": Entry(PUBLIC, "GET POST"),
    "person": Entry(PERSON),
    "picture": Entry(PERSON),
    "language": Entry(PUBLIC, "POST"),
    "settings": Entry(PERSON, "GET POST"),
    "own_picture": Entry(PERSON, "POST"),
    "usersessions_list": Entry(PERSON),
    "session_end": Entry(PERSON, "POST"),
    "sessions_end_others": Entry(PERSON, "POST"),
    "sign_in_again": Entry(PERSON),
    "my_data": Entry(PERSON, "GET POST"),
    "my_data_file": Entry(PERSON),
    "erase": Entry(PERSON, "GET POST"),
    "admin_jump": Entry(PERSON),
    "room_new": Entry(PERSON, "GET POST"),
    "room": Entry(PERSON, "GET", outsider=200),
    "room_join": Entry(PERSON, "POST", outsider=302),
    "room_leave": Entry(PERSON, "POST", outsider=403),
    "room_settings": Entry(PERSON, "GET POST", outsider=403),
    "room_day": Entry(PERSON, "GET", outsider=403),
    "room_invites": Entry(PERSON, "GET POST", outsider=403),
    "room_invite_withdraw": Entry(PERSON, "POST", outsider=403),
    "site_invites": Entry(PERSON, "GET POST"),
    "site_invite_withdraw": Entry(PERSON, "POST"),
    "join": Entry(PUBLIC, "GET POST"),
    "members": Entry(PERSON, "GET POST", outsider=403),
    "member_find": Entry(PERSON, "GET", outsider=403),
    "member_remove": Entry(PERSON, "GET POST", outsider=403),
    "member_restrict": Entry(PERSON, "GET POST", outsider=403),
    "member_role": Entry(PERSON, "POST", outsider=403),
    "messages": Entry(PERSON, "GET POST", outsider=403),
    "message": Entry(PERSON, "GET", outsider=403),
    "message_edit": Entry(PERSON, "GET POST", outsider=403),
    "message_delete": Entry(PERSON, "GET POST", outsider=403),
    "message_hide": Entry(PERSON, "GET POST", outsider=403),
    "message_restore": Entry(PERSON, "GET POST", outsider=403),
    "moderation": Entry(PERSON, "GET", outsider=403),
    "restriction_lift": Entry(PERSON, "GET POST", outsider=403),
    "changes": Entry(PERSON, "GET", outsider=403),
}

# allauth's own; without provider keys those of social accounts are not there at all.
ALLAUTH = {
    "account_login": Entry(PUBLIC, "GET POST"),
    "account_logout": Entry(PUBLIC, "GET POST"),
    "account_inactive": Entry(PUBLIC),
    "account_signup": Entry(PUBLIC, "GET POST"),
    "account_reauthenticate": Entry(PERSON, "GET POST"),
    "account_email": Entry(PERSON, "GET POST"),
    "account_email_verification_sent": Entry(PUBLIC),
    "account_change_password": Entry(PERSON, "GET POST"),
    "account_set_password": Entry(PERSON, "GET POST"),
    "account_reset_password": Entry(PUBLIC, "GET POST"),
    "account_confirm_login_code": Entry(PUBLIC, "GET POST"),
    "account_confirm_email": Entry(PUBLIC, "GET POST"),
    "account_reset_password_from_key_done": Entry(PUBLIC),
    "account_reset_password_from_key": Entry(PUBLIC, "GET POST"),
    "account_reset_password_done": Entry(PUBLIC),
    "mfa_login_webauthn": Entry(PUBLIC, "GET POST"),
    "mfa_authenticate": Entry(PUBLIC, "GET POST"),
    "mfa_reauthenticate": Entry(PERSON, "GET POST"),
    "mfa_reauthenticate_webauthn": Entry(PERSON, "GET POST"),
    "mfa_index": Entry(PERSON),
    "mfa_activate_totp": Entry(PERSON, "GET POST"),
    "mfa_deactivate_totp": Entry(PERSON, "GET POST"),
    "mfa_list_webauthn": Entry(PERSON),
    "mfa_add_webauthn": Entry(PERSON, "GET POST"),
    "mfa_edit_webauthn": Entry(PERSON, "GET POST"),
    "mfa_remove_webauthn": Entry(PERSON, "GET POST"),
    "mfa_view_recovery_codes": Entry(PERSON),
    "mfa_generate_recovery_codes": Entry(PERSON, "GET POST"),
    "mfa_download_recovery_codes": Entry(PERSON),
}

TABLE = OURS | ALLAUTH


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """(name, pattern) of every address; those of the admin are named `admin:…`."""
    return ((name, pattern) for name, pattern, _parts in _walk(get_resolver().url_patterns, "", frozenset()))


def _walk(patterns: list[Any], space: str, outer: frozenset[str]) -> Iterator[tuple[str, URLPattern, frozenset[str]]]:
    for entry in patterns:
        parts = outer | {*entry.pattern.converters, *getattr(entry.pattern.regex, "groupindex", {})}
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, inner, parts)
        else:
            yield f"{space}{entry.name}", entry, parts


def address_of(name: str, samples: dict[str, Any]) -> str:
    """The address with this name, its parts filled in from `samples`."""
    parts = {found: parts for found, _pattern, parts in _walk(get_resolver().url_patterns, "", frozenset())}[name]
    return reverse(name, kwargs={part: samples[part] for part in parts})
