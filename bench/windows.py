"""Windows of the product in one loop: each keeps a cursor and what is not answered, as the page's own script does."""

import contextlib
import errno
import json
import random
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from bench.judgement import Failed
from bench.machine import Poller
from bench.serving import frame

ABORTIVE = struct.pack("ii", 1, 0)  # SO_LINGER: the close is a reset
BASE, CAP = 0.5, 30.0  # seconds, of static/js/backoff.js
TEXT, CLOSE, PING = 1, 8, 9
UPGRADED = b"\r\n\r\n"


class Site(Protocol):
    """What has to be known of a site: bench.contestants.Product is one."""

    port: int
    sessions: list[str]

    @property
    def room(self) -> Any: ...
    @property
    def pid(self) -> int:
        """Of the server's process."""

    def handshake(self, session: str) -> bytes: ...
    def history(self) -> list[str]:
        """Every text of the room as the record has it, oldest first."""


class Window:
    """One socket after the other; `texts` are those of everything it was shown, in order."""

    def __init__(self, crowd: "Windows", session: str) -> None:
        self.crowd, self.site, self.session = crowd, crowd.site, session
        self.wire: socket.socket | None = None
        self.texts: list[str] = []
        self.cursor: int | None = None
        self.waiting: dict[str, bytes] = {}  # client_id: the command, until it is answered
        self.is_live = False
        self.attempt = 0

    # --- Coming and going

    def connect(self) -> None:
        self.received, self.is_upgraded, self.is_live = b"", False, False
        self.wire = socket.socket()
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire.setblocking(False)
        if self.wire.connect_ex(("127.0.0.1", self.site.port)) not in (0, errno.EINPROGRESS):
            raise Failed("nobody listens")
        self.crowd.listen(self)
        self._knock()

    def _knock(self) -> None:
        assert self.wire is not None
        try:
            self.wire.send(self.site.handshake(self.session))
        except OSError:  # not yet connected
            self.crowd.later(0.05, self._knock)

    def cut(self) -> None:
        """As where a cable was pulled, but that both ends know."""
        assert self.wire is not None
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
        self.lose()

    def lose(self) -> None:
        """Closed by whomever: again after a while, with full jitter."""
        assert self.wire is not None
        self.crowd.forget(self)
        self.wire.close()
        self.wire, self.is_live = None, False
        self.crowd.later(random.random() * min(CAP, BASE * 2**self.attempt), self.connect)
        self.attempt += 1

    # --- Saying

    def post(self, text: str) -> str:
        """Its client_id, under which it is sent again after each reconnect until it is answered."""
        client_id = str(uuid.uuid4())
        fields = {"room": self.site.room, "client_id": client_id, "body": text, "ref": client_id}
        self.waiting[client_id] = frame(json.dumps({"type": "message.post", **fields}))
        if self.is_live:
            self._send(self.waiting[client_id])
        return client_id

    def _open(self) -> None:
        after = {} if self.cursor is None else {"after": self.cursor}
        self._send(frame(json.dumps({"type": "room.open", "room": self.site.room, "ref": "open", **after})))

    def _send(self, words: bytes) -> None:
        assert self.wire is not None
        with contextlib.suppress(ConnectionError):  # its end is heard of next
            self.wire.send(words)

    # --- Hearing

    def hear(self) -> None:
        assert self.wire is not None
        more = b""
        with contextlib.suppress(ConnectionError):
            more = self.wire.recv(262144)
        if not more:
            return self.lose()
        self.received += more
        for kind, payload in self._frames():
            if kind == TEXT:
                self._take(json.loads(payload))
            elif kind == PING:
                self._send(b"\x8a" + bytes([0x80 | len(payload)]) + bytes(4) + payload)
            elif kind == CLOSE:
                return self.lose()

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        """Kind and payload of each that is there as a whole."""
        if not self.is_upgraded:
            answer, self.is_upgraded, self.received = self._upgrade()
            if not self.is_upgraded:
                return
            if b" 101 " not in answer[:20]:
                raise Failed(f"a handshake was refused: {answer[:200]!r}")
        place, received = 0, self.received
        while len(received) >= place + 2:
            length, head = received[place + 1], 2
            if length >= 126:
                head = {126: 4, 127: 10}[length]
                length = int.from_bytes(received[place + 2 : place + head], "big")
            if len(received) < place + head + length:
                break
            yield received[place] & 15, received[place + head : place + head + length]
            place += head + length
        self.received = received[place:]

    def _upgrade(self) -> tuple[bytes, bool, bytes]:
        answer, end, rest = self.received.partition(UPGRADED)
        return (answer, True, rest) if end else (b"", False, answer)

    def _take(self, heard: dict[str, Any]) -> None:
        match heard["type"]:
            case "hello":
                self._open()
            case "room.changes":
                self._show(heard)
            case "ok":
                if self.waiting.pop(heard["ref"], None):
                    self.crowd.answered(heard["ref"])
            case "error" | "room.resync":
                raise Failed(f"a window was told {heard}")

    def _show(self, heard: dict[str, Any]) -> None:
        """Everything in (after, seq]: a gap must not be."""
        if self.cursor is not None and heard["after"] > self.cursor:
            raise Failed(f"a gap: {self.cursor} was shown, then came what follows {heard['after']}")
        known = -1 if self.cursor is None else self.cursor
        self.texts += [each["body"] for each in heard["messages"] if each["seq"] > known]
        self.cursor = max(known, heard["seq"])
        if heard.get("ref") == "open":
            self._begin(is_whole=not heard["more"])

    def _begin(self, *, is_whole: bool) -> None:
        if not is_whole:
            return self._open()
        self.is_live, self.attempt = True, 0
        self.crowd.came(self)
        for words in self.waiting.values():
            self._send(words)


class Windows:
    """Many of them, what is due later, and how long answers took."""

    def __init__(self, site: Site, number: int) -> None:
        self.site = site
        self.poller = Poller()
        sessions = site.sessions  # of fewer people than windows, if so: then each has several
        self.all = [Window(self, sessions[place % len(sessions)]) for place in range(number)]
        self.by_number: dict[int, Window] = {}
        self.said: list[str] = []
        self.sent: dict[str, float] = {}  # client_id: when
        self.longest = 0.0  # seconds from the first sending of a message to its ok
        self.last_came = 0.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def gather(self, per_second: float = 300.0) -> None:
        for place, window in enumerate(self.all):
            self.later(place / per_second, window.connect)
        self.until(self.all_are_live, "everybody is there")

    def all_are_live(self) -> bool:
        return all(window.is_live for window in self.all)

    def post(self, place: int) -> None:
        text = f"{len(self.said)} and then some words, as people say them, up to the full length of it"
        self.said.append(text)
        self.sent[self.all[place % len(self.all)].post(text)] = time.monotonic()

    def unanswered(self) -> int:
        return sum(len(window.waiting) for window in self.all)

    # --- What windows tell

    def listen(self, window: Window) -> None:
        assert window.wire is not None
        self.by_number[window.wire.fileno()] = window
        self.poller.add(window.wire.fileno())

    def forget(self, window: Window) -> None:
        assert window.wire is not None
        self.poller.remove(window.wire.fileno())
        del self.by_number[window.wire.fileno()]

    def answered(self, client_id: str) -> None:
        self.longest = max(self.longest, time.monotonic() - self.sent[client_id])

    def came(self, window: Window) -> None:
        self.last_came = time.monotonic()

    # --- The loop

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self._due.append((time.monotonic() + seconds, act))

    def round(self) -> None:
        now = time.monotonic()
        due, self._due = [entry for entry in self._due if entry[0] <= now], [e for e in self._due if e[0] > now]
        for _at, act in due:
            act()
        for number in self.poller.ready(0.01):
            if number in self.by_number:
                self.by_number[number].hear()

    def until(self, true: Callable[[], bool], what: str, *, seconds: float = 90.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise Failed(f"not in {seconds:.0f} s: {what}")
            self.round()

    def check(self) -> None:
        """Raises Failed unless the record has everything once, and every window the record's own order."""
        recorded = self.site.history()[-len(self.said) :]
        if sorted(recorded) != sorted(self.said):
            raise Failed("the record is not what was said")
        for window in self.all:
            if window.texts != recorded:
                raise Failed(f"a window shows {len(window.texts)} of {len(recorded)} messages, or another order")

    def close(self) -> None:
        for window in self.by_number.values():
            assert window.wire is not None
            window.wire.close()
        self.poller.close()
