"""The finished copies: files in DATA_DIR/exports that only their own person gets, for a week."""

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from chat.actions.jobs import forget_jobs
from chat.models import Job

KEPT = timedelta(days=7)
LEFT_BEHIND = 3600.0  # seconds without a write after which a file that no job names is nobody's
NAME = re.compile(r"[0-9a-f]{32}\.zip")


def folder() -> Path:
    return Path(settings.DATA_DIR) / "exports"


@contextmanager
def new_file() -> Iterator[tuple[str, BinaryIO]]:
    """A name and the open file; it has the name once all went well, and is gone otherwise."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.zip"
    unfinished = folder() / f"{name}.part"
    unfinished.touch(mode=0o600)
    try:
        with unfinished.open("wb") as file:
            yield name, file
        unfinished.rename(folder() / name)
    finally:
        unfinished.unlink(missing_ok=True)


def find_export(job: Job | None) -> Path | None:
    """The file of a copy that is done, while it is kept."""
    if job is None or job.state != Job.State.DONE or has_expired(job):
        return None
    path = folder() / str(job.result["file"])
    return path if path.is_file() else None


def expires_at(job: Job) -> datetime | None:
    return job.ended_at + KEPT if job.ended_at else None


def has_expired(job: Job) -> bool:
    end = expires_at(job)
    return end is not None and end <= timezone.now()


def forget_exports(person: User, *, but: int = 0) -> None:
    """Every finished copy of the person, save one."""
    _forget(Job.objects.filter(person=person, kind=Job.Kind.EXPORT, state=Job.State.DONE).exclude(pk=but))


def remove(names: Iterable[str]) -> None:
    for name in names:
        if NAME.fullmatch(name):
            (folder() / name).unlink(missing_ok=True)


def sweep() -> None:
    """Remove copies past their time, and files that nobody will ask for. Safe in several processes."""
    over = Job.objects.filter(kind=Job.Kind.EXPORT, state=Job.State.DONE, ended_at__lte=timezone.now() - KEPT)
    _forget(over.order_by("pk")[:1000])
    old = {path.name: path for path in _untouched()}
    done = Job.objects.filter(kind=Job.Kind.EXPORT, state=Job.State.DONE).values_list("result__file", flat=True)
    for name in old.keys() - set(done if old else ()):
        old[name].unlink(missing_ok=True)


def _forget(jobs: Iterable[Job]) -> None:
    found = list(jobs)
    remove(str(job.result.get("file", "")) for job in found)
    forget_jobs([job.pk for job in found])


def _untouched() -> Iterator[Path]:
    before = time.time() - LEFT_BEHIND
    with suppress(FileNotFoundError):
        for path in folder().iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    yield path
