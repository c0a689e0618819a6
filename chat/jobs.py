"""Working on the queue: one job at a time, with words of progress now and then, until it is done or laid down."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chat.actions.jobs import Lost, claim_job, fail_job, finish_job, go_on, lay_down
from chat.models import Job

REST = 0.01  # seconds after each step in which the people of this process come first
QUIET = 2.0  # seconds between two words of progress: each is a write

log = logging.getLogger(__name__)


class Stopped(Exception):
    """This process ends; what is done so far stays, another one goes on."""


class Work:
    """What a task is given: its job, and the way to say how far it is."""

    def __init__(self, job: Job, stop: threading.Event) -> None:
        self.job = job
        self._stop = stop
        self._said = 0.0

    def step(self, *, done: int, keep: dict[str, Any] | None = None) -> None:
        """`done` steps lie behind us; `keep`, if given, is written at once, for who goes on after a crash.

        Raises Stopped when the process ends, Lost when the job is somebody else's by now. To be called every few
        seconds at the least, or the lease runs out.
        """
        if self._stop.wait(REST):
            raise Stopped
        now = time.monotonic()
        if keep is not None:
            go_on(self.job, done=done, result=keep)
        elif now - self._said >= QUIET:
            go_on(self.job, done=done)
        else:
            return
        self._said = now

    def begin(self, *, total: int) -> None:
        """How many steps there are in all."""
        go_on(self.job, total=total)


Task = Callable[[Work], dict[str, Any]]


def tasks() -> dict[str, Task]:
    """By kind, what does the work; each gives the job's `result`."""
    from chat.erasure import erase
    from chat.takeout import make_export

    return {Job.Kind.EXPORT: make_export, Job.Kind.ERASE: erase}


def work_once(stop: threading.Event | None = None) -> bool:
    """Take the oldest job that is due and work on it. Whether there was one."""
    job = claim_job()
    if job is None:
        return False
    with suppress(Lost):
        _work_on(job, stop or threading.Event())
    return True


def work_off() -> int:
    """Everything that is due, in this thread; how many jobs there were."""
    number = 0
    while work_once():
        number += 1
    return number


def _work_on(job: Job, stop: threading.Event) -> None:
    try:
        result = tasks()[job.kind](Work(job, stop))
    except Stopped:
        lay_down(job)
    except Lost:
        log.warning("job %s (%s) was taken over by another process", job.pk, job.kind)
    except Exception:
        log.exception("job %s (%s) failed in attempt %s", job.pk, job.kind, job.attempts)
        fail_job(job)
    else:
        finish_job(job, **result)
