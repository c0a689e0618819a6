"""The workers on one listening socket: who dies or hangs is replaced, SIGHUP replaces all in turn, SIGTERM ends all."""

import asyncio
import http.client
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from types import FrameType
from urllib.parse import urlsplit

from django.conf import settings

TICK = 0.1  # seconds between two looks at the workers
PATIENCE = 120.0  # seconds for a new one to answer its first page, on a busy machine too
STEADY = 10.0  # seconds: a worker that lived for less has not started well
TRIES = 5  # bad starts in a row; then, if nobody serves, it is over
LONGEST_PAUSE = 30.0  # seconds before the next start
BEAT = 5.0  # seconds between two signs of life
HUNG = 60.0  # seconds without one: its sockets have gone to the others long since
OVERDUE = 20.0  # seconds after which one that was told to leave is killed; by itself it takes 16 at most

Steps = Generator[None, None, bool]  # one look at a time, while the others are watched; whether it went well

log = logging.getLogger(__name__)


class Worker:
    """One process, and a line to it alone: whoever asks at the listening socket is answered by any of them."""

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        """Raises OSError when the machine has no room for it."""
        with ExitStack() as at_failure:
            mine, theirs = socket.socketpair()
            self.heard, beat = socket.socketpair()
            for one in (mine, self.heard):
                at_failure.enter_context(one)
            with theirs, beat:
                given = theirs.fileno(), beat.fileno()
                words = [*command, "--line", str(given[0]), "--beat", str(given[1])]
                # Its standard input ends with this process, however that ends.
                self.process = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[listener.fileno(), *given])
            at_failure.pop_all()
        self.heard.setblocking(False)
        self.silence = 0.0  # seconds since its last sign of life
        self.looked = time.monotonic()
        self.question = http.client.HTTPConnection(urlsplit(settings.SITE_URL).netloc)
        self.question.sock = self.line = mine
        self.began = time.monotonic()
        self.status: int | None = None  # of its first page; 0 when it hung up instead
        self.question.request("GET", "/", headers={"Connection": "close"})

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    def look(self) -> None:
        """Take its answer, once it is there, and its signs of life."""
        now = time.monotonic()
        self.silence += min(now - self.looked, BEAT)  # while we hung, as on a machine that slept, nobody was silent
        self.looked = now
        with suppress(OSError):
            if self.heard.recv(1000):
                self.silence = 0.0
        if self.status is None and select.select([self.line], [], [], 0)[0]:
            self.status = 0
            with closing(self.question), suppress(OSError, http.client.HTTPException):
                self.status = self.question.getresponse().status

    def state(self) -> str:
        """How it stands, for the log."""
        if not self.running:
            return f"ended with {self.process.returncode}"
        return f"answered its first page with {self.status}" if self.status else "did not answer"

    def leave(self) -> Steps:
        """It has its time for goodbyes, and no more."""
        self.process.terminate()
        until = time.monotonic() + OVERDUE
        while self.running:
            if time.monotonic() > until:
                self.process.kill()
            yield
        return True


class Berth:
    """One place in the crew, and who has it."""

    def __init__(self, crew: "Crew") -> None:
        self.crew = crew
        self.worker: Worker | None = None
        self.failures = 0  # bad starts in a row
        self.code = 0  # of the last of them
        self.due = 0.0  # monotonic: when the next may begin

    def tend(self) -> None:
        """One look: replace who has ended, end who does not answer or move."""
        if self.worker is None:
            if time.monotonic() >= self.due:
                self.fill()
            return
        self.worker.look()
        if not self.worker.running:
            self.lose(self.worker)
        elif not self.worker.status and self.worker.age > PATIENCE:
            self.worker.process.kill()
        elif self.worker.status and self.worker.silence > HUNG:
            log.error("worker %d has hung for %.0f s and is killed", self.worker.process.pid, HUNG)
            self.worker.process.kill()

    def fill(self) -> None:
        try:
            self.worker = self.crew.hire()
        except OSError as error:
            self.fail(f"a worker could not be started: {error.strerror}", 1)

    def lose(self, worker: Worker) -> None:
        if worker.status and worker.age > STEADY:
            self.failures = 0
        self.worker = None
        self.fail(f"worker {worker.process.pid} ended with {worker.process.returncode}", worker.process.returncode)

    def fail(self, reason: str, code: int) -> None:
        """The next one starts at once after one failure, after a pause when there were more in a row."""
        self.failures, self.code = self.failures + 1, code
        doubled = min(self.failures - 2, 10)  # past a thousand failures no float would hold it
        pause = min(LONGEST_PAUSE, 2.0**doubled) if self.failures > 1 else 0.0
        self.due = time.monotonic() + pause
        log.warning("%s; the next starts %s", reason, f"in {pause:.0f} s" if pause else "at once")

    def renew(self) -> Steps:
        """A new one first; when it serves, the old one leaves. One that does not serve changes nothing."""
        follower = self.crew.hire()
        while follower.running and not follower.status and follower.age < PATIENCE:
            yield
            follower.look()
        if not follower.running or not follower.status or follower.status >= 500:
            log.error("a new worker %s: the others stay", follower.state())
            yield from follower.leave()
            return False
        leaver, self.worker, self.failures = self.worker, follower, 0
        if leaver is not None:
            yield from leaver.leave()
        return True


class Crew:
    """SIGTERM and SIGINT end it, once more hastens that; SIGHUP renews it, but ends it when its terminal hangs up.

    `prepare` is run before it is renewed; `command` starts a worker, which is given the number of its `--line`.
    `listener` is what they serve, under its own number; the crew closes it when it ends.
    """

    def __init__(self, command: Sequence[str], *, prepare: Sequence[str], count: int, listener: socket.socket) -> None:
        self.command, self.prepare, self.listener = command, prepare, listener
        self.berths = [Berth(self) for _ in range(count)]
        self.workers: list[Worker] = []  # those in their berths, and those who come and go
        self.preparing: subprocess.Popen[bytes] | None = None
        self.told, self.asked = threading.Event(), threading.Event()
        self.ends_with_terminal = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and has_terminal()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP and not (self.ends_with_terminal and not has_terminal()):
            return self.asked.set()
        if self.told.is_set():
            self.tell_workers()  # again: they are to hurry
        self.told.set()

    def run(self) -> int:
        """Serve until told to stop, or until nobody can. Returns the exit code."""
        renewals = self.renewals()
        while not self.told.is_set():
            for berth in self.berths:
                berth.tend()
            if (code := self.lost()) is not None:
                log.error("no worker stays: giving up with code %d", code)
                self.end()
                return code
            next(renewals)
            time.sleep(TICK)
        return self.end()

    def hire(self) -> Worker:
        self.workers = [worker for worker in self.workers if worker.running]
        self.workers.append(Worker(self.command, self.listener))
        return self.workers[-1]

    def lost(self) -> int | None:
        """The exit code, once nobody serves and starting again has been tried often enough."""
        if any(berth.worker and berth.worker.status for berth in self.berths):
            return None
        worst = max(self.berths, key=lambda berth: berth.failures)
        if worst.failures < TRIES:
            return None
        return 128 - worst.code if worst.code < 0 else worst.code or 1  # as a shell tells signals

    # --- New ones for all

    def renewals(self) -> Iterator[None]:
        while True:
            if self.asked.is_set():
                self.asked.clear()
                try:
                    yield from self.renew()
                except OSError as error:
                    log.error("nothing new could be started: %s: the workers stay as they are", error.strerror)
            yield

    def renew(self) -> Iterator[None]:
        log.info("SIGHUP: new workers, one after the other")
        if not (yield from self.make_ready()):
            return
        for berth in self.berths:
            if not (yield from berth.renew()):
                return
        log.info("all %d workers are new", len(self.berths))

    def make_ready(self) -> Steps:
        self.preparing = subprocess.Popen(self.prepare)
        while (code := self.preparing.poll()) is None:
            yield
        if code:
            log.error("what is new could not be prepared (code %d): the workers stay as they are", code)
        return code == 0

    # --- The end

    def end(self) -> int:
        """All at once. Returns the exit code of the first that did not end well, else 0."""
        running = [worker for worker in self.workers if worker.running]
        self.listener.close()  # or people would go on queueing after the last worker has taken those who did
        self.tell_workers()
        if self.preparing:
            self.preparing.terminate()
            self.preparing.wait()
        killed = self.outwait(running)
        # One that had not begun to listen to signals ends by the signal itself: that is well, too.
        codes = [worker.process.wait() for worker in running if worker not in killed]
        return next((code for code in codes if code not in {0, -signal.SIGTERM}), 0)

    def outwait(self, leaving: Sequence[Worker]) -> list[Worker]:
        """Until all have ended. Returns who had to be killed: one whose loop is stuck hears no signal."""
        until = time.monotonic() + OVERDUE
        while any(worker.running for worker in leaving) and time.monotonic() < until:
            time.sleep(TICK)
        late = [worker for worker in leaving if worker.running]
        for worker in late:
            log.error("worker %d did not leave and is killed", worker.process.pid)
            worker.process.kill()
        return late

    def tell_workers(self) -> None:
        for worker in self.workers:
            worker.process.terminate()


def has_terminal() -> bool:
    """Whether there is one, and it has not hung up."""
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def show_life(loop: asyncio.AbstractEventLoop, beat: socket.socket) -> None:
    """In a worker: a sign for as long as its loop moves."""
    with suppress(OSError):
        beat.send(b".", socket.MSG_DONTWAIT)  # a parent that hangs takes none
    loop.call_later(BEAT, show_life, loop, beat)


def end_with_parent() -> None:
    """In a worker: nobody is to be left on the socket when the one that would end him has been killed."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(OVERDUE)
        os._exit(1)  # its loop is stuck and hears nothing, and the port must be free

    threading.Thread(target=wait, daemon=True).start()
