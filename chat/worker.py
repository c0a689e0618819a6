"""The thread of a serving process that works off the queue and sweeps up, until the process ends."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import Error, connections

from accounts import pictures, sessions
from chat import takeout
from chat.actions.jobs import ASKED, forget_old_jobs
from chat.jobs import work_once

LOOK = 2.0  # seconds between two looks at the queue; what this process queued itself is found at once
AFTER_TROUBLE = 10.0  # seconds without the database
SWEEP = 3600  # seconds between two rounds with the broom
SETTLING = 30.0  # seconds after the start in which visitors come first
FAREWELL = 3.0  # seconds in which a task comes to its next step; one that does not goes on in the next process

Sweep = Callable[[], object]
SWEEPS: tuple[Sweep, ...] = (takeout.sweep, pictures.sweep, sessions.sweep, forget_old_jobs)

log = logging.getLogger(__name__)


class Worker:
    def __init__(self) -> None:
        self.stop = threading.Event()
        self._sweep_at = time.monotonic() + SETTLING

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """In a thread of its own while the block runs. A daemon: a process that must end does not wait for it."""
        thread = threading.Thread(target=self.run, name="worker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.end()
            thread.join(FAREWELL)

    def end(self) -> None:
        self.stop.set()
        ASKED.set()

    def run(self) -> None:
        while not self.stop.is_set():
            ASKED.clear()
            wait = self._round()
            if not self.stop.is_set():
                ASKED.wait(wait)

    def _round(self) -> float:
        """Work and sweep as there is; how long to wait for more."""
        try:
            while not self.stop.is_set() and work_once(self.stop):
                pass
            self._sweep()
        except Error:
            log.warning("the queue cannot be reached; trying again in %d s", AFTER_TROUBLE)
            return AFTER_TROUBLE
        except Exception:
            log.exception("the worker stumbled")  # and goes on: nobody else in this process would do its work
            return AFTER_TROUBLE
        finally:
            give_back()
        return LOOK

    def _sweep(self) -> None:
        if not self.stop.is_set() and time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP
            sweep_all()


def sweep_all() -> None:
    """Every sweep once an hour, in whichever process comes first; one that fails does not keep the others."""
    for number, sweep in enumerate(SWEEPS):
        if not cache.add(f"swept:{number}", 1, SWEEP - 60):
            continue
        try:
            sweep()
        except (Error, OSError):
            log.exception("the sweep %s failed", sweep.__module__)


def give_back() -> None:
    """PostgreSQL's connection goes back to the pool while there is nothing to do; SQLite's is only a file."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite":
            connection.close_if_unusable_or_obsolete()
        else:
            connection.close()
