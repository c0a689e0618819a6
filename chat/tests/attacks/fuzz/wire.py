"""A WebSocket client of bare bytes: it can say anything, and takes nothing from the server but correct frames."""

import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PATIENCE = 10.0  # seconds for an answer; a server that takes longer hangs
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
EVENTS = {"hello", "ok", "error", "pong", "presence", "typing", "read.marked"}  # and all of room.…
CLOSED_WITH_NOTHING = 1006


class Fault(Exception):
    """The server did what no server may do."""


@dataclass(frozen=True)
class Site:
    """Where a server listens, and the session of somebody who is in this room."""

    port: int
    session: str
    room: int


def frame(opcode: int, payload: bytes, *, first: int = 0x80, mask: bytes | None = b"\0\0\0\0", form: int = 0) -> bytes:
    """One frame of a client. `first`: the bits beside the opcode; `form` 126 or 127: a longer length than needed."""
    size, masked = len(payload), 0x80 if mask is not None else 0
    if form == 127 or (size > 65535 and form == 0):
        head = struct.pack("!BBQ", first | opcode, masked | 127, size)
    elif form == 126 or size > 125:
        head = struct.pack("!BBH", first | opcode, masked | 126, size)
    else:
        head = bytes((first | opcode, masked | size))
    if mask is None:
        return head + payload
    key = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def text(words: str | bytes) -> bytes:
    return frame(
        TEXT, words if isinstance(words, bytes) else words.encode("utf-8", "surrogatepass"), mask=os.urandom(4)
    )


def handshake(site: Site, **changes: str | None) -> bytes:
    """A correct request, or one with other headers; a header that is None is left out."""
    headers = {
        "Host": f"localhost:{site.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": f"http://localhost:{site.port}",
        "Cookie": f"sessionid={site.session}",
    }
    given = {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join(["GET /ws/ HTTP/1.1", *lines, "", ""]).encode("utf-8", "surrogateescape")


def connect(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


class Peer:
    """A socket past its hello. What the server says is checked as it is read; `code` is its close code, once closed."""

    def __init__(self, site: Site) -> None:
        self.socket = connect(site.port)
        self.buffer = b""
        self.code: int | None = None
        self.number = 0
        try:
            self.socket.sendall(handshake(site))
            self._skip_head()
            self.hello = self.read()
        except BaseException:
            self.socket.close()
            raise

    def _skip_head(self) -> None:
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Fault(f"an honest handshake was refused: {head[:200]!r}")

    def _receive(self) -> None:
        try:
            more = self.socket.recv(262144)
        except TimeoutError:
            raise Fault("no answer: the socket hangs") from None
        except OSError:
            more = b""
        if not more:
            raise EOFError
        self.buffer += more

    # --- Hearing

    def read(self) -> dict[str, Any]:
        """The next text frame as JSON. Raises EOFError when there will be none, Fault."""
        while True:
            opcode, payload = self._frame()
            if opcode == TEXT:
                return self._words(payload)
            if opcode == CLOSE:
                self.code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                raise EOFError

    def _frame(self) -> tuple[int, bytes]:
        while (found := self._whole()) is None:
            self._receive()
        return found

    def _whole(self) -> tuple[int, bytes] | None:
        if len(self.buffer) < 2:
            return None
        first, size, start = self.buffer[0], self.buffer[1], 2
        if first & 0x70 or not first & 0x80 or first & 15 not in {TEXT, CLOSE, PING, PONG} or size & 0x80:
            raise Fault(f"a wrong frame: {self.buffer[:20]!r}")
        if size > 125:
            start = 4 if size == 126 else 10
            if len(self.buffer) < start:
                return None
            size = int.from_bytes(self.buffer[2:start], "big")
        if len(self.buffer) < start + size:
            return None
        payload, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
        return first & 15, payload

    def _words(self, payload: bytes) -> dict[str, Any]:
        try:
            words = json.loads(payload.decode())
            kind = words["type"]
        except (ValueError, KeyError, TypeError) as error:
            raise Fault(f"words that nobody understands: {payload[:200]!r}") from error
        if kind not in EVENTS and not kind.startswith("room."):
            raise Fault(f"an unknown event: {kind}")
        if kind == "error" and words["code"] == "unavailable":
            raise Fault(f"the server broke over it: {words}")
        return dict(words)

    # --- Saying

    def say(self, *segments: bytes) -> None:
        """Each in a packet of its own; a server that has closed does not hear it."""
        try:
            for segment in segments:
                self.socket.sendall(segment)
        except OSError:
            return

    def is_alive(self) -> bool:
        """Whether everything before was answered and the socket goes on: a ping, and its pong."""
        self.number += 1
        self.say(text(json.dumps({"type": "ping", "ref": f"alive-{self.number}"})))
        try:
            while self.read().get("ref") != f"alive-{self.number}":
                pass
        except EOFError:
            return False
        return True

    def closing(self, *, to_the_end: bool) -> int:
        """The code with which the server closes; `to_the_end`: once it has hung up too."""
        try:
            while True:
                self.read()
        except EOFError:
            pass
        if self.code is None or not to_the_end:
            return self.code or CLOSED_WITH_NOTHING
        self.say(frame(CLOSE, struct.pack("!H", 1000)))
        try:
            while True:
                self._receive()
        except EOFError:
            return self.code

    def overhear(self) -> Iterator[dict[str, Any]]:
        """What has come already."""
        try:
            while select.select([self.socket], [], [], 0)[0]:
                self._receive()
            while (found := self._whole()) is not None:
                if found[0] == TEXT:
                    yield self._words(found[1])
        except EOFError:
            return

    def cut(self, *, hard: bool) -> None:
        """Be gone; `hard`: as a network that breaks."""
        if hard:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
