"""The worker as a process: killed in the middle, told to end in the middle, and beside a server."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chat.tests.browser.product import Product
from chatsite.testing import serving
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.slow]

SAID = 6000
# A person who has said much and deletes the account, words and all; nobody works on it yet.
BEGIN = f"""
import uuid
from django.utils import timezone
from accounts.models import User
from chat import actions
from chat.models import Message, Room
alice, bob = User.objects.create_user("alice", None), User.objects.create_user("bob", None)
rooms = [actions.create_room(actor=alice, name=name) for name in ("Harbour", "Pier")]
for room in rooms:
    actions.join_room(actor=bob, room_id=room.pk)
rows = []
for number in range({SAID}):
    room = rooms[number % 2]
    rows.append(Message(room=room, author=bob, seq=10 + number, client_id=uuid.uuid4(), body="Words", html="Words",
                        markup=1, created_at=timezone.now()))
Message.objects.bulk_create(rows)
Room.objects.update(seq=10 + {SAID})
actions.erase_person(actor=bob, person=bob, keep_messages=False)
"""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, empty_site: Path) -> Path:
    made = Product(tmp_path_factory.mktemp("begun"), empty_site)
    manage(made, "shell", "-c", BEGIN)
    return made.data


@pytest.fixture
def product(tmp_path: Path, begun: Path) -> Iterator[Product]:
    made = Product(tmp_path, begun)
    yield made
    made.stop()


def manage(product: Product, *words: str) -> str:
    command = product._manage(*words)
    return subprocess.run(command, env=product._environment(), check=True, capture_output=True, text=True).stdout


def ask(product: Product, question: str) -> list[Any]:
    with closing(sqlite3.connect(product.data / "chatrooms.sqlite3", timeout=10)) as database:
        found = database.execute(question).fetchall()
        database.commit()
        return found


def left(product: Product) -> int:
    return int(ask(product, "SELECT COUNT(*) FROM chat_message WHERE body <> ''")[0][0])


@pytest.fixture
def worker(product: Product) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts one, and comes back when it is in the middle of the work."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        before = left(product)
        started.append(subprocess.Popen(product._manage("worker"), env=product._environment()))
        assert wait_until(lambda: left(product) < before, seconds=30)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_killed_in_the_middle_another_goes_on(product: Product, worker: Callable[[], Any]) -> None:
    process = worker()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < left(product) < SAID, "the premise: it was in the middle"
    seqs = dict(ask(product, "SELECT id, seq FROM chat_message WHERE body = ''"))
    assert ask(product, "SELECT state FROM chat_job") == [("running",)]
    ask(product, "UPDATE chat_job SET leased_until = '2020-01-01 00:00:00'")  # as if the minute were over
    assert "1" in manage(product, "worker", "--once")
    assert left(product) == 0
    assert ask(product, "SELECT state, done, total FROM chat_job") == [("done", SAID, SAID)]
    now = dict(ask(product, "SELECT id, seq FROM chat_message"))
    assert {pk: now[pk] for pk in seqs} == seqs, "what was done is not done again"
    for room, seq in ask(product, "SELECT id, seq FROM chat_room"):
        numbers = [row[0] for row in ask(product, f"SELECT seq FROM chat_message WHERE room_id = {room}")]  # noqa: S608
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) <= seq


def test_told_to_end_it_lays_the_work_down(product: Product, worker: Callable[[], Any]) -> None:
    process = worker()
    process.terminate()
    assert process.wait(30) == 0
    assert 0 < left(product) < SAID, "the premise: it was in the middle"
    assert ask(product, "SELECT state, attempts FROM chat_job") == [("waiting", 0)]


@pytest.mark.skipif(serving.chosen() != "daphne", reason="beside sockets, only `manage.py serve` does slow jobs")
def test_the_server_works_it_off(product: Product) -> None:
    product.start()
    assert wait_until(lambda: ask(product, "SELECT state FROM chat_job") == [("done",)], seconds=60)
    assert left(product) == 0
