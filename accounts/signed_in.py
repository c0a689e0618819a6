"""Where people are signed in: noted as they come by, listed for them, ended one by one or all at once."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import Error, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.devices import device
from accounts.models import User
from accounts.sessions import belongs
from chat import actions
from chatsite.sqlite.base import in_passing

PLACE = "place"  # in the session: the id of its row, which outlives the key's changes
NOTED_EVERY = 60.0  # seconds between two notes of one session
KEPT = 100  # sessions of one person; with one more the longest unseen ends
SHOWN = 50

log = logging.getLogger(__name__)


class Recently:
    """Keys of the last NOTED_EVERY seconds, in this process; bounded, since the oldest go first."""

    def __init__(self, limit: int = 20_000) -> None:
        self._at: dict[str, float] = {}
        self._guard = threading.Lock()
        self._limit = limit

    def first(self, key: str) -> bool:
        """Whether the key is new here, which it then no longer is."""
        now = time.monotonic()
        with self._guard:
            if now - self._at.get(key, -NOTED_EVERY) < NOTED_EVERY:
                return False
            self._at.pop(key, None)
            self._at[key] = now
            if len(self._at) > self._limit:
                del self._at[next(iter(self._at))]
        return True

    def forget(self) -> None:
        self._at.clear()


recently = Recently()


class Seen:
    """Notes each signed-in session that a page was asked with, once a minute; never a reason for a page to fail."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if session.accessed and session.session_key and SESSION_KEY in session and request.user.is_authenticated:
            try:
                note(request)
            except Error as error:
                log.warning("a session could not be noted: %s", type(error).__name__)
        return response


def note(request: HttpRequest) -> None:
    """Write that this session is in use, from where and by which device."""
    key = str(request.session.session_key)
    if recently.first(key):
        with in_passing():
            _write(request, key)


def _write(request: HttpRequest, key: str) -> None:
    now = timezone.now()
    found = _row_of(request, key)
    if found is None:
        _begin(request, key)
    elif (now - found.last_seen_at).total_seconds() >= NOTED_EVERY or found.session_key != key:
        here = {"ip": _address(request), "user_agent": _agent(request), "last_seen_at": now}
        UserSession.objects.filter(pk=found.pk).update(session_key=key, **here)


def _row_of(request: HttpRequest, key: str) -> UserSession | None:
    """By the key, or by what the session remembers: signing in again and a new password change the key."""
    mine = UserSession.objects.filter(user_id=request.user.pk)
    found = mine.filter(session_key=key).first()
    place = request.session.get(PLACE)
    if found is None and isinstance(place, int):
        found = mine.filter(pk=place).exclude(Exists(Session.objects.filter(pk=OuterRef("session_key")))).first()
    return found


def _begin(request: HttpRequest, key: str) -> None:
    row, _is_new = UserSession.objects.get_or_create(
        session_key=key,
        defaults={"user_id": request.user.pk, "ip": _address(request), "user_agent": _agent(request)},
    )
    request.session[PLACE] = row.pk
    oldest = UserSession.objects.filter(user_id=request.user.pk).exclude(pk=row.pk).order_by("-last_seen_at", "-pk")
    _end(oldest[KEPT - 1 : KEPT + SHOWN])


def _address(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))


def _agent(request: HttpRequest) -> str:
    # A browser may send anything: PostgreSQL refuses NUL, and nothing of it need be longer than a line.
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


# --- What its person sees


@dataclass(frozen=True)
class Place:
    """One session for the page; `is_here` is the one that asks."""

    id: int
    device: str
    address: str
    first_seen: datetime
    last_seen: datetime
    is_here: bool


def places(person: User, key: str | None) -> list[Place]:
    """Where the person is signed in, this session first, then as they were seen last; at most SHOWN."""
    rows = list(UserSession.objects.filter(user=person).order_by("-last_seen_at", "-pk")[: 2 * KEPT])
    held = Session.objects.filter(pk__in=[row.session_key for row in rows], expire_date__gt=timezone.now())
    valid = {session.pk for session in held if belongs(session, person)}
    found = [_place(row, key) for row in rows if row.session_key in valid]
    return sorted(found, key=lambda place: not place.is_here)[:SHOWN]


def _place(row: UserSession, key: str | None) -> Place:
    is_here = row.session_key == key
    return Place(row.pk, device(row.user_agent), row.ip, row.created_at, row.last_seen_at, is_here)


# --- Ending


def end(person: User, place_id: int) -> bool:
    """End one session of the person; whether there was one. Its open sockets close."""
    ended = _end(UserSession.objects.filter(user=person, pk=place_id))
    actions.sign_out(actor=person)
    return ended > 0


def end_others(request: HttpRequest) -> None:
    """End all sessions of the person but the one that asks, also those that nobody noted; their sockets close."""
    person = request.user
    assert isinstance(person, User)
    actions.end_own_sessions(actor=person)
    update_session_auth_hash(request, person)  # this one goes on, under another key
    forget(person, keep=request)


def forget(person: User, *, keep: HttpRequest | None) -> None:
    """Sessions that a new hash of the person has ended already, and their rows; not that of `keep`, if it is theirs."""
    theirs = UserSession.objects.filter(user=person)
    if keep is not None and keep.user.pk == person.pk:
        theirs = theirs.exclude(pk=keep.session.get(PLACE, 0)).exclude(session_key=keep.session.session_key or "")
    _end(theirs)


def leave(key: str | None) -> None:
    """The row of a session that its browser signs out."""
    UserSession.objects.filter(session_key=key or "").delete()


def _end(rows: Iterable[UserSession]) -> int:
    found = list(rows)
    if not found:
        return 0
    with transaction.atomic():
        Session.objects.filter(pk__in=[row.session_key for row in found]).delete()
        UserSession.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)
