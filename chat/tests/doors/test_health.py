"""/healthz and /readyz: what probes are told, however badly the parts behave."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import InterfaceError, OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from chat.views import health

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_has_our_tables", False)


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A database that takes the question and says nothing, until the event is set."""
    answers = threading.Event()
    original = health._look_at_tables

    def wait() -> str:
        answers.wait(60)
        return original()

    monkeypatch.setattr(health, "_look_at_tables", wait)
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    yield answers
    answers.set()
    with health._turn:
        pass


def test_all_is_well(client: Client) -> None:
    assert client.get("/healthz").json() == {"process": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "layer": "ok"})


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("connection is closed")])
def test_a_database_that_refuses(error: Exception, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise error

    monkeypatch.setattr(health, "_look_at_tables", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "down", "layer": "ok"})


def test_a_database_that_hangs_holds_no_probe_and_is_asked_by_one_thread(
    client: Client, hung: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    for _probe in range(3):
        assert client.get("/readyz").json()["database"] == "down"
    assert time.monotonic() - began < 15
    assert [thread.name for thread in threading.enumerate()].count("readyz") == 1
    hung.set()
    with health._turn:
        pass
    monkeypatch.setattr(health, "PATIENCE", 20.0)  # on a busy machine an honest answer takes longer
    assert client.get("/readyz").json()["database"] == "ok"


def test_tables_of_an_older_version(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that start before the database is migrated get no visitors yet."""
    with monkeypatch.context() as older:
        older.setattr(MigrationExecutor, "migration_plan", lambda executor, targets: ["one is due"])
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"database": "behind", "layer": "ok"})
    assert client.get("/readyz").status_code == 200
