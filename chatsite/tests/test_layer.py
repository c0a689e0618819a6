"""The bell between processes: on one server, and on several that die, hang and come back; by TLS; with few rights."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from channels_redis.utils import _consistent_hash

from chatsite import layer
from chatsite.cache import PREFIX, Line, Shared
from chatsite.layer import Layer
from chatsite.testing.front import make_certificate
from chatsite.testing.proxy import Proxy
from chatsite.testing.servers import Redis

pytestmark = [pytest.mark.redis]

PATIENCE = 20.0
SOON = 0.4  # what does not come in this time does not come
RIGHTS = (
    "&chatrooms.* ~chatrooms:* -@all +hello +auth +select +ping +client|setinfo +publish +subscribe +unsubscribe "
    "+@string +del +exists +expire +persist +scan +multi +exec"
)

Message = dict[str, Any]


@pytest.fixture
def servers() -> Iterator[list[Redis]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Redis()) for _ in range(2)]


@pytest.fixture
def server() -> Iterator[Redis]:
    with Redis() as running:
        yield running


class Ears:
    """One process's end of the layer: one channel, and what came to it."""

    def __init__(self, *urls: str) -> None:
        self.layer = Layer(urls)
        self.heard: list[Message] = []

    async def __aenter__(self) -> "Ears":
        self.channel = await self.layer.new_channel()
        self.task = asyncio.create_task(self._hear())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.layer.flush()

    async def _hear(self) -> None:
        while True:
            self.heard.append(await self.layer.receive(self.channel))

    async def join(self, *groups: str) -> None:
        for group in groups:
            await self.layer.group_add(group, self.channel)

    async def echoes(self) -> bool:
        """Whether what it tells itself comes back soon."""
        words = {"type": "echo", "number": time.monotonic()}
        with contextlib.suppress(redis.RedisError, OSError, TimeoutError):
            async with asyncio.timeout(SOON):
                await self.layer.send(self.channel, words)
                while words not in self.heard:
                    await asyncio.sleep(0.01)
                return True
        return False

    async def rings(self, group: str, other: "Ears | None" = None) -> bool:
        """Whether a ring from elsewhere comes soon."""
        words = {"type": "room.changed", "number": time.monotonic()}
        with contextlib.suppress(redis.RedisError, OSError, TimeoutError):
            async with asyncio.timeout(SOON):
                await (other or self).layer.group_send(group, words)
                while words not in self.heard:
                    await asyncio.sleep(0.01)
                return True
        return False


@pytest.fixture
async def both(servers: list[Redis]) -> AsyncIterator[tuple[Ears, Ears]]:
    """Two processes, on both servers."""
    urls = [server.url for server in servers]
    async with Ears(*urls) as one, Ears(*urls) as other:
        yield one, other


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await true():
            await asyncio.sleep(0.02)


def group_on(number: int) -> str:
    """A room whose rings travel over this one of two servers."""
    groups = (f"room.{room}" for room in range(100))
    return next(group for group in groups if _consistent_hash(f"chatrooms.0.__group__{group}", 2) == number)


async def test_rooms_are_spread_over_the_servers(servers: list[Redis], both: tuple[Ears, Ears]) -> None:
    one, other = both
    groups = [group_on(0), group_on(1)]
    await one.join(*groups)
    for number, group in enumerate(groups):
        await until(lambda group=group: one.rings(group, other))
        with redis.from_url(servers[number].url) as asked:
            assert f"chatrooms.0.__group__{group}".encode() in asked.pubsub_channels()
        with redis.from_url(servers[1 - number].url) as asked:
            assert f"chatrooms.0.__group__{group}".encode() not in asked.pubsub_channels()
    await one.layer.group_discard(groups[0], one.channel)
    assert not await one.rings(groups[0], other)


@pytest.mark.slow
@pytest.mark.parametrize(("leave", "come_back"), [("kill", "start"), ("freeze", "thaw")])
async def test_one_of_two_is_away(servers: list[Redis], both: tuple[Ears, Ears], leave: str, come_back: str) -> None:
    """Its rooms are silent, and the echo tells; those of the other ring as ever, those joined meanwhile included."""
    one, other = both
    dead, alive = group_on(0), group_on(1)
    await one.join(dead, alive)
    await until(lambda: one.rings(dead, other))
    await until(one.echoes)
    getattr(servers[0], leave)()
    try:
        assert not await one.echoes()
        assert not await one.rings(dead, other)
        await until(lambda: one.rings(alive, other))
        await other.join(alive)
        await until(lambda: other.rings(alive, one))
    finally:
        getattr(servers[0], come_back)()
    await until(one.echoes)
    await until(lambda: one.rings(dead, other))


async def test_one_of_two_takes_rings_and_brings_none(
    servers: list[Redis], both: tuple[Ears, Ears], caplog: pytest.LogCaptureFixture
) -> None:
    """The echo of the other proves nothing for it; and each process says once that it is deaf."""
    one, _other = both
    await until(one.echoes)
    ends = one.layer._get_layer()
    ends._hear(ends._shards[0], one.channel, b"an echo that the other has not brought")
    with redis.from_url(servers[0].url) as admin:
        admin.execute_command("ACL", "SETUSER", "default", "-subscribe")
        admin.client_kill_filter(_type="pubsub")
        await asyncio.sleep(3 * layer.RETRY_SECONDS)
        assert not await one.echoes()
        admin.execute_command("ACL", "SETUSER", "default", "+subscribe")
    await until(one.echoes)
    assert len([record for record in caplog.records if record.name == layer.__name__]) <= 4


async def test_a_line_on_which_nothing_arrives_is_given_up(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its other end is gone, and nobody says so."""
    monkeypatch.setattr(layer, "SILENCE", 0.3)
    with Proxy(server.port) as proxy:
        async with Ears(f"redis://127.0.0.1:{proxy.port}/0") as one:
            await one.join("room.7")
            await until(lambda: one.rings("room.7"))
            proxy.swallow()
            before = proxy.accepted
            await until(lambda: _is(proxy.accepted > before))
            proxy.fair()
            await until(lambda: one.rings("room.7"))


async def _is(true: bool) -> bool:
    return true


async def test_flushed_and_full_it_rings_on(server: Redis) -> None:
    async with Ears(server.url) as one, Ears(server.url) as other:
        await one.join("room.7")
        await until(lambda: one.rings("room.7", other))
        with redis.from_url(server.url) as admin:
            admin.flushall()
            admin.config_set("maxmemory-policy", "noeviction")
            admin.config_set("maxmemory", "1")
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                admin.set("premise", 1)
        await until(lambda: one.rings("room.7", other))
        await until(one.echoes)


async def test_sites_on_one_server_are_told_apart_by_its_databases(server: Redis) -> None:
    async with Ears(server.url) as ours, Ears(server.url.replace("/0", "/1")) as theirs:
        await ours.join("room.7")
        await theirs.join("room.7")
        await until(lambda: theirs.rings("room.7"))
        await until(lambda: ours.rings("room.7"))
        assert not await ours.rings("room.7", theirs)


async def test_many_rings_at_once_wait_their_turn(server: Redis) -> None:
    """A thousand people whose rights changed: redis-py's own pools would fail past 100."""
    async with Ears(server.url) as one:
        await one.join("people")
        await until(lambda: one.rings("people"))
        before = len(one.heard)
        every = [{"type": "person.changed", "user": number} for number in range(1000)]
        await asyncio.gather(*(one.layer.group_send("people", event) for event in every))
        await until(lambda: _is(len(one.heard) >= before + 1000))
        assert sorted(event["user"] for event in one.heard[before:]) == list(range(1000))
        with redis.from_url(server.url) as asked:
            assert len(asked.client_list()) <= layer.CONNECTIONS + 1


async def test_who_hears_no_more_is_forgotten(server: Redis) -> None:
    async with Ears(server.url) as one:
        await one.join("room.7")
        await until(lambda: one.rings("room.7"))
        one.task.cancel()
        with redis.from_url(server.url) as asked:
            await until(lambda: _is(not asked.pubsub_channels()))


async def test_by_a_name_and_a_password_that_may_nothing_else(server: Redis) -> None:
    """The rights are those of docs/operations.md; the cache lives under the same name."""
    assert RIGHTS in (Path(__file__).parents[2] / "docs/operations.md").read_text()
    with redis.from_url(server.url) as admin:
        admin.execute_command("ACL", "SETUSER", "chat", "on", ">a,b/c", *RIGHTS.split())
        admin.execute_command("ACL", "SETUSER", "default", "off")
    place = urlsplit(server.url).netloc
    with redis.from_url(f"redis://chat:a%2Cb%2Fc@{place}/0") as mine, pytest.raises(redis.exceptions.NoPermissionError):
        mine.config_get("maxmemory")
    async with Ears(f"redis://chat:a%2Cb%2Fc@{place}/0") as one, Ears(f"redis://chat:wrong@{place}/0") as stranger:
        await one.join("room.7")
        await stranger.join("room.7")
        await until(lambda: one.rings("room.7"))
        assert not await one.rings("room.7", stranger)
        assert not stranger.heard
    await asyncio.to_thread(use, Shared(Line(f"redis://chat:a%2Cb%2Fc@{place}/0"), {"KEY_PREFIX": PREFIX}))


def use(cache: Shared) -> None:
    """All that a cache can do; raises RedisError."""
    cache.set_many({"one": 1, "two": [2]}, 60)
    assert cache.add("three", 3, 60)
    assert cache.get_many(["one", "two", "three"]) == {"one": 1, "two": [2], "three": 3}
    assert cache.incr("one") == 2
    assert all([cache.touch("one", 90), cache.has_key("one"), cache.delete("two")])
    cache.clear()
    assert cache.get("one") is None
    cache._cache.get_client(None, write=True).connection_pool.disconnect()


async def test_by_tls(server: Redis, tmp_path: Path) -> None:
    """Only with a certificate that is believed, unless somebody wants it otherwise."""
    make_certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    believed = f"ssl_ca_certs={tmp_path}/fullchain.pem"
    with Proxy(server.port, tls) as secure:
        async with Ears(f"rediss://localhost:{secure.port}/0?{believed}") as one:
            await one.join("room.7")
            await until(lambda: one.rings("room.7"))
            async with Ears(f"rediss://localhost:{secure.port}/0") as other:
                with pytest.raises(redis.ConnectionError, match="certificate"):
                    await other.layer.group_send("room.7", {"type": "room.changed"})
            async with Ears(f"rediss://localhost:{secure.port}/0?ssl_cert_reqs=none") as careless:
                await until(lambda: one.rings("room.7", careless))
