"""Which errors mean that the database cannot just now, and how they are answered and logged."""

import errno
import io
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from django.db import DatabaseError, Error, OperationalError, connection
from django.db.utils import DatabaseErrorWrapper
from django.test import Client
from psycopg import errors

from accounts import signed_in
from accounts.models import User
from chat.live import lanes
from chat.models import Message, Room
from chat.outage import is_outage
from chatsite import environment, logs

ClientOf = Callable[..., Client]

only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="what only SQLite can be told to do")

PASSING = (
    *(errors.DiskFull, errors.ReadOnlySqlTransaction, errors.LockNotAvailable, errors.AdminShutdown),
    *(errors.CannotConnectNow, errors.TooManyConnections, errors.IdleInTransactionSessionTimeout),
    *(errors.QueryCanceled, errors.DeadlockDetected, psycopg.OperationalError, psycopg.InterfaceError),
)
OURS = (
    *(errors.UniqueViolation, errors.InFailedSqlTransaction, errors.NumericValueOutOfRange, errors.UndefinedTable),
    psycopg.ProgrammingError,
)


def as_django_says(error: type[psycopg.Error]) -> Error:
    with pytest.raises(Error) as told, DatabaseErrorWrapper(SimpleNamespace(Database=psycopg)):
        raise error
    return told.value


@pytest.mark.parametrize("error", PASSING, ids=lambda error: error.__name__)
def test_what_may_go_well_in_a_moment(error: type[psycopg.Error]) -> None:
    assert is_outage(as_django_says(error))


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_what_goes_wrong_each_time(error: type[psycopg.Error]) -> None:
    assert not is_outage(as_django_says(error))


def test_files_have_no_room_either() -> None:
    assert is_outage(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_outage(FileNotFoundError(errno.ENOENT, "No such file"))
    assert not is_outage(ValueError())
    assert not is_outage(None)


@pytest.mark.django_db
def test_a_mistake_in_a_statement_is_no_trouble_of_the_database() -> None:
    with pytest.raises(DatabaseError) as told, connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not is_outage(told.value)


@contextmanager
def pragma(name: str, trouble: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        (before,) = cursor.execute(f"PRAGMA {name}").fetchone()
        cursor.execute(f"PRAGMA {name} = {trouble}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA {name} = {before}")


@only_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "trouble"), [("query_only", "1"), ("max_page_count", "1")], ids=["read-only", "full"])
def test_who_only_reads_goes_on(client_of: ClientOf, bob: User, room: Room, name: str, trouble: str) -> None:
    """The first is what a file on a read-only disk answers; the second what one does that must not grow."""
    fields = {"body": "x" * 5000, "client_id": str(uuid.uuid4())}
    at = f"/rooms/{room.slug}/messages/"
    for_people, for_programs = client_of(bob), client_of(bob, json=True)
    with pragma(name, trouble):
        for browser in (for_people, for_programs):
            answer = browser.post(at, fields)
            while answer.status_code < 400:  # what room there is in the last pages is used up
                answer = browser.post(at, {**fields, "client_id": str(uuid.uuid4())})
            assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert answer.json()["code"] == "unavailable"
        assert for_people.get(f"/rooms/{room.slug}/").status_code == 200
        assert not Message.objects.filter(client_id=fields["client_id"]).exists() or name == "max_page_count"
    assert for_programs.post(at, {**fields, "client_id": str(uuid.uuid4())}).status_code == 201


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_page_waits_for_no_lock(client_of: ClientOf, bob: User, room: Room) -> None:
    """That its session is in use is noted in passing; a lock would be waited for as long as ten seconds."""
    browser = client_of(bob)
    signed_in.recently.forget()
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert browser.get(f"/rooms/{room.slug}/").status_code == 200
        assert time.monotonic() - begun < 8
        other.execute("ROLLBACK")


def test_how_long_postgresql_may_keep_us() -> None:
    """What an address says itself comes last, and counts."""
    options = environment.database(4)("postgres://a:b@c/d?options=-c%20lock_timeout%3D1s")["OPTIONS"]
    assert options["options"].endswith(" -c lock_timeout=1s")
    assert options["options"].startswith(environment.POSTGRES_BOUNDS)
    assert options["pool"]["timeout"] + options["pool"]["reconnect_timeout"] < lanes.PATIENCE


# --- In the log


def lines(*told: Exception) -> list[dict[str, object]]:
    """What stands in the log after these were logged with their stories."""
    handler = logs.Stderr()
    handler.setStream(stream := io.StringIO())
    handler.setFormatter(logs.JsonLines())
    for error in told:
        about = (type(error), error, error.__traceback__)
        handler.handle(logging.LogRecord("some.place", logging.ERROR, __file__, 1, "it broke", None, about))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_trouble_is_told_once_without_its_story() -> None:
    [line] = lines(*(OperationalError("database is locked") for _number in range(50)))
    assert line["level"] == "warning"
    words = "the database is in trouble: OperationalError: database is locked (met first where: it broke)"
    assert line["message"] == words
    assert "error" not in line


def test_another_trouble_is_another_line() -> None:
    troubles = [as_django_says(error) for error in (errors.DiskFull, errors.AdminShutdown, errors.DiskFull)]
    assert len(lines(*troubles)) == 2


def test_trouble_that_comes_again_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "QUIET_SECONDS", 0.0)
    assert len(lines(OperationalError(), OperationalError())) == 2


def test_a_bug_has_its_story_each_time() -> None:
    assert [line["error"] for line in lines(KeyError("x"), KeyError("x"))] == [["KeyError"], ["KeyError"]]
