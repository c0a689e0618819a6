"""What one socket may cost the others, on our Daphne and on uvicorn by plain `send`: memory and time."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from chat.tests.live.bounds.clocks import MINUTE, SLOW, SLOW_SECONDS
from chat.tests.live.bounds.lines import Line, Lives, NeverReads, OnlySends, Trickles
from chat.tests.live.bounds.readers import Reader, answered, ask, open_room, say_all, warm_up
from chat.tests.live.bounds.servers import MIB, OnDaphne, OnUvicorn, peak
from chat.tests.live.test_flood import Talker
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.slow]

KINDS, EACH = (NeverReads, Trickles, OnlySends), 4
COST = 2 * MIB  # the most of the server's memory that one may take
WARM, OFFERED = 100, 350  # messages of 11 KB on the wire; so few that nobody is told to load anew
AT_ONCE = 0.25  # seconds: seven of these are still less than a slow query


@pytest.fixture(scope="module", params=[OnDaphne, OnUvicorn], ids=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[OnDaphne]:
    settings = {"DJANGO_SETTINGS_MODULE": "chat.tests.live.bounds.settings"}
    made: OnDaphne = request.param(tmp_path_factory.mktemp("bounds"), town, **settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module", autouse=True)
def idle(server: OnDaphne) -> Iterator[tuple[Line, float]]:
    """A window left open, from before anything else happens; when that was."""
    line = Idle(Talker(server, "fern"))
    with Lives([line]):
        yield line, time.monotonic()
    line.leave()


class Idle(Line):
    """Answers pings, as a browser does by itself, and does nothing else."""

    def live(self) -> None:
        self.answer_pings()


@contextlib.asynccontextmanager
async def two_people(server: OnDaphne) -> AsyncIterator[tuple[Talker, ClientConnection, Reader]]:
    """Ada, who talks over her socket, and a reader who has the room open."""
    ada, bo = Talker(server, "ada"), Talker(server, "bo")
    async with ada.connect() as saying, bo.connect() as reading:
        await open_room(bo, reading)
        await answered(reading)
        reader = Reader(reading)
        listening = asyncio.ensure_future(reader.read())
        try:
            yield ada, saying, reader
        finally:
            listening.cancel()
            saying.transport.abort()  # nobody reads its answers any more, so a goodbye would wait behind them


def long(number: int) -> str:
    return f"{number} " + "some words " * 440


async def test_who_takes_nothing_costs_little_and_is_closed(server: OnDaphne) -> None:
    slow = partial(server.counted, 'sockets_closed_total{code="4408"')
    async with two_people(server) as (ada, saying, reader):
        await say_all(ada, saying, [long(number) for number in range(WARM)])
        since = reader.seq - WARM
        await warm_up(Talker(server, "elif"), since)
        quiet = [await reader.sees(ada, saying) for _ in range(20)]
        lines = [kind(talker) for kind, talker in talkers_of(server) for _ in range(EACH)]
        before = server.memory()
        with Lives(lines), peak(server) as most:
            for line in lines:
                line.start(since)
            await say_all(ada, saying, [long(number) for number in range(OFFERED)])
            loud = [await reader.sees(ada, saying) for _ in range(20)]
            await asyncio.to_thread(wait_until, lambda: slow() >= len(lines))
        with ThreadPoolExecutor(len(lines)) as all_at_once:
            codes = list(all_at_once.map(Line.closed, lines))
    for line in lines:
        line.leave()
    assert codes == [4408] * len(lines)
    assert most[0] - before <= COST * len(lines)
    assert max(len(line.heard) for line in lines) <= COST, "what lay there for one, in the process and in the kernel"
    assert statistics.median(loud) <= 3 * statistics.median(quiet) + 0.05
    assert [body for body in reader.bodies if " " in body] == [long(one) for one in (*range(WARM), *range(OFFERED))]


def talkers_of(server: OnDaphne) -> list[tuple[Any, Talker]]:
    """Each kind has a person of its own, since frames are counted for a person."""
    people = [Talker(server, handle) for handle in ("chiara", "dmitri", "elif")]
    return list(zip(KINDS, people, strict=True))


async def test_slow_queries_of_some_sockets_are_not_waited_for_by_others(server: OnDaphne) -> None:
    chiara = Talker(server, "chiara")
    async with two_people(server) as (ada, saying, reader), chiara.connect() as opening, chiara.connect() as editing:
        for _ in range(3):
            began = time.monotonic()
            await open_room(chiara, opening, after=0, epoch=SLOW)
            await ask(editing, "message.edit", message=chiara.message, body=SLOW)
            took = [await reader.sees(ada, saying) for _ in range(7)]
            is_meanwhile = time.monotonic() - began < SLOW_SECONDS
            for wire in (opening, editing):
                await answered(wire)
                assert time.monotonic() - began >= SLOW_SECONDS, "the premise: it is slow"
            if is_meanwhile and statistics.median(took) < AT_ONCE and max(took) < SLOW_SECONDS / 2:
                return
    raise AssertionError(took)


async def test_an_idle_socket_stays_open_for_ten_minutes(server: OnDaphne, idle: tuple[Line, float]) -> None:
    """By clocks that run sixty times as fast."""
    line, since = idle
    await asyncio.sleep(max(0.0, since + 10 * MINUTE - time.monotonic()))
    assert line.pings >= 3, "the premise: the server asks whether one is there, every 2 s at the most"
    async with two_people(server) as (ada, saying, reader):
        line.open(ref="opened")
        assert await asyncio.to_thread(wait_until, lambda: b'"opened"' in line.heard)
        await reader.sees(ada, saying)
        assert await asyncio.to_thread(wait_until, lambda: reader.awaited.encode() in line.heard)
