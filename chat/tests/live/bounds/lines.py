"""Sockets that no library would play: they take nothing, or a byte now and then, or only ask."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

from bench.serving import frame
from chat.tests.live.test_flood import Talker

PACE = 0.05  # seconds between two bytes of a trickle
CLOSE, PING = 8, 9
RECEIVE_BUFFER = 128 * 1024  # of the kernel: not so small that reading on would take for ever


class Line:
    """A connection whose owner decides what of it is read."""

    def __init__(self, talker: Talker) -> None:
        self.talker = talker
        self.heard = b""
        self.pings = 0
        self.wire = socket.socket()
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.wire.settimeout(20)
        self.wire.connect(("127.0.0.1", talker.product.port))
        self.wire.sendall(self._handshake())
        self.until(b"\r\n\r\n")
        self.heard = self.heard.partition(b"\r\n\r\n")[2]
        self.until(b'"hello"')

    def _handshake(self) -> bytes:
        product = self.talker.product
        return (
            f"GET /ws/ HTTP/1.1\r\nHost: localhost:{product.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nOrigin: {product.url}\r\n"
            f"Cookie: {self.talker.headers['Cookie']}\r\n\r\n"
        ).encode()

    def until(self, words: bytes) -> None:
        while words not in self.heard:
            self.heard += self._more(4096)

    def say(self, kind: str, **fields: Any) -> None:
        self.wire.sendall(frame(json.dumps({"type": kind, **fields})))

    def open(self, **fields: Any) -> None:
        self.say("room.open", room=self.talker.room, **fields)

    def closed(self) -> int | None:
        """Read on until the server says why it closes; None when it cut the line instead."""
        self.wire.settimeout(20)
        with contextlib.suppress(ConnectionError):
            while close_code(self.heard) is None and (more := self.wire.recv(1024 * 1024)):
                self.heard += more
        return close_code(self.heard)

    def _more(self, size: int) -> bytes:
        more = self.wire.recv(size)
        assert more, self.heard[-300:]
        return more

    def live(self) -> None:
        """What it does between two paces: nothing at all."""

    def answer_pings(self) -> None:
        """Take what there is, and tell that one is there."""
        self.wire.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.heard += self.wire.recv(1024 * 1024)
        new = [payload for kind, payload in frames(self.heard) if kind == PING][self.pings :]
        for payload in new:
            self.pings += 1
            self.wire.sendall(b"\x8a" + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload)

    def leave(self) -> None:
        self.wire.close()


class NeverReads(Line):
    def start(self, cursor: int) -> None:
        self.open()


class Trickles(NeverReads):
    def live(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.heard += self.wire.recv(1)


class OnlySends(Line):
    """Asks for everything since `cursor`, often at once and then again and again, as nobody is closed for."""

    def start(self, cursor: int) -> None:
        self.asking = frame(json.dumps({"type": "room.open", "room": self.talker.room, "after": cursor})) * 10
        self.asked = 0
        self.wire.sendall(self.asking * 6)
        self.wire.setblocking(False)

    def live(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self.asked += self.wire.send(self.asking[self.asked % len(self.asking) :])


class Lives:
    """Lets lines live, in a thread."""

    def __init__(self, lines: list[Any]) -> None:
        self.lines = lines
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(PACE):
            for line in self.lines:
                line.live()


def close_code(heard: bytes) -> int | None:
    """The code of the close frame, when it has come."""
    return next((int.from_bytes(payload[:2], "big") for kind, payload in frames(heard) if kind == CLOSE), None)


def frames(heard: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and payload of each whole frame of a server."""
    place = 0
    while place + 2 <= len(heard):
        kind, length, head = heard[place] & 15, heard[place + 1], 2
        if length >= 126:
            head = {126: 4, 127: 10}[length]
            length = int.from_bytes(heard[place + 2 : place + head], "big")
        place += head + length
        if place <= len(heard):
            yield kind, heard[place - length : place]
