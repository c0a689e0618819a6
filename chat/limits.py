"""How often, and how many at once: buckets and counts of this process; the site's bound is limit × processes."""

import math
import threading
import time
from collections import Counter
from collections.abc import Hashable

from django.conf import settings
from django.utils.translation import gettext as _

from chat.errors import RateLimited

SOCKETS_A_PERSON = 20
FULL_HOUSE_SECONDS = 30.0  # what somebody with too many sockets is told to wait: nobody knows when one closes
ENOUGH = 1 - 1e-6  # of a token, since tenths of seconds do not add up to a whole one
KEPT = 10_000  # entries before those that say nothing any more are looked for


class Buckets:
    """One bucket a key: `burst` tokens, refilled at `refill` a second. Full buckets are forgotten."""

    def __init__(self, burst: float, refill: float) -> None:
        self.burst, self.refill = burst, refill
        self._guard = threading.Lock()
        self._levels: dict[Hashable, tuple[float, float]] = {}  # key -> tokens, at
        self._sweep_at = KEPT

    def spend(self, key: Hashable) -> float:
        """0 when a token was there, else the seconds until there is one. What is refused costs no token."""
        with self._guard:
            now = time.monotonic()
            tokens = self._tokens(key, now)
            if tokens < ENOUGH:
                return (1 - tokens) / self.refill
            self._levels[key] = tokens - 1, now
            if len(self._levels) > self._sweep_at:
                self._forget_full(now)
            return 0.0

    def wait(self, key: Hashable) -> float:
        """What `spend` would say now."""
        with self._guard:
            tokens = self._tokens(key, time.monotonic())
        return 0.0 if tokens >= ENOUGH else (1 - tokens) / self.refill

    def forget(self) -> None:
        with self._guard:
            self._levels.clear()

    def _tokens(self, key: Hashable, now: float) -> float:
        tokens, at = self._levels.get(key, (self.burst, now))
        return min(self.burst, tokens + (now - at) * self.refill)

    def _forget_full(self, now: float) -> None:
        full_after = self.burst / self.refill
        self._levels = {key: level for key, level in self._levels.items() if now - level[1] < full_after}
        self._sweep_at = max(KEPT, 2 * len(self._levels))


class Seats:
    """How many of each key are here at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, key: str, limit: float) -> bool:
        """Whether one was free; then `leave` must follow."""
        with self._guard:
            if self._taken[key] >= limit:
                return False
            self._taken[key] += 1
            return True

    def leave(self, key: str) -> None:
        with self._guard:
            self._taken[key] -= 1
            if self._taken[key] <= 0:
                del self._taken[key]


class Refusals:
    """Sessions that were refused a moment ago: their next attempt needs no look into the database."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._until: dict[str, float] = {}

    def remember(self, session_key: str, seconds: float) -> None:
        now = time.monotonic()
        with self._guard:
            if len(self._until) >= KEPT:
                self._until = {key: until for key, until in self._until.items() if until > now}
            if len(self._until) < KEPT:
                self._until[session_key] = now + seconds

    def wait(self, session_key: str) -> float:
        with self._guard:
            wait = self._until.get(session_key, 0.0) - time.monotonic()
            if wait <= 0:
                self._until.pop(session_key, None)
        return max(0.0, wait)

    def forget(self) -> None:
        with self._guard:
            self._until.clear()


# --- The figures; docs/settings.md lists them ----------------------------------------------------

_posts: dict[tuple[int, float], Buckets] = {}  # by POST_RATE
_opens = Buckets(20, 2)
_handshakes = Buckets(20, 20 / 60)
_changes = Buckets(60, 10)  # edits, deletions, read marks: what a person does with what is there
# A tenth above one token, refilled at one in 3 s: a client that tells every 3 s is not cut by a jittery line.
_typing = Buckets(1.1, 1 / 3)
_profiles = Buckets(20, 1 / 60)  # new names and pictures, of which each room of the person hears
_frames = Buckets(4_000, 1_000)  # what no person and no sane program sends
_guesses = Buckets(30, 30 / 60)  # links of invitations that do not hold
_addresses = Seats()
_refusals = Refusals()


def spend_post(person_id: int) -> None:
    """Raises RateLimited when the person has posted more than POST_RATE allows."""
    if (posts := _post_buckets()) and (wait := posts.spend(person_id)):
        raise _too_fast(wait)


def check_post(person_id: int) -> None:
    """The same without spending: for a door that can refuse at once what the action would refuse after a queue."""
    if (posts := _post_buckets()) and (wait := posts.wait(person_id)):
        raise _too_fast(wait)


def spend_open(person_id: int) -> None:
    """Raises RateLimited past 20 opened rooms in 10 s."""
    if settings.POST_RATE is not None and (wait := _opens.spend(person_id)):
        raise _too_fast(wait)


def spend_change(person_id: int) -> None:
    """Raises RateLimited past 60 edits, deletions and read marks at once, 10 a second."""
    if settings.POST_RATE is not None and (wait := _changes.spend(person_id)):
        raise _too_fast(wait)


def spend_profile(person_id: int) -> None:
    """Raises RateLimited past 20 changes of a name or a picture at once, one a minute."""
    if settings.POST_RATE is not None and (wait := _profiles.spend(person_id)):
        raise _too_fast(wait)


def spend_handshake(person_id: int, session_key: str) -> None:
    """Raises RateLimited past 20 handshakes a minute, and remembers the session for `check_session`."""
    if settings.POST_RATE is None:
        return
    if wait := _handshakes.spend(person_id):
        _refusals.remember(session_key, wait)
        raise _too_many_handshakes(wait)


def check_session(session_key: str | None) -> None:
    """Raises RateLimited for a session that was told to wait and did not."""
    if settings.POST_RATE is not None and session_key and (wait := _refusals.wait(session_key)):
        raise _too_many_handshakes(wait)


def check_guess(source: str | None) -> None:
    """Raises RateLimited for an address that came with too many invitations that do not hold. None has no limit."""
    if settings.POST_RATE is not None and source is not None and (wait := _guesses.wait(source)):
        raise RateLimited(_("Too many of these links did not hold. Wait a moment."), retry_after=_rounded_up(wait))


def spend_guess(source: str | None) -> None:
    """One more that does not hold: past 30, one in 2 s."""
    if source is not None:
        _guesses.spend(source)


def check_sockets(number: int) -> None:
    """Raises RateLimited for a person with `number` sockets who wants one more."""
    if settings.POST_RATE is not None and number >= SOCKETS_A_PERSON:
        detail = _("You have %d windows connected. Close some; this one will try again by itself.") % number
        raise RateLimited(detail, retry_after=FULL_HOUSE_SECONDS)


def take_seat(source: str | None) -> None:
    """Raises RateLimited past ADDRESS_SOCKETS sockets of one address; `leave_seat` must follow. None has no limit."""
    if source is not None and not _addresses.take(source, _seats()):
        detail = _("Too many windows are connected from your address. This one will try again by itself.")
        raise RateLimited(detail, retry_after=FULL_HOUSE_SECONDS)


def leave_seat(source: str | None) -> None:
    if source is not None:
        _addresses.leave(source)


def may_type(person_id: int, room_id: int) -> bool:
    """Once in 3 s a person and room; also with POST_RATE=0, since nobody is refused anything by it."""
    return not _typing.spend((person_id, room_id))


def is_flooding(person_id: int) -> bool:
    """Over 1,000 frames a second, all sockets of the person together; also with POST_RATE=0."""
    return bool(_frames.spend(person_id))


def forget() -> None:
    """As after a restart."""
    _posts.clear()
    for kept in (_opens, _handshakes, _changes, _typing, _profiles, _frames, _guesses, _refusals):
        kept.forget()


def _seats() -> float:
    is_limited = settings.POST_RATE is not None and settings.ADDRESS_SOCKETS > 0
    return settings.ADDRESS_SOCKETS if is_limited else math.inf


def _post_buckets() -> Buckets | None:
    rate = settings.POST_RATE
    if rate is None:
        return None
    if rate not in _posts:
        _posts.setdefault(rate, Buckets(*rate))
    return _posts[rate]


def _too_fast(wait: float) -> RateLimited:
    detail = _("You are sending faster than this site allows. Wait a moment.")
    return RateLimited(detail, retry_after=_rounded_up(wait))


def _too_many_handshakes(wait: float) -> RateLimited:
    return RateLimited(_("You connect too often. Wait a moment."), retry_after=_rounded_up(wait))


def _rounded_up(seconds: float) -> float:
    """Never 0, and never earlier than the token is there."""
    return math.ceil(seconds * 10) / 10
