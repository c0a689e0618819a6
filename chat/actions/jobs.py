"""The queue of slow work: asking for it, taking it, going on with it, ending it.

Whoever works holds a lease: the very time they wrote last. A worker that was away too long finds another time there,
and knows that somebody else has taken over. The queue's own steps have no actor, since nobody asks for them.
"""

import threading
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Job
from chat.models.job import LEASE

ATTEMPTS = 3
REMEMBERED = timedelta(days=30)
RETRY_AFTER = timedelta(seconds=30)  # doubled with each further attempt
LONGEST_RETRY = timedelta(hours=1)
KEPT_TRYING = {Job.Kind.ERASE}  # what somebody was promised

ASKED = threading.Event()  # set when this process has queued something: its worker need not wait for its next look


class Lost(Exception):
    """The job is somebody else's by now, or is not there any more."""


def enqueue(kind: Job.Kind, *, person: User, **given: Any) -> Job:
    """Queue the work in the transaction around it. Work of the kind that is under way for the person is given back."""
    with transaction.atomic():
        job, is_new = Job.objects.unfinished().get_or_create(
            person=person, kind=kind, defaults={"given": given, "state": Job.State.WAITING}
        )
        if is_new:
            transaction.on_commit(ASKED.set, robust=True)
    return job


def claim_job() -> Job | None:
    """The oldest work that is due, leased to the caller; None when there is none, or others have it all."""
    if not Job.objects.due().exists():
        return None  # without a lock: on SQLite the one below is the whole database's
    with transaction.atomic():
        job = Job.objects.due().select_for_update(skip_locked=True, no_key=True).first()
        if job is not None:
            job.state, job.attempts, job.leased_until = Job.State.RUNNING, job.attempts + 1, timezone.now() + LEASE
            job.save(update_fields=["state", "attempts", "leased_until"])
        return job


def go_on(job: Job, **changes: Any) -> None:
    """Write how far the work is (`done`, `total`, `result`), and hold the lease anew. Raises Lost."""
    until = timezone.now() + LEASE
    _write(job, leased_until=until, **changes)


def finish_job(job: Job, **result: Any) -> None:
    """It is done. Raises Lost."""
    _write(job, state=Job.State.DONE, done=job.total, result=result, leased_until=None, ended_at=timezone.now())


def lay_down(job: Job) -> None:
    """Not done, but this process ends: the next one goes on at once, and it does not count as an attempt."""
    _write(job, state=Job.State.WAITING, leased_until=None, attempts=job.attempts - 1, not_before=timezone.now())


def fail_job(job: Job) -> None:
    """It went wrong: tried again later, each time after a longer while, three times in all. Raises Lost."""
    now = timezone.now()
    if job.attempts >= ATTEMPTS and job.kind not in KEPT_TRYING:
        return _write(job, state=Job.State.FAILED, leased_until=None, ended_at=now)
    wait = min(RETRY_AFTER * 2 ** min(job.attempts - 1, 10), LONGEST_RETRY)
    _write(job, state=Job.State.WAITING, leased_until=None, not_before=now + wait)


def forget_jobs(job_ids: list[int]) -> None:
    """Take rows out of the queue; work that is under way for one of them ends at its next word."""
    Job.objects.filter(pk__in=job_ids).delete()


def forget_old_jobs() -> None:
    """Rows of work that ended long ago; copies have a sweep of their own, which takes their files along."""
    over = Job.objects.filter(state__in=(Job.State.DONE, Job.State.FAILED), ended_at__lt=timezone.now() - REMEMBERED)
    over.delete()


def _write(job: Job, **changes: Any) -> None:
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, leased_until=job.leased_until)
    if not mine.update(**changes):
        raise Lost
    for name, value in changes.items():
        setattr(job, name, value)
