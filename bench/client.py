"""Many readers in one loop that parses nothing: it looks for the markers in what arrives, and keeps their order."""

import contextlib
import socket
import time
import uuid
from dataclasses import dataclass, field

from bench import judgement
from bench.contestants import Contestant
from bench.judgement import MARKER_LENGTH, Failed
from bench.machine import Poller

TEXT_LENGTH = 84
LOST_AFTER = 15.0  # seconds without the last of the deliveries
ROUND = 65536  # bytes; more would cost more to make room for than to ask for again
OBJECT_ENDS = ord("}")  # stands in no marker, nor in what is before one
CLOSE = b"\x88\x80\0\0\0\0"


@dataclass(slots=True)
class Reader:
    """One socket: the end of what it received, where a marker may be cut in two, and its markers in order."""

    socket: socket.socket
    tail: bytes = b""
    seen: list[bytes] = field(default_factory=list)
    received: int = 0


class Crowd:
    """All members of the rooms, each with one of them open, and the messages on their way."""

    def __init__(self, contestant: Contestant, first_number: int) -> None:
        self.contestant = contestant
        self.number = first_number
        self.salt = str(uuid.uuid4())[:23]  # the rest of a post's client_id is its number
        self.sent: dict[bytes, int] = {}  # marker: poster
        self.missing: dict[bytes, int] = {}  # marker: how many have yet to hear it; nobody, and it is gone
        self.latencies: list[float] = []
        self.poller = Poller()
        self.readers: dict[int, Reader] = {}
        self.all: list[Reader] = []

    def gather(self) -> None:
        """Everybody comes in, then is heard; the rooms have told all who is there."""
        for place in range(self.contestant.members):
            self.all.append(Reader(self._open(place)))
        for reader in self.all:
            self.listen(reader)
        self.settle(0.5)

    @property
    def received(self) -> int:
        """Bytes so far, of all readers together."""
        return sum(reader.received for reader in self.all)

    def listen(self, reader: Reader) -> None:
        reader.socket.setblocking(False)
        self.readers[reader.socket.fileno()] = reader
        self.poller.add(reader.socket.fileno())

    def _open(self, place: int) -> socket.socket:
        """Through the handshake and the opening of the room."""
        opened = socket.create_connection(("127.0.0.1", self.contestant.port), timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.sendall(self.contestant.handshake(self.contestant.sessions[place], place))
        first, answer = self.contestant.opening(place)
        self._await(opened, b"\r\n\r\n")
        if first:
            opened.sendall(first)
            self._await(opened, answer)
        return opened

    def _await(self, opened: socket.socket, words: bytes) -> None:
        received = b""
        while words not in received:
            more = opened.recv(ROUND)
            if not more:
                raise Failed(f"{self.contestant.name} closed a socket: {received[-300:]!r}")
            received += more
        if words == b"\r\n\r\n" and b" 101 " not in received[:20]:
            raise Failed(f"{self.contestant.name} refused a socket: {received[:300]!r}")

    # --- Sending and hearing

    def post(self, poster: int) -> None:
        """Queue nothing: a post is small enough for the socket to take at once."""
        marker = b"m%08dt%019d" % (self.number, time.monotonic_ns())
        client_id = f"{self.salt}-{self.number:012x}"
        self.number += 1
        self.sent[marker] = poster
        self.missing[marker] = self.contestant.readers_of(poster)
        text = marker.decode() + " and then some words, as people say them, up to the full length of it"
        text = text[:TEXT_LENGTH].ljust(TEXT_LENGTH, ".")
        self.all[poster].socket.sendall(self.contestant.post(poster, text, client_id))

    def hear(self, timeout: float) -> list[bytes]:
        """One round of the loop; the messages that have now reached everybody."""
        missing, readers, before = self.missing, self.readers, self.contestant.marker
        start, length = len(before) - 1, MARKER_LENGTH  # what stands before a marker ends with its first letter
        stop = start + length
        done = []
        for number in self.poller.ready(timeout):
            reader = readers[number]
            received = reader.socket.recv(ROUND)
            reader.received += len(received)
            if not received:
                raise Failed(f"{self.contestant.name} closed a reader's socket")
            if reader.tail:
                received = reader.tail + received
            place = received.find(before)
            while place >= 0:
                marker = received[place + start : place + stop]
                if len(marker) < length:
                    break
                reader.seen.append(marker)
                missing[marker] = left = missing.get(marker, 0) - 1
                if not left:
                    done.append(marker)
                place = received.find(before, place + stop)
            # A marker that is there as a whole begins before this tail: it is not found twice.
            reader.tail = b"" if received[-1] == OBJECT_ENDS else received[1 - stop :]
        return self._arrived(done)

    def _arrived(self, done: list[bytes]) -> list[bytes]:
        now = time.monotonic_ns()
        for marker in done:
            del self.missing[marker]
            self.latencies.append((now - int(marker[10:])) / 1e6)
        return done

    def settle(self, seconds: float) -> None:
        """Hear out what is still coming, such as who has joined."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear(0.05)

    def drain(self) -> None:
        end = time.monotonic() + LOST_AFTER
        while self.missing and time.monotonic() < end:
            self.hear(0.1)

    # --- Phases

    def closed_loop(self, seconds: float, posters: int, in_flight: int) -> int:
        """Always so many messages under way; returns how many were sent."""
        before = len(self.sent)
        for index in range(in_flight):
            self.post(index % posters)
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end and self.missing:
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

    # --- The end

    def check(self) -> None:
        """Raises Failed unless every reader got each message of its room once and in order, and so did the history."""
        judgement.check(self.contestant, self.sent, [reader.seen for reader in self.all])

    def close(self) -> None:
        for reader in self.all:
            with contextlib.suppress(OSError):
                reader.socket.sendall(CLOSE)
            reader.socket.close()
        self.poller.close()
