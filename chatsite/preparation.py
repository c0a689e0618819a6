"""What must be true before the server answers: one server per folder, tables and static files up to date."""

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from chatsite import joining, storage
from chatsite.backup.places import UNFINISHED

Say = Callable[[str], None]

BACKUPS_KEPT = 5


class CannotStart(Exception):
    """The one line that says why not, beginning with the setting to change where there is one."""


@contextmanager
def lock(folder: Path, address: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the data folder for this process; the lock goes with the process, however that ends.

    Servers that meet in Redis and PostgreSQL share it: nothing of theirs is split.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with open(folder / "server.lock", "a+") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise CannotStart(f"DATA_DIR: {folder} is in use by the server {file.read().strip()}") from None
        file.truncate(0)
        file.write(f"at {address} (process {os.getpid()})\n")
        file.flush()
        yield


def prepare(say: Say) -> None:
    """Migrate and collect static files where that is due; without due work this takes a fraction of a second."""
    if (settings.DATA_DIR / UNFINISHED).exists():
        raise CannotStart(f"DATA_DIR: a restore into {settings.DATA_DIR} was interrupted; empty it, and restore again")
    with open(settings.DATA_DIR / "prepare.lock", "a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # processes that start together: what the first has done is not due any more
        try:
            reach_database()
            migrate(say)
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise CannotStart(f"DATABASE_URL: the database cannot be used: {reason}") from error
        if not settings.DEBUG:
            collect_static_files(say)


# --- The database


def reach_database() -> None:
    """One plain connection first: the pool would try for ten seconds and log each attempt."""
    if connection.vendor != "postgresql":
        return
    import psycopg

    try:
        psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": 5}).close()
    except psycopg.Error as error:
        raise DatabaseError(str(error)) from error


def migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    due = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not due:
        return
    if connection.vendor == "sqlite" and executor.loader.applied_migrations:
        back_up(Path(str(connection.settings_dict["NAME"])), settings.DATA_DIR / "backups", say)
    say(f"Preparing the database ({len(due)} migrations)")
    with unbounded():
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def unbounded() -> Iterator[None]:
    """An index over a million messages takes longer than any statement of a server may."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")


def back_up(database: Path, folder: Path, say: Say) -> Path:
    """A copy made by SQLite itself, whole even while somebody writes; the oldest copies go."""
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{database.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.sqlite3"
    say(f"Copying the database to {copy}")
    unfinished = copy.with_suffix(".part")
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.rename(copy)
    for old in sorted(folder.glob(f"{database.stem}-*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink()
    return copy


# --- Static files


def collect_static_files(say: Say) -> None:
    """Collect and hash the static files, but only when one of them, or what makes them, has changed."""
    stamp = settings.DATA_DIR / "static.stamp"
    inputs = static_inputs()
    if stamp.exists() and stamp.read_text() == inputs and settings.STATIC_ROOT.exists():
        return
    say("Preparing the static files")
    stamp.unlink(missing_ok=True)  # an interrupted run is done again
    clear_static_files()
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(inputs)


def clear_static_files() -> None:
    """Take away all but what pages of the last release name: some are open, and processes not restarted yet make more.

    The rest is copied afresh: collectstatic keeps what looks younger than its source, as after unpacking a release.
    """
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    kept = {manifest}
    with suppress(OSError, ValueError):
        for name in json.loads(manifest.read_text())["paths"].values():
            kept |= {settings.STATIC_ROOT / name, settings.STATIC_ROOT / f"{name}.gz"}
    for path in settings.STATIC_ROOT.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def static_inputs() -> str:
    """A digest of every static file's path, size and time, and of what turns them into hashed ones."""
    made_by = [django.__version__, version("whitenoise"), settings.STORAGES["staticfiles"]["BACKEND"]]
    digest = hashlib.sha256(repr(made_by).encode())
    for module in (joining, storage):
        digest.update(Path(str(module.__file__)).read_bytes())
    for finder in finders.get_finders():
        for path, place in finder.list([]):
            about = os.stat(place.path(path))
            digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
