"""How often a person may do a thing: token buckets of this process, keyed by person (so bound = limit × processes)."""

import threading
import time

from django.conf import settings
from django.utils.translation import gettext as _

from chat.errors import RateLimited


class Buckets:
    """One bucket a person: `burst` tokens, refilled at `refill` a second. Full buckets are forgotten."""

    def __init__(self, burst: int, refill: float) -> None:
        self.burst, self.refill = burst, refill
        self._guard = threading.Lock()
        self._levels: dict[int, tuple[float, float]] = {}  # person -> tokens, at

    def spend(self, person_id: int) -> float:
        """0 when a token was there, else the seconds until there is one."""
        now = time.monotonic()
        with self._guard:
            tokens, at = self._levels.get(person_id, (float(self.burst), now))
            tokens = min(self.burst, tokens + (now - at) * self.refill)
            if tokens < 1:
                self._levels[person_id] = tokens, now
                return (1 - tokens) / self.refill
            self._levels[person_id] = tokens - 1, now
            if len(self._levels) > 10_000:
                self._forget_full(now)
        return 0

    def _forget_full(self, now: float) -> None:
        full_after = self.burst / self.refill
        self._levels = {who: level for who, level in self._levels.items() if now - level[1] < full_after}


_posts: dict[tuple[int, float], Buckets] = {}


def spend_post(person_id: int) -> None:
    """Raises RateLimited when the person has posted more than POST_RATE allows."""
    if settings.POST_RATE is None:
        return
    wait = _posts.setdefault(settings.POST_RATE, Buckets(*settings.POST_RATE)).spend(person_id)
    if wait:
        raise RateLimited(_("You are sending faster than this site allows. Wait a moment."), retry_after=round(wait, 1))
