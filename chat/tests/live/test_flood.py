"""One person floods a real server in every way the protocol knows; what others say arrives as before."""

import asyncio
import contextlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from chat.tests.browser.product import PASSWORD, Product

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROOM = "harbour"
SOCKETS, A_SECOND = 4, 150  # of the flood: together under what closes a socket
SAMPLES, AT_A_TIME = 40, 10
# The flood's own client takes its share of a machine with two cores; without limits p95 went from 12 to 92 ms.
MORE, TIMES = 0.05, 3
PATIENCE = 60.0  # seconds for an answer, on a machine with other work
# Other work on the machine spoils a round; a server that suffers suffers in all of them. Nobody takes part in two: what
# is left of a limit after a round would be another beginning.
ROUNDS = (("ada", "chiara"), ("dmitri", "fern"), ("elif", "goro"), ("hana", "jonas"), ("karim", "lena"))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[Product]:
    """Posts are limited as everywhere, but for a burst that lets the measured ones through."""
    made = Product(tmp_path_factory.mktemp("flood"), town, POST_RATE=f"{SAMPLES * 2 + 10},2")
    made.start()
    yield made
    made.stop()


def signed_in(product: Product, handle: str) -> tuple[dict[str, str], int, int]:
    """Her cookie, the room and a message in it."""
    jar = CookieJar()
    web = build_opener(HTTPCookieProcessor(jar))
    form = web.open(f"{product.url}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    fields = urlencode({"login": handle, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}).encode()
    web.open(Request(f"{product.url}/accounts/login/", fields, {"Referer": product.url}))  # noqa: S310 - our own server
    page = web.open(f"{product.url}/rooms/{ROOM}/").read().decode()
    room, message = (
        re.search(r'id="messages"[^>]*data-room-id="(\d+)"', page),
        re.search(r'data-message-id="(\d+)"', page),
    )
    assert room is not None
    assert message is not None
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    return {"Cookie": cookies}, int(room[1]), int(message[1])


class Talker:
    def __init__(self, product: Product, handle: str) -> None:
        self.product = product
        self.headers, self.room, self.message = signed_in(product, handle)

    def connect(self) -> Any:
        url = f"ws://localhost:{self.product.port}/ws/"
        options = {"additional_headers": self.headers, "max_size": None, "open_timeout": PATIENCE}
        return connect(url, origin=Origin(self.product.url), **options)

    def post(self, body: str) -> dict[str, Any]:
        return {"type": "message.post", "room": self.room, "client_id": str(uuid.uuid4()), "body": body}

    def everything(self) -> list[dict[str, Any]]:
        long = "*a [b](c) `d` " * 100
        return [
            self.post(long),
            {"type": "room.open", "room": self.room},
            {"type": "read.mark", "room": self.room, "message": self.message, "back": True},
            {"type": "message.edit", "message": self.message, "body": long},
            {"type": "typing", "room": self.room},
            {"type": "ping"},
        ]


class Flood:
    """Four sockets at a pace nobody closes them for, and handshakes as fast as they are answered; can be held."""

    def __init__(self, talker: Talker) -> None:
        self.talker = talker
        self.runs, self.is_ready = asyncio.Event(), asyncio.Barrier(SOCKETS + 1)
        self.codes: dict[str, int] = {}
        self.unanswered = 0  # of its pings, each the last of a round

    async def send(self) -> None:
        async with self.talker.connect() as wire, asyncio.TaskGroup() as both:
            assert '"hello"' in str(await wire.recv())
            await self.is_ready.wait()
            both.create_task(self._read(wire))
            while True:
                await self.runs.wait()
                self.unanswered += 1
                commands = self.talker.everything()
                for command in commands:
                    await wire.send(json.dumps(command))
                await asyncio.sleep(len(commands) / A_SECOND)

    async def knock(self) -> None:
        await self.is_ready.wait()
        while True:
            await self.runs.wait()
            with contextlib.suppress(ConnectionClosed):
                async with self.talker.connect() as wire:
                    self._note(await wire.recv())

    async def is_refused(self) -> None:
        """Waits until its bursts are spent."""
        async with asyncio.timeout(PATIENCE):
            while self.codes.get("rate_limited", 0) < 300:
                await asyncio.sleep(0.05)

    async def turn(self, *, on: bool) -> None:
        """Loud, or quiet once all that was sent is answered."""
        if on:
            self.runs.set()
            return await asyncio.sleep(0.1)
        self.runs.clear()
        async with asyncio.timeout(PATIENCE):
            while self.unanswered:
                await asyncio.sleep(0.02)

    async def _read(self, wire: ClientConnection) -> None:
        async for words in wire:
            self._note(words)

    def _note(self, words: str | bytes) -> None:
        head = str(words)[:60]
        self.unanswered -= '"pong"' in head
        if '"error"' in head:
            code = json.loads(words)["code"]
            self.codes[code] = self.codes.get(code, 0) + 1


class Watcher:
    """A reader who takes all that comes, and knows when."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.awaited = ""
        self.seen = asyncio.Event()

    async def read(self) -> None:
        async for words in self.wire:
            if self.awaited and self.awaited in str(words):
                self.seen.set()

    async def sees(self, sender: Talker, saying: ClientConnection) -> float:
        """Seconds from a post until it is here."""
        self.awaited, began = uuid.uuid4().hex, time.monotonic()
        self.seen.clear()
        await saying.send(json.dumps(sender.post(self.awaited)))
        async with asyncio.timeout(PATIENCE):
            await self.seen.wait()
        return time.monotonic() - began


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


async def compare(product: Product, poster: str, flooder: str) -> tuple[float, float, Flood]:
    """p95 without the flood and with it, taken in turns, so that other work on the machine hits both alike."""
    sender, reader, flood = Talker(product, poster), Talker(product, "bo"), Flood(Talker(product, flooder))
    quiet: list[float] = []
    loud: list[float] = []
    # Whatever of the flood ends by itself ends the round: nobody would wait for what it was to bring about.
    async with sender.connect() as saying, reader.connect() as reading, asyncio.TaskGroup() as others:
        watcher = Watcher(reading)
        await reading.send(json.dumps({"type": "room.open", "room": reader.room}))
        jobs = [watcher.read(), flood.knock(), *(flood.send() for _ in range(SOCKETS))]
        tasks = [others.create_task(job) for job in jobs]
        await flood.turn(on=True)
        await flood.is_refused()
        while len(loud) < SAMPLES:
            for on, took in ((False, quiet), (True, loud)):
                await flood.turn(on=on)
                took += [await watcher.sees(sender, saying) for _ in range(AT_A_TIME)]
        for task in tasks:
            task.cancel()
    return p95(quiet), p95(loud), flood


async def test_others_p95_is_unchanged(product: Product) -> None:
    found = []
    for poster, flooder in ROUNDS:
        quiet, loud, flood = await compare(product, poster, flooder)
        found.append(f"{quiet * 1000:.1f} ms quiet, {loud * 1000:.1f} ms under the flood, {flood.codes}")
        assert set(flood.codes) <= {"rate_limited", "forbidden"}, "the flood was refused for what it is"
        if loud <= max(TIMES * quiet, quiet + MORE):
            return
    raise AssertionError(found)
