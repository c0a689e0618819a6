"""Whose session a cookie is, and whether it still holds: what sockets ask, without ever changing a session."""

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from chat.models import Restriction
from chat.models.prepared import Prepared

KEY = re.compile(r"[a-z0-9]{8,40}")
SIGNED_OUT = 4401
SWEPT_AT_ONCE = 1000
SEEN_AT_ONCE = 500
HASHES_KEPT = 8192
BANNED = 4403

SESSION = Prepared(lambda session_key: Session.objects.filter(pk=session_key))
PERSON = Prepared(lambda user_id: User.objects.filter(pk=user_id, kind=User.Kind.HUMAN))


@dataclass(frozen=True)
class Identity:
    """A person as signed in through one session; `fingerprint` is the session's hash of the password."""

    user_id: int
    handle: str
    name: str
    session_key: str
    fingerprint: str


def identify(session_key: str | None) -> Identity | None:
    """The person behind a session cookie's value, or None when it does not hold. A ban is for `lapsed` to tell."""
    found = signed_in(session_key)
    return found[0] if found else None


def signed_in(session_key: str | None) -> tuple[Identity, User] | None:
    """The same with the person's row. Two queries."""
    if not session_key or not KEY.fullmatch(session_key):
        return None
    held = _session(session_key)
    if held.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    fingerprint = str(held.get(HASH_SESSION_KEY, ""))
    for user in PERSON(int(held[SESSION_KEY])):
        if user.is_active and _matches(fingerprint, user.password, user.sessions_closed):
            return Identity(user.pk, user.handle, user.name, session_key, fingerprint), user
    return None


def lapsed(identities: Collection[Identity]) -> dict[Identity, int]:
    """Those that no longer hold, each with the close code for its socket. Three queries, however many."""
    if not identities:
        return {}
    keys = {identity.session_key for identity in identities}
    ids = {identity.user_id for identity in identities}
    alive = set(
        Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now()).values_list("session_key", flat=True)
    )
    people = User.objects.filter(pk__in=ids, is_active=True, kind=User.Kind.HUMAN)
    known = people.values_list("pk", "password", "sessions_closed")
    secrets = {user_id: (password, closed) for user_id, password, closed in known}
    out = _banned_among(ids)
    codes: dict[Identity, int] = {}
    for identity in identities:
        theirs = secrets.get(identity.user_id)
        if identity.user_id in out:
            codes[identity] = BANNED
        elif theirs is None or identity.session_key not in alive or not _matches(identity.fingerprint, *theirs):
            codes[identity] = SIGNED_OUT
    return codes


def belongs(session: Session, person: User) -> bool:
    """Whether a stored session is the person's, and made with the present password."""
    held = session.get_decoded()
    return held.get(SESSION_KEY) == str(person.pk) and _matches(
        str(held.get(HASH_SESSION_KEY, "")), person.password, person.sessions_closed
    )


def banned(user_id: int) -> bool:
    """Whether the person is banned from the whole site now."""
    theirs = Restriction.objects.of_person(user_id)
    return any(each.kind == Restriction.Kind.BAN and each.room_id is None for each in theirs)


def site_ban() -> Exists:
    """Whether a person of the query around it is banned from the whole site now."""
    return Exists(_bans().filter(user=OuterRef("pk")))


def seen(keys: Collection[str]) -> None:
    """Write that these sessions are in use, whatever their number in a few statements."""
    now, waiting = timezone.now(), list(keys)
    while waiting:
        chunk, waiting = waiting[:SEEN_AT_ONCE], waiting[SEEN_AT_ONCE:]
        rows = UserSession.objects.filter(session_key__in=chunk, last_seen_at__lt=now - timedelta(minutes=1))
        rows.update(last_seen_at=now)


def sweep() -> int:
    """Remove what has expired, and rows whose session is gone; how many. Safe in several processes at once."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    # Not the youngest rows: their session may just be on its way into the database.
    alive = Exists(Session.objects.filter(pk=OuterRef("session_key")))
    orphans = UserSession.objects.filter(~alive, last_seen_at__lt=timezone.now() - timedelta(hours=1))
    removed = 0
    for rows in (expired, orphans):
        while keys := list(rows.values_list("pk", flat=True)[:SWEPT_AT_ONCE]):
            removed += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return removed


def _banned_among(user_ids: Collection[int]) -> set[int]:
    return set(_bans().filter(user_id__in=user_ids).values_list("user_id", flat=True))


def _bans() -> QuerySet[Restriction]:
    return Restriction.objects.in_force().filter(kind=Restriction.Kind.BAN, room=None)


def _session(session_key: str) -> dict[str, Any]:
    # Read-only: Django's get_user() would flush a session that does not match.
    now = timezone.now()
    return next((dict(row.get_decoded()) for row in SESSION(session_key) if row.expire_date > now), {})


def _matches(fingerprint: str, password: str, sessions_closed: int) -> bool:
    """Whether the session was made with the present password, under this secret key or one that was rotated out."""
    expected = _hashes(password, sessions_closed, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(fingerprint.encode(), each) for each in expected)


@lru_cache(HASHES_KEPT)
def _hashes(password: str, sessions_closed: int, *_keys: str) -> list[bytes]:
    """What sessions of such a person carry. Kept, because they are compared for everybody every few seconds."""
    person = User(password=password, sessions_closed=sessions_closed)
    return [each.encode() for each in (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())]
