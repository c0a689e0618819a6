"""Many readers in one loop that parses nothing: it looks for the markers in what arrives, and keeps their order."""

import contextlib
import re
import socket
import time
from collections import defaultdict
from dataclasses import dataclass, field

from bench.contestants import Contestant
from bench.machine import Poller

TEXT_LENGTH = 84
MARKER_LENGTH = 29  # m, 8 digits, t, 19 digits
LOST_AFTER = 15.0  # seconds without the last of the deliveries
CLOSE = b"\x88\x80\0\0\0\0"


class Failed(Exception):
    """A message was lost, doubled or reordered, or the history differs: whatever the speed, the run does not count."""


@dataclass
class Reader:
    """One socket: the end of what it received (a marker may be cut in two) and its markers in order."""

    socket: socket.socket
    tail: bytes = b""
    seen: list[bytes] = field(default_factory=list)
    received: int = 0


class Crowd:
    """All members of the room, and the messages on their way."""

    def __init__(self, contestant: Contestant, first_number: int) -> None:
        self.contestant = contestant
        self.number = first_number
        self.pattern = re.compile(contestant.marker + rb"(m\d{8}t\d{19})")
        self.overlap = MARKER_LENGTH + len(contestant.marker)
        self.counts: defaultdict[bytes, int] = defaultdict(int)
        self.sent: dict[bytes, int] = {}  # marker: poster
        self.waiting: set[bytes] = set()
        self.latencies: list[float] = []
        self.poller = Poller()
        self.readers: dict[int, Reader] = {}
        self.all: list[Reader] = []

    def gather(self) -> None:
        """Everybody comes in, then is heard; the room has told all who is there."""
        for session in self.contestant.sessions:
            self.all.append(Reader(self._open(session)))
        for reader in self.all:
            self.listen(reader)
        self.settle(0.5)

    def listen(self, reader: Reader) -> None:
        reader.socket.setblocking(False)
        self.readers[reader.socket.fileno()] = reader
        self.poller.add(reader.socket.fileno())

    def _open(self, session: str) -> socket.socket:
        """Through the handshake and the opening of the room."""
        opened = socket.create_connection(("127.0.0.1", self.contestant.port), timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.sendall(self.contestant.handshake(session))
        first, answer = self.contestant.opening()
        self._await(opened, b"\r\n\r\n")
        if first:
            opened.sendall(first)
            self._await(opened, answer)
        return opened

    def _await(self, opened: socket.socket, words: bytes) -> None:
        received = b""
        while words not in received:
            more = opened.recv(65536)
            if not more:
                raise Failed(f"{self.contestant.name} closed a socket: {received[-300:]!r}")
            received += more
        if words == b"\r\n\r\n" and b" 101 " not in received[:20]:
            raise Failed(f"{self.contestant.name} refused a socket: {received[:300]!r}")

    # --- Sending and hearing

    def post(self, poster: int) -> None:
        """Queue nothing: a post is small enough for the socket to take at once."""
        marker = b"m%08dt%019d" % (self.number, time.monotonic_ns())
        self.number += 1
        self.sent[marker] = poster
        self.waiting.add(marker)
        text = marker.decode() + " and then some words, as people say them, up to the full length of it"
        self.all[poster].socket.sendall(self.contestant.post(text[:TEXT_LENGTH].ljust(TEXT_LENGTH, ".")))

    def hear(self, timeout: float) -> list[bytes]:
        """One round of the loop; the messages that have now reached everybody."""
        counts, pattern, overlap = self.counts, self.pattern, self.overlap
        for number in self.poller.ready(timeout):
            reader = self.readers[number]
            received = reader.socket.recv(262144)
            if not received:
                raise Failed(f"{self.contestant.name} closed a reader's socket")
            reader.received += len(received)
            held = reader.tail + received
            found = pattern.findall(held)
            reader.tail = held[-overlap:] if not found else held[max(held.rfind(found[-1]) + 1, len(held) - overlap) :]
            reader.seen += found
            for marker in found:
                counts[marker] += 1
        return self._complete()

    def _complete(self) -> list[bytes]:
        everybody = len(self.all)
        done = [marker for marker in self.waiting if self.counts[marker] >= everybody]
        now = time.monotonic_ns()
        for marker in done:
            self.waiting.discard(marker)
            self.latencies.append((now - int(marker[10:])) / 1e6)
        return done

    def settle(self, seconds: float) -> None:
        """Hear out what is still coming, such as who has joined."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear(0.05)

    def drain(self) -> None:
        end = time.monotonic() + LOST_AFTER
        while self.waiting and time.monotonic() < end:
            self.hear(0.1)

    # --- Phases

    def closed_loop(self, seconds: float, posters: int, in_flight: int) -> int:
        """Always so many messages under way; returns how many were sent."""
        before = len(self.sent)
        for index in range(in_flight):
            self.post(index % posters)
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end and self.waiting:
            for marker in self.hear(min(1.0, end - now)):
                self.post(self.sent[marker])
        self.drain()
        return len(self.sent) - before

    def paced(self, seconds: float, posters: int, rate: float) -> list[float]:
        """So many a second, answered or not; the times in ms from each send to its last reader."""
        self.latencies = []
        start = time.monotonic()
        for index in range(int(seconds * rate)):
            due = start + index / rate
            while (left := due - time.monotonic()) > 0:
                self.hear(left)
            self.post(index % posters)
        self.drain()
        return sorted(self.latencies)

    # --- The judgement

    def check(self) -> None:
        """Raises Failed unless every reader got each message once and in order, and so did the history."""
        sent = set(self.sent)
        for number, reader in enumerate(self.all):
            if len(reader.seen) != len(sent) or set(reader.seen) != sent:
                raise Failed(self._difference(f"reader {number}", reader.seen))
            self._check_order(f"reader {number}", reader.seen)
        if not self.contestant.stores:
            return
        stored = [text[:MARKER_LENGTH].encode() for text in self.contestant.history()]
        history = [marker for marker in stored if marker in sent]
        if len(history) != len(sent) or set(history) != sent:
            raise Failed(self._difference("the history", history))
        if self.contestant.exact_order and any(reader.seen != history for reader in self.all):
            raise Failed(f"{self.contestant.name}: a reader saw another order than the history has")

    def _check_order(self, who: str, seen: list[bytes]) -> None:
        """Each poster's messages in the order they were sent; markers sort by their number."""
        latest: dict[int, bytes] = {}
        for marker in seen:
            poster = self.sent[marker]
            if latest.get(poster, b"") > marker:
                raise Failed(f"{self.contestant.name}: {who} got {marker!r} after {latest[poster]!r}")
            latest[poster] = marker

    def _difference(self, who: str, seen: list[bytes]) -> str:
        missing = len(set(self.sent) - set(seen))
        doubled = len(seen) - len(set(seen))
        return f"{self.contestant.name}: {who} misses {missing} of {len(self.sent)} messages and has {doubled} twice"

    def close(self) -> None:
        for reader in self.all:
            with contextlib.suppress(OSError):
                reader.socket.sendall(CLOSE)
            reader.socket.close()
        self.poller.close()
