"""The SQLite backend: its pragmas, and the fair turn of writers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from accounts.models import User
from chatsite.sqlite.base import Turn

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="what only SQLite has")


@pytest.mark.django_db
def test_pragmas() -> None:
    with connection.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_turns_are_given_in_the_order_they_were_asked_for() -> None:
    turn, order = Turn(), list[int]()

    def wait(number: int) -> None:
        turn.take(20)
        order.append(number)
        turn.give()

    assert turn.take(1)
    threads = [threading.Thread(target=wait, args=[number]) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        while len(turn._waiting) <= number:
            time.sleep(0.001)
    turn.give()
    for thread in threads:
        thread.join(20)
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_too_long_goes_without_holding_up_the_next() -> None:
    turn = Turn()
    assert turn.take(1)
    assert not turn.take(0.01)
    turn.give()
    assert turn.take(0)


@pytest.mark.django_db(transaction=True)
def test_a_writer_who_comes_back_at_once_waits_behind_the_others() -> None:
    """Measured without the turn: the second writer waited 8.9 s at the median."""
    User.objects.create_user("busy")
    stop, waits = threading.Event(), []
    late = time.monotonic() + 20

    def busy() -> None:
        while not stop.is_set() and time.monotonic() < late:
            with transaction.atomic():
                User.objects.filter(handle="busy").update(name="Busy")
                time.sleep(0.005)
        connections.close_all()

    def polite() -> None:
        for _number in range(10):
            begun = time.monotonic()
            with transaction.atomic():
                waits.append(time.monotonic() - begun)
            time.sleep(0.01)
        stop.set()
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        for job in [pool.submit(busy), pool.submit(busy), pool.submit(polite)]:
            job.result(60)
    assert sorted(waits)[5] < 1


@pytest.mark.django_db(transaction=True)
def test_the_turn_comes_back_whatever_happens() -> None:
    for ending in (ValueError, OperationalError):
        with pytest.raises(ending), transaction.atomic():
            raise ending
    assert connection._turn.take(0)
    connection._turn.give()
