"""`./run bench idle`: what 2,000 and 5,000 quiet, signed-in sockets take: memory, time to come, processor time."""

import argparse
import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator, Sequence

import psutil

from bench import report
from bench.client import Failed
from bench.contestants import OnUvicorn, Product, Tutorial
from bench.machine import CLIENT_CORE, Poller, cpu_seconds, on_core
from bench.metrics import Turns
from bench.serving import Contestant, frame, servers

STEPS = (2000, 5000)
ROOMS = 50
WARM = 50  # sockets that come and go before memory is measured
AT_ONCE = 32  # handshakes under way
QUIET = 5.0  # seconds
PATIENCE = 60.0
WORDS = (
    f"{STEPS[0]:,}, then {STEPS[1]:,} people of {ROOMS} rooms are connected and signed in, have their `hello` and no "
    f"room open, {AT_ONCE} handshakes under way at a time, then {QUIET:g} s of quiet; on a server just started. In the "
    "end each socket is asked whether it still answers."
)
SERVED = {"tutorial": Tutorial, "uvicorn": OnUvicorn}
ABORTIVE = struct.pack("ii", 1, 0)  # SO_LINGER: no port waits for its peer's last words
PING, PONG, MASKED = 0x89, 0x8A, 0x80


class Sockets:
    """One loop over all of them, which answers the server's pings as browsers do."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self.poller = Poller()
        self.all: dict[int, socket.socket] = {}
        if isinstance(contestant, Product):
            self.welcome, self.question, self.answer = b'"hello"', frame('{"type":"ping"}'), b'"pong"'
        else:
            self.welcome, self.question, self.answer = b"\r\n\r\n", b"\x89\x84\0\0\0\0here", b"\x8a\x04here"

    def come(self, places: range) -> float:
        """How many a second did."""
        began, waiting = time.monotonic(), deque(places)
        coming: dict[int, bytes] = {}
        while waiting or coming:
            while waiting and len(coming) < AT_ONCE:
                coming[self._knock(waiting.popleft())] = b""
            self._await(coming, self.welcome)
            if time.monotonic() - began > PATIENCE:
                raise Failed(f"{self.contestant.name}: {len(waiting) + len(coming)} of {len(places)} did not come in")
        return len(places) / (time.monotonic() - began)

    def _knock(self, place: int) -> int:
        opened = socket.create_connection(("127.0.0.1", self.contestant.port), timeout=30)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
        opened.sendall(self.contestant.handshake(self.contestant.sessions[place], place))
        opened.setblocking(False)
        self.all[opened.fileno()] = opened
        self.poller.add(opened.fileno())
        return opened.fileno()

    def _await(self, waited: dict[int, bytes], words: bytes) -> None:
        """One round of the loop; who has been told the words is no longer waited for."""
        for number, received in self._hear(0.05):
            if number in waited:
                waited[number] += received
                if words in waited[number]:
                    del waited[number]

    def _hear(self, seconds: float) -> Iterator[tuple[int, bytes]]:
        for number in self.poller.ready(seconds):
            received = self.all[number].recv(65536)
            if not received:
                raise Failed(f"{self.contestant.name} closed a socket")
            if received[0] == PING:
                self.all[number].sendall(bytes((PONG, received[1] | MASKED, 0, 0, 0, 0)) + received[2:])
            else:
                yield number, received

    def rest(self, seconds: float) -> float:
        """How busy the server is with them, in per cent of a core."""
        pid, end = self.contestant.pid, time.monotonic() + seconds
        worked = cpu_seconds(pid)
        while (left := end - time.monotonic()) > 0:
            deque(self._hear(left), maxlen=0)
        return (cpu_seconds(pid) - worked) / seconds * 100

    def ask(self) -> None:
        """Raises Failed unless every socket answers."""
        waited = dict.fromkeys(self.all, b"")
        for opened in self.all.values():
            opened.sendall(self.question)
        end = time.monotonic() + PATIENCE
        while waited and time.monotonic() < end:
            self._await(waited, self.answer)
        if waited:
            raise Failed(f"{self.contestant.name}: {len(waited)} sockets answer nothing")

    def close(self) -> None:
        for opened in self.all.values():
            opened.close()
        self.poller.close()


def turn(contestant: Contestant, steps: Sequence[int] = STEPS, quiet: float = QUIET) -> dict[str, float]:
    """On a server just started. Raises Failed."""
    with contextlib.closing(Sockets(contestant)) as first:
        first.come(range(WARM))
        first.rest(1.0)
    with contextlib.closing(Sockets(contestant)) as sockets:
        found: dict[str, float] = {}
        before, there = memory(contestant), 0
        for step in steps:
            worked, came = cpu_seconds(contestant.pid), step - there
            connects = sockets.come(range(there, step))
            worked = (cpu_seconds(contestant.pid) - worked) / came * 1000
            busy = sockets.rest(quiet)
            each = (memory(contestant) - before) / step
            found |= {f"kib_{step}": each, f"connects_{step}": connects, f"came_{step}": worked, f"busy_{step}": busy}
            there = step
        sockets.ask()
    return {name: round(value, 3) for name, value in found.items()}


def memory(contestant: Contestant) -> float:
    """KiB in RAM."""
    return float(psutil.Process(contestant.pid).memory_info().rss) / 1024


def measure(chosen: argparse.Namespace) -> Turns:
    """Rounds on servers that are started anew for each. Raises Failed, Missing, NotStarted."""
    turns: Turns = {}
    with contextlib.ExitStack() as stack:
        make = stack.enter_context(servers(chosen.db))
        report.say(f"  making {STEPS[-1]:,} members for each")
        kinds = [Product, *(SERVED[name] for name in chosen.against if name in SERVED)]
        contestants = [stack.enter_context(kind(STEPS[-1], *make(kind.name), ROOMS)) for kind in kinds]
        for number in range(1, chosen.rounds + 1):
            for contestant in contestants:
                contestant.stop()
                contestant.start()
                with on_core(CLIENT_CORE):
                    gave = turn(contestant)
                report.show(number, contestant.name, gave)
                turns.setdefault(contestant.name, []).append(gave)
    return turns
