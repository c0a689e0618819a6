"""Many quiet windows that keep a room open whatever happens to their lines, as the page's own script does."""

import asyncio
import contextlib
import json
import math
import random
import ssl
import threading
import time
from collections import Counter
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin

from chat.tests.live.frame import Person

BASE, CAP = 0.5, 30.0  # seconds: the jitter before the first attempt to come back, and its bound
PATIENCE = 30.0


class Crowd(threading.Thread):
    """`size` windows of these people. `codes`: how their lines ended; `longest`: seconds until one was live again."""

    def __init__(self, people: list[Person], size: int) -> None:
        super().__init__(daemon=True)
        self.people, self.size = people, size
        self.over = threading.Event()
        self.codes: Counter[int] = Counter()
        self.longest = 0.0
        self.cursors = [-1] * size
        self.failure: BaseException | None = None

    @property
    def is_there(self) -> bool:
        return min(self.cursors) >= 0 or self.failure is not None

    def has_heard(self, seq: int) -> bool:
        return min(self.cursors) >= seq or self.failure is not None

    def finish(self) -> None:
        self.over.set()
        self.join(PATIENCE)
        assert not self.is_alive()
        if self.failure:
            raise self.failure

    def run(self) -> None:
        try:
            asyncio.run(self._sit())
        except BaseException as failure:
            self.failure = failure

    async def _sit(self) -> None:
        async with asyncio.TaskGroup() as group:
            sitting = [group.create_task(self._window(number)) for number in range(self.size)]
            while not self.over.is_set() and not any(one.done() for one in sitting):
                await asyncio.sleep(0.05)
            for one in sitting:
                one.cancel()

    async def _window(self, number: int) -> None:
        person = self.people[number % len(self.people)]
        attempt, since = 0, math.inf  # since when it is without a line
        while True:
            with contextlib.suppress(WebSocketException, OSError):
                async with self._line(person) as wire:
                    await self._open(person, wire, number)
                    self.longest = max(self.longest, time.monotonic() - since)  # nothing for the first time
                    attempt = 0
                    code = await self._listen(wire, number)
                    self.codes[code] += 1
                    since = time.monotonic()
            await asyncio.sleep(random.random() * min(CAP, BASE * 2**attempt))
            attempt += 1

    def _line(self, person: Person) -> connect:
        address = person.site.address
        trust: ssl.SSLContext | None = person.site.trust
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.jar)
        headers = {"Cookie": cookies}
        return connect(
            f"{address.replace('http', 'ws', 1)}/ws/", origin=Origin(address), ssl=trust, additional_headers=headers
        )

    async def _open(self, person: Person, wire: ClientConnection, number: int) -> None:
        after = {"after": self.cursors[number]} if self.cursors[number] >= 0 else {}
        await wire.send(json.dumps({"type": "room.open", "ref": "open", "room": person.room, **after}))
        while (frame := json.loads(await wire.recv())).get("ref") != "open":
            pass
        self._take(frame, number)

    async def _listen(self, wire: ClientConnection, number: int) -> int:
        """The code of the close."""
        try:
            while True:
                self._take(json.loads(await wire.recv()), number)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006

    def _take(self, frame: dict[str, Any], number: int) -> None:
        if frame["type"] == "room.changes":
            cursor = self.cursors[number]
            assert cursor < 0 or frame["after"] <= cursor, f"a gap: {frame['after']} after {cursor}"
            self.cursors[number] = max(cursor, frame["seq"])
