"""The numbers say what happened: posts, deliveries, bells, lag, skips, closes, queues."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from chat import actions, metrics
from chat.live import doorbell, feed, gauges, hub
from chat.models import Message, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_slow import CLOGGING, clog, piped, say_much

pytestmark = LIVE

Tabs = Callable[..., Any]
Say = Callable[..., Message]


class Tally:
    """What has been counted since it was made."""

    def __init__(self) -> None:
        self.begun = metrics._cells.tolist()

    def __getitem__(self, number: metrics.Number) -> float:
        return number.value() - self.begun[number.place]

    def times(self, histogram: metrics.Histogram) -> float:
        place, width = histogram.place, len(metrics.SECONDS) + 1
        return histogram.count() - sum(self.begun[place : place + width])


@pytest.fixture
def tally() -> Tally:
    return Tally()


async def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "SECONDS", 0.02)


async def test_a_post_and_its_deliveries(tab: Tabs, alice: User, bob: User, mod: User, room: Room) -> None:
    hers, his, others = await tab(alice), await tab(bob), await tab(mod)
    await hers.open(room)
    await his.open(room)
    tally = Tally()
    client_id = str(uuid.uuid4())
    await hers.post(room, "Once", client_id=client_id)
    await his.message("Once")
    await hers.post(room, "Once", client_id=client_id)
    await hers.post(room, "")
    await others.expect("room.pulse")
    assert [tally[metrics.POSTS[name]] for name in ("new", "repeated", "refused")] == [1, 1, 1]
    assert tally[metrics.DELIVERIES] == 2  # the third has it not open
    assert tally[metrics.COMMANDS["ok"]] == 2
    assert tally[metrics.COMMANDS["refused"]] == tally[metrics.REFUSALS["invalid"]] == 1
    assert tally.times(metrics.COMMAND) == 3
    assert tally[metrics.FEED_READS["read"]] == tally.times(metrics.FEED_LAG) == 1
    assert tally.times(metrics.WRITE) == tally.times(metrics.LOCK) == 2  # a refusal before the lock takes none
    assert tally[metrics.BELLS_RUNG] == 1


async def test_what_a_reader_missed_is_delivered_too(tab: Tabs, say: Say, alice: User, room: Room) -> None:
    hers = await tab(alice)
    seq = (await hers.open(room))["seq"]
    await hers.ask("room.close", room=room.pk)
    tally = Tally()
    answer = await hers.open(room, after=seq + 1000)
    assert answer["type"] == "room.resync"
    assert tally[metrics.RESYNCS] == 1


async def test_a_bell_that_is_lost_and_healed(
    tab: Tabs, often: None, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    await hers.open(room)
    tally = Tally()
    monkeypatch.setattr(doorbell, "ring", lambda *event: None)
    await hers.post(room, "Unheard")
    await hers.message("Unheard")
    assert tally[metrics.BELLS_HEALED] == 1


async def test_bells_that_are_heard_heal_nothing(
    tab: Tabs, often: None, alice: User, bob: User, room: Room, say: Say
) -> None:
    hers = await tab(alice)
    await hers.open(room)
    for turn in range(3):  # a look that comes between a commit and its ring takes the ring for lost
        tally = Tally()
        for number in range(20):
            await act(say, bob, room, f"{turn}.{number}")
        await hers.message(f"{turn}.19")
        assert tally[metrics.BELLS_LOST] == 0
        if tally[metrics.BELLS_HEALED] == 0:
            break
    assert tally[metrics.BELLS_HEALED] == 0


async def test_a_reader_that_takes_nothing(
    tab: Tabs, say: Say, looked: None, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.live.socket.UNSENT_LIMIT", 8_000)
    monkeypatch.setattr("chat.live.writer.UNSENT_LIMIT", 8_000)
    monkeypatch.setattr(hub, "UNSENT_LIMIT", 8_000)
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    hers, pipe = await piped(tab, alice)
    await hers.open(room)
    tally = Tally()
    await clog(pipe, say, bob, room)
    await act(say_much, say, bob, room, 40, CLOGGING)
    await until(lambda: metrics.LAGGING.value() == 1)
    assert metrics.UNSENT.value() > 8_000
    assert tally[metrics.SKIPPED] == 1
    assert 0 < tally[metrics.DELIVERIES] < 40
    monkeypatch.setattr(hub, "DRAIN_SECONDS", 0.0)
    assert await hers.code() == 4408
    assert tally[metrics.CLOSED["4408"]] == 1
    await until(lambda: metrics.LAGGING.value() == 0)


async def test_how_full_it_is(
    tab: Tabs, looked: None, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally()
    first, second, his = await tab(alice), await tab(alice), await tab(bob)
    assert tally[metrics.OPENED] == 3
    await until(lambda: (metrics.SOCKETS.value(), metrics.PEOPLE.value()) == (3, 2))
    await until(lambda: metrics.ROOMS.value() == 1)
    held, at_work = threading.Event(), threading.Event()
    original = actions.post_messages

    def hold(**options: Any) -> Any:
        at_work.set()
        held.wait(PATIENCE)
        return original(**options)

    monkeypatch.setattr(actions, "post_messages", hold)
    asking = [asyncio.create_task(one.post(room, "Later")) for one in (first, his)]
    try:
        await until(lambda: at_work.is_set() and metrics.DEPTH["posts"].value() == 2)
        await until(lambda: metrics.DEPTH["commands"].value() == 1)  # both share the commit
    finally:
        held.set()
    await asyncio.gather(*asking)
    await until(lambda: metrics.DEPTH["posts"].value() == metrics.DEPTH["commands"].value() == 0)
    for one in (first, second, his):
        await one.leave()
    assert metrics.SOCKETS.value() == metrics.PEOPLE.value() == metrics.ROOMS.value() == 0


async def test_a_database_that_fails_and_comes_back(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    await hers.open(room)
    tally, original = Tally(), feed.read_chapter
    failed: list[int] = []

    def fail_twice(*arguments: Any) -> Any:
        if len(failed) < 2:
            failed.append(1)
            raise OperationalError("gone")
        return original(*arguments)

    monkeypatch.setattr(feed, "read_chapter", fail_twice)
    await hers.post(room, "Through it all")
    await hers.message("Through it all")
    assert tally[metrics.FEED_READS["failed"]] == 2
    assert tally[metrics.FEED_READS["read"]] == 1
    assert tally.times(metrics.WORKED["reads"]) >= 3
    assert tally.times(metrics.QUEUED["reads"]) == tally.times(metrics.WORKED["reads"])


async def test_a_loop_that_is_held_up_is_seen(
    tab: Tabs, looked: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tab(alice)
    seen: list[float] = []
    monkeypatch.setattr(metrics.Number, "set", watching(seen))
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # as a mistake of ours would
    await until(lambda: max(seen, default=0) > 0.2)


def watching(seen: list[float]) -> Callable[[metrics.Number, float], None]:
    original = metrics.Number.set

    def put(number: metrics.Number, value: float) -> None:
        if number is metrics.LOOP:
            seen.append(value)
        original(number, value)

    return put
