"""The crew with workers that only answer on their line: who is replaced when, who leaves when, how it ends."""

import errno
import os
import pty
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import psutil
import pytest

from chatsite import crew
from chatsite.testing.ports import bound_socket
from chatsite.testing.servers import wait_until
from chatsite.tests.conftest import ROOT, Running

pytestmark = pytest.mark.live

CREW = """
import logging, os, socket, sys
from chatsite import crew
folder, worker = sys.argv[1:]
logging.basicConfig(format="%(message)s", level="INFO")
crew.TICK, crew.TRIES, crew.LONGEST_PAUSE = 0.02, 3, 0.1
crew.BEAT, crew.HUNG, crew.OVERDUE = 0.5, 3, 5
prepare = [sys.executable, "-c", f"import os, sys; sys.exit(os.path.exists({folder!r} + '/unprepared'))"]
command = [sys.executable, "-c", worker, folder]
sys.exit(crew.Crew(command, prepare=prepare, count=2, listener=socket.create_server(("127.0.0.1", 0))).run())
"""
# What befalls the next ones is written in files; what becomes of each, in a diary.
WORKER = """
import os, pathlib, signal, socket, sys, time
folder, parent = pathlib.Path(sys.argv[1]), os.getppid()
line, beat = (socket.socket(fileno=int(sys.argv[place])) for place in (-3, -1))
def note(word):
    with (folder / "diary").open("a") as diary:
        diary.write(f"{word} {os.getpid()}\\n")
heard = []
def hear(number, frame):
    heard.append(number)
    note("told")
signal.signal(signal.SIGTERM, hear)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
note("began")
if (folder / "fails").exists():
    sys.exit(7)
status = (folder / "status").read_text() if (folder / "status").exists() else "200"
line.recv(1000)
note("answered")
line.sendall(f"HTTP/1.1 {status} So\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n".encode())
while (not heard or ((folder / "stubborn").exists() and len(heard) < 2)) and os.getppid() == parent:
    time.sleep(0.01)
    beat.send(b".")
"""


class Ship(Running):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "chatsite.settings", "DATA_DIR": folder}
        super().__init__(["-c", CREW, str(folder), WORKER], folder / "output", env=environment)

    def diary(self, word: str = "") -> list[str]:
        """What became of whom, or the numbers of those it says this of."""
        path = self.folder / "diary"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(word)] if word else lines

    def befalls(self, what: str, text: str = "") -> None:
        (self.folder / what).write_text(text)

    def full(self, answers: int) -> None:
        assert wait_until(lambda: len(self.diary("answered")) >= answers), self.output


@pytest.fixture
def ship(tmp_path: Path) -> Iterator[Ship]:
    started = Ship(tmp_path)
    started.full(2)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    for number in started.diary("began"):
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)


def kill(number: str) -> None:
    os.kill(int(number), signal.SIGKILL)


def test_who_dies_is_replaced_and_the_others_do_not_notice(ship: Ship) -> None:
    first, second = ship.diary("answered")
    kill(first)
    ship.full(3)
    assert f"worker {first} ended with -9; the next starts at once" in ship.output
    assert second not in ship.diary("told")
    assert ship.stop() == 0
    assert sorted(ship.diary("told")) == sorted(ship.diary("answered")[1:])


def test_one_that_cannot_start_is_tried_again_while_another_serves(ship: Ship) -> None:
    ship.befalls("fails")
    kill(ship.diary("answered")[0])
    assert wait_until(lambda: len(ship.diary("began")) > 2 + 3), "more often than it would give up"
    (ship.folder / "fails").unlink()
    ship.full(3)
    assert ship.process.poll() is None


def test_the_pauses_grow_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew.time, "monotonic", lambda: 100.0)
    berth = crew.Berth(cast(crew.Crew, None))
    pauses = []
    for _ in range(8):
        berth.fail("for a test", 1)
        pauses.append(berth.due - 100.0)
    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]
    berth.failures = 5000  # after two days
    berth.fail("for a test", 1)
    assert berth.due - 100.0 == 30


def test_a_machine_without_room_for_one_more_ends_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*words: object, **options: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(crew.subprocess, "Popen", refuse)
    monkeypatch.setattr(crew.signal, "signal", lambda number, hear: None)
    with bound_socket() as listener:
        full = crew.Crew(["worker"], prepare=["prepare"], count=1, listener=listener)
        full.berths[0].tend()
        full.asked.set()
        next(full.renewals())
    assert [line.message for line in caplog.records] == [
        "a worker could not be started: Resource temporarily unavailable; the next starts at once",
        "SIGHUP: new workers, one after the other",
        "nothing new could be started: Resource temporarily unavailable: the workers stay as they are",
    ]


def test_when_nobody_can_start_it_says_so_and_ends_with_the_code(ship: Ship) -> None:
    ship.befalls("fails")
    for number in ship.diary("answered"):
        kill(number)
    assert ship.process.wait(60) == 7
    assert "no worker stays: giving up with code 7" in ship.output


def test_sighup_lets_each_leave_when_the_next_has_answered(ship: Ship) -> None:
    old = ship.diary("answered")
    ship.process.send_signal(signal.SIGHUP)
    ship.wait_for("all 2 workers are new")
    words = [line.split()[0] for line in ship.diary()][4:]
    assert words == ["began", "answered", "told"] * 2
    assert sorted(ship.diary("told")) == sorted(old)
    assert ship.stop() == 0


@pytest.mark.parametrize(
    ("befalls", "text", "says"),
    [
        ("fails", "", "a new worker ended with 7: the others stay"),
        ("status", "500", "a new worker answered its first page with 500: the others stay"),
        ("unprepared", "", "what is new could not be prepared (code 1): the workers stay as they are"),
    ],
)
def test_what_does_not_serve_replaces_nobody(ship: Ship, befalls: str, text: str, says: str) -> None:
    old = ship.diary("answered")
    ship.befalls(befalls, text)
    ship.process.send_signal(signal.SIGHUP)
    ship.wait_for(says)
    (ship.folder / befalls).unlink()
    ship.process.send_signal(signal.SIGHUP)  # once it is mended
    ship.wait_for("all 2 workers are new")
    assert set(old) <= set(ship.diary("told"))


@pytest.mark.parametrize("renewing", [False, True])
def test_all_are_told_at_once_and_hastened_together(ship: Ship, renewing: bool) -> None:
    ship.befalls("stubborn")
    if renewing:  # the first to leave takes its time
        ship.process.send_signal(signal.SIGHUP)
        assert wait_until(lambda: len(ship.diary("told")) == 1)
    everybody = ship.diary("answered")
    parent = psutil.Process(ship.process.pid)
    assert [line.status for line in parent.net_connections("tcp")] == ["LISTEN"]
    ship.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: set(ship.diary("told")) == set(everybody))
    assert not parent.net_connections("tcp"), "who queues here now would be let in by nobody"
    ship.process.send_signal(signal.SIGTERM)
    assert ship.process.wait(60) == 0
    assert not [number for number in everybody if psutil.pid_exists(int(number))]


def test_one_that_hangs_is_replaced_and_its_parents_sleep_kills_nobody(ship: Ship) -> None:
    hung, other = ship.diary("answered")
    os.kill(int(hung), signal.SIGSTOP)
    ship.full(3)
    assert f"worker {hung} has hung for 3 s and is killed" in ship.output
    ship.process.send_signal(signal.SIGSTOP)
    for number in (other, ship.diary("answered")[2]):
        os.kill(int(number), signal.SIGSTOP)  # they all slept
    time.sleep(4)
    ship.process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    for number in (other, ship.diary("answered")[2]):
        os.kill(int(number), signal.SIGCONT)
    assert ship.stop() == 0
    assert sorted(ship.diary("told")) == sorted(ship.diary("answered")[1:])


def test_one_that_hears_nothing_is_killed_in_the_end(ship: Ship) -> None:
    deaf = int(ship.diary("answered")[0])
    os.kill(deaf, signal.SIGSTOP)
    assert ship.stop() == 0
    assert f"worker {deaf} did not leave and is killed" in ship.output
    assert not psutil.pid_exists(deaf)


def test_one_whose_terminal_hangs_up_ends(tmp_path: Path) -> None:
    """With nobody to see it, it would go on for ever."""
    process, terminal = pty.fork()
    if not process:
        os.chdir(ROOT)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
        environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "chatsite.settings",
            "DATA_DIR": str(tmp_path),
        }
        os.execve(sys.executable, [sys.executable, "-c", CREW, str(tmp_path), WORKER], environment)
    diary = tmp_path / "diary"
    assert wait_until(lambda: diary.exists() and diary.read_text().count("answered") == 2)
    os.kill(process, signal.SIGHUP)  # somebody's: for new ones
    assert wait_until(lambda: diary.read_text().count("told") == 2)
    os.close(terminal)
    wait_until(lambda: psutil.Process(process).status() == psutil.STATUS_ZOMBIE)
    os.kill(process, signal.SIGKILL)  # nothing, to one that has ended
    # 120 is Python's own, when its last words find no terminal.
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) in {0, 120}
    assert diary.read_text().count("told") == 4
