"""The shared cache: a real Redis that is killed, frozen, full and emptied, and never a caller that fails or waits."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from chatsite import cache
from chatsite.cache import FallbackCache, line_to
from chatsite.testing.clock import Clock
from chatsite.testing.servers import Redis, free_port

pytestmark = [pytest.mark.redis]

QUARTER = cache.PATIENCE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(cache, "time", made)
    return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """On a machine with other work it may take longer than a caller would wait in earnest."""
    monkeypatch.setattr(cache, "PATIENCE", 10)
    with Redis() as running:
        yield running
        line_to(running.url).client.get_client().connection_pool.disconnect()


def answers_in(seconds: float, shared: FallbackCache, key: str) -> Any:
    began = time.perf_counter()
    found = shared.get(key, "nothing")
    assert time.perf_counter() - began < seconds
    return found


def test_everything_a_cache_can_do(server: Redis) -> None:
    one, other = FallbackCache(server.url, {}), FallbackCache(server.url, {})
    one.set("hits", [1763816400.25, 2], 60)
    assert other.get("hits") == [1763816400.25, 2]
    assert other.add("lock", True, 10)
    assert not one.add("lock", True, 10)
    assert one.delete("lock")
    assert one.get("lock") is None
    one.set("count", 1)
    assert (one.incr("count"), one.decr("count"), other.incr("count", 5)) == (2, 1, 6)
    with pytest.raises(ValueError, match="not found"):
        one.incr("none")
    one.set_many({"a": 1, "b": {"c": None}}, 60)
    assert other.get_many(["a", "b", "z"]) == {"a": 1, "b": {"c": None}}
    assert other.touch("a", 100)
    assert "b" in other
    one.delete_many(["a", "b"])
    assert "b" not in other
    assert one.get_or_set("late", 7) == 7
    assert line_to(server.url).client is one._shared._cache is other._shared._cache, "one pool for all threads"


def test_nothing_runs_because_somebody_can_write_to_redis(server: Redis) -> None:
    shared = FallbackCache(server.url, {})
    shared.set("here", 1)
    raw = redis.from_url(server.url)
    (key,) = raw.keys("chatrooms:*here")
    assert raw.get(key) == b"1"
    raw.set(key, b"cos\nsystem\n(S'true'\ntR.")
    assert shared.get("here", "nothing") == "nothing"
    raw.close()


def test_clearing_leaves_the_bell_alone(server: Redis) -> None:
    shared = FallbackCache(server.url, {})
    raw = redis.from_url(server.url)
    raw.set("asgi:group:room.7", "members")
    shared.set("mine", 1)
    shared.clear()
    assert raw.keys() == [b"asgi:group:room.7"]
    raw.close()


def test_killed_and_back(server: Redis, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    shared = FallbackCache(server.url, {})
    shared.set("there", 1)
    server.kill()
    assert answers_in(5, shared, "there") == "nothing"
    shared.set("meanwhile", 2)
    assert shared.get("meanwhile") == 2
    assert shared.add("lock", True)
    assert not shared.add("lock", True)
    server.start()
    assert shared.get("meanwhile") == 2, "it is left alone for a while"
    clock.now += cache.REST
    assert shared.get("meanwhile") is None
    shared.set("again", 3)
    assert redis.from_url(server.url).keys() == [b"chatrooms:1:again"]
    told = [record.getMessage() for record in caplog.records if record.name == "chatsite.cache"]
    assert len(told) == 2, "one line each way, however many callers"


def test_frozen_costs_one_caller_a_quarter_of_a_second(
    server: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PATIENCE", QUARTER)
    shared = FallbackCache(server.url, {})
    shared.set("there", 1)
    server.freeze()
    try:
        assert answers_in(5, shared, "there") == "nothing"
        began = time.perf_counter()
        for _ in range(20):
            assert shared.get("there", "nothing") == "nothing"
        assert time.perf_counter() - began < 2, "20 times a quarter would be five seconds"
        clock.now += cache.REST
        assert answers_in(5, shared, "there") == "nothing"
    finally:
        server.thaw()
    clock.now += cache.REST
    assert shared.get("there") == 1


def test_full_or_read_only_counts_as_away(server: Redis, clock: Clock) -> None:
    shared, raw = FallbackCache(server.url, {}), redis.from_url(server.url)
    raw.config_set("maxmemory", "1")
    raw.config_set("maxmemory-policy", "noeviction")
    shared.set("here", 1)
    assert shared.get("here") == 1
    raw.config_set("maxmemory", "0")
    clock.now += cache.REST
    shared.set("there", 1)
    assert raw.keys() == [b"chatrooms:1:there"]
    raw.close()


def test_never_there_at_all() -> None:
    shared = FallbackCache(f"redis://127.0.0.1:{free_port()}/0", {})
    assert answers_in(5, shared, "x") == "nothing"
    shared.set("x", [1])
    assert shared.get("x") == [1]
