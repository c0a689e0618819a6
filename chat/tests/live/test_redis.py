"""The bell on a real Redis that is stopped, restarted, flushed, full and frozen under an open room."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from channels.layers import channel_layers, get_channel_layer
from redis.exceptions import RedisError

from accounts.models import User
from chat.live import doorbell, hub
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until
from chatsite.layer import Layer
from chatsite.testing.quickest import takes_less_than
from chatsite.testing.servers import Missing, Redis

pytestmark = [*LIVE, pytest.mark.redis, pytest.mark.slow]

Tabs = Callable[..., Any]
Say = Callable[..., Message]
Post = Callable[[str], Any]

HEALED = 5.0  # seconds: the promise


@pytest.fixture
def redis() -> Iterator[Redis]:
    """One of its own, since it is about to suffer; the hub of the test is on it.

    What others are to be heard of is fixed here too: `other` comes before `post_elsewhere` in a test's list.
    """
    before = get_channel_layer()
    try:
        server = Redis().start()
    except Missing as missing:
        pytest.skip(str(missing))
    channel_layers.backends["default"] = Layer([server.url])
    yield server
    channel_layers.backends["default"] = before
    server.close()


@pytest.fixture
def other(redis: Redis) -> Iterator[Redis]:
    """A second one, to which half of the rooms go."""
    with Redis() as server:
        channel_layers.backends["default"] = Layer([redis.url, server.url])
        yield server


@pytest.fixture
async def post_elsewhere(
    redis: Redis, alice: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Post]:
    """Posts as another process does: into the same database, with a ring that only Redis can carry here."""
    monkeypatch.setattr(doorbell, "ring", lambda *event: None)
    theirs = Layer(get_channel_layer()._urls)

    async def post(body: str) -> None:
        message = await act(say, alice, room, body)
        event = {"type": "room.changed", "room": room.pk, "seq": message.seq, "kind": "message"}
        with contextlib.suppress(RedisError, OSError, TimeoutError):  # as long as it is away
            async with asyncio.timeout(1):
                await theirs.group_send(doorbell.room_group(room.pk), event)

    yield post
    await theirs.flush()


async def test_a_ring_travels_through_redis(
    tab: Tabs, post_elsewhere: Post, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POSITION_SECONDS", 60)
    his = await tab(bob)
    await his.open(room)
    await until(lambda: hub.current().ear.hears)
    await asyncio.sleep(0.2)
    await post_elsewhere("Through Redis")
    await his.message("Through Redis")


async def test_stopped_and_restarted(
    tab: Tabs, redis: Redis, post_elsewhere: Post, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    his = await tab(bob)
    await his.open(room)
    await until(lambda: hub.current().ear.hears)
    redis.kill()
    await post_elsewhere("While it is down")
    await his.message("While it is down", HEALED)
    assert (await his.open(room))["type"] == "room.changes"
    await until(lambda: not hub.current().ear.hears)
    await act(redis.start)
    await post_elsewhere("The first after its restart")
    await his.message("The first after its restart", HEALED)
    await until(lambda: hub.current().ear.hears)
    monkeypatch.setattr(hub, "POSITION_SECONDS", 60)
    await asyncio.sleep(2.2)  # the comparison that was under way is over: from here on only the bell can tell
    await post_elsewhere("By the bell again")
    await his.message("By the bell again")


async def test_flushed_and_full(
    tab: Tabs, redis: Redis, post_elsewhere: Post, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bell needs no room in it: what is rung is kept nowhere."""
    monkeypatch.setattr(hub, "POSITION_SECONDS", 60)
    his = await tab(bob)
    await his.open(room)
    await until(lambda: hub.current().ear.hears)
    await asyncio.sleep(0.2)
    await act(flush_and_fill, redis)
    await post_elsewhere("Forgotten and full")
    await his.message("Forgotten and full")
    assert hub.current().ear.hears


@pytest.mark.parametrize("number", [0, 1])
async def test_one_of_two_servers_is_away(
    tab: Tabs, redis: Redis, other: Redis, post_elsewhere: Post, bob: User, room: Room, number: int
) -> None:
    """Whether the room's rings travel over it or over the other."""
    his = await tab(bob)
    await his.open(room)
    await until(lambda: hub.current().ear.hears)
    away = (redis, other)[number]
    away.kill()
    await post_elsewhere("While it is away")
    await his.message("While it is away", HEALED)
    await until(lambda: not hub.current().ear.hears)
    await act(away.start)
    await until(lambda: hub.current().ear.hears)
    await post_elsewhere("Together again")
    await his.message("Together again", HEALED)


async def test_frozen(tab: Tabs, redis: Redis, post_elsewhere: Post, alice: User, bob: User, room: Room) -> None:
    his = await tab(bob)
    await his.open(room)
    await until(lambda: hub.current().ear.hears)

    async def works() -> None:
        hers = await tab(alice)
        await hers.open(room)
        assert (await hers.post(room, "Not held up"))["type"] == "ok"

    redis.freeze()
    try:
        await takes_less_than(1.5, works)
        await his.message("Not held up", HEALED)
    finally:
        redis.thaw()
    await until(lambda: hub.current().ear.hears)


async def test_missing_from_the_start(
    tab: Tabs, redis: Redis, post_elsewhere: Post, alice: User, bob: User, room: Room
) -> None:
    redis.kill()
    his = await tab(bob)

    async def opens() -> None:
        assert (await his.open(room))["type"] == "room.changes"

    await takes_less_than(1, opens)
    await post_elsewhere("Without")
    await his.message("Without", HEALED)
    await act(redis.start)
    await until(lambda: hub.current().ear.hears)


def flush_and_fill(redis: Redis) -> None:
    from redis import Redis as Client

    with Client.from_url(redis.url) as client:
        client.flushall()
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
