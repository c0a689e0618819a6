"""Those who speak at one process and those who hear it at another, for `./run bench costs`; what comes is counted."""

import socket
import time
import uuid

from bench.contestants import Product
from bench.judgement import Failed
from bench.machine import Poller

PATIENCE = 30.0  # seconds


class Counting:
    """One loop over sockets that counts what is wanted in what comes to each."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.sockets: dict[int, socket.socket] = {}
        self.wanted: dict[int, bytes] = {}
        self.tails: dict[int, bytes] = {}
        self.counts: dict[int, int] = {}

    def listen(self, opened: socket.socket, wanted: bytes) -> int:
        opened.setblocking(False)
        number = opened.fileno()
        self.sockets[number], self.wanted[number], self.tails[number], self.counts[number] = opened, wanted, b"", 0
        self.poller.add(number)
        return number

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.hear(left)

    def hear(self, seconds: float) -> None:
        for number in self.poller.ready(seconds):
            received = self.sockets[number].recv(262144)
            if not received:
                raise Failed("a socket was closed")
            wanted, held = self.wanted[number], self.tails[number] + received
            self.counts[number] += held.count(wanted)
            self.tails[number] = held[1 - len(wanted) :]

    def close(self) -> None:
        for each in self.sockets.values():
            each.close()
        self.poller.close()


class Gathering(Counting):
    """Those who speak at the one process, and those who hear it at the other."""

    def __init__(self, writer: Product, reader: Product, *, speakers: int, opens: bool) -> None:
        super().__init__()
        self.writer, self.reader, self.opens = writer, reader, opens
        self.speakers = [self._enter(writer, place, False, b'"type":"ok"') for place in range(speakers)]

    def admit(self, number: int) -> None:
        for place in range(len(self.speakers), len(self.speakers) + number):
            self._enter(self.reader, place, self.opens, self.reader.marker)

    def _enter(self, server: Product, place: int, opens: bool, wanted: bytes) -> int:
        opened = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        opened.sendall(server.handshake(server.sessions[place], place))
        _await(opened, b'"hello"')
        if opens:
            question, answer = server.opening(0)
            opened.sendall(question)
            _await(opened, answer)
        return self.listen(opened, wanted)

    def talk(self, messages: int, rate: float) -> None:
        """So many a second; then until everybody has everything. Raises Failed."""
        began = time.monotonic()
        for place in range(messages):
            while (left := began + place / rate - time.monotonic()) > 0:
                self.hear(left)
            self._say(place)
        end = time.monotonic() + PATIENCE
        while not self._has_all(messages) and time.monotonic() < end:
            self.hear(0.05)
        if not self._has_all(messages):
            raise Failed(f"of {messages} messages there came {sorted(set(self.counts.values()))}")

    def _say(self, place: int) -> None:
        text = f"m{place:08} and then some words, as people say them, up to the full length of one".ljust(84, ".")
        speaker = self.speakers[place % len(self.speakers)]
        self.sockets[speaker].sendall(self.writer.post(0, text, str(uuid.uuid4())))

    def _has_all(self, messages: int) -> bool:
        said = sum(self.counts[number] for number in self.speakers)
        heard = {count for number, count in self.counts.items() if number not in self.speakers}
        return said == messages and heard <= {messages if self.opens else 0}


def _await(opened: socket.socket, words: bytes) -> None:
    received = b""
    while words not in received:
        more = opened.recv(65536)
        if not more:
            raise Failed(f"a socket was closed: {received[-300:]!r}")
        received += more
