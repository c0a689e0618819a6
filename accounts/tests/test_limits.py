"""Guessing passwords: counted by address and by account, over the shared cache, and never stopped by a dead one."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chatsite.testing import PASSWORD
from chatsite.testing.servers import Redis, free_port

pytestmark = pytest.mark.django_db

OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def sign_in(login: str, password: str = PASSWORD, **more: Any) -> Client:
    client = Client(**{"REMOTE_ADDR": OFFICE, **more})
    client.post("/accounts/login/", {"login": login, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def over(settings: Settings, url: str) -> None:
    """From now on the cache is the Redis at this address."""
    settings.CACHES = {"default": {"BACKEND": "chatsite.cache.FallbackCache", "LOCATION": url}}
    caches["default"].clear()


@pytest.fixture
def frozen() -> Iterator[str]:
    with Redis() as server:
        server.freeze()
        yield server.url
        server.thaw()


def test_one_account_from_many_addresses(in_use: None, ada: User, make_person: Callable[..., User]) -> None:
    make_person("bob")
    for number in range(5):
        sign_in("ada", "wrong", REMOTE_ADDR=f"203.0.113.{number}")
    assert not is_in(sign_in("ada", REMOTE_ADDR=ELSEWHERE))
    assert is_in(sign_in("bob", REMOTE_ADDR=ELSEWHERE))


@pytest.mark.parametrize("host", ["testserver:{}", "TESTSERVER:{}", "testserver.:{}"])
def test_another_port_or_spelling_of_the_host_is_no_fresh_start(
    host: str, in_use: None, ada: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    for number in range(5):
        sign_in("ada", "wrong", HTTP_HOST=host.format(8000 + number), REMOTE_ADDR=f"203.0.113.{number}")
    assert not is_in(sign_in("ada", HTTP_HOST=host.format(9000), REMOTE_ADDR=ELSEWHERE))


@pytest.mark.parametrize("login", ["ADA", " ada ", "Ada"])
def test_another_spelling_of_the_login_is_no_fresh_start(login: str, in_use: None, ada: User) -> None:
    for number in range(5):
        sign_in(login, "wrong", REMOTE_ADDR=f"203.0.113.{number}")
    assert not is_in(sign_in("ada", REMOTE_ADDR=ELSEWHERE))


def test_one_address_and_many_accounts(in_use: None, ada: User) -> None:
    for number in range(10):
        sign_in(f"guess-{number}", "wrong")
    assert not is_in(sign_in("ada"))
    assert is_in(sign_in("ada", REMOTE_ADDR=ELSEWHERE))


def test_one_household_of_ipv6_is_one_address(in_use: None, ada: User) -> None:
    for number in range(10):
        sign_in(f"guess-{number}", "wrong", REMOTE_ADDR=f"2001:db8:1:2::{number}")
    assert not is_in(sign_in("ada", REMOTE_ADDR="2001:db8:1:2:ffff::1"))
    assert is_in(sign_in("ada", REMOTE_ADDR="2001:db8:1:3::1"))


def test_behind_a_proxy_each_client_counts_for_himself(in_use: None, ada: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(10):
        forged = f"192.0.2.{number}, {OFFICE}"
        sign_in(f"guess-{number}", "wrong", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forged)
    assert not is_in(sign_in("ada", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.99, {OFFICE}"))
    assert is_in(sign_in("ada", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=ELSEWHERE))


@pytest.mark.parametrize("forwarded", ["", "unknown", "a, b", "10.0.0.9"])
def test_a_header_that_is_too_short_or_no_address_stops_nobody(
    forwarded: str, in_use: None, ada: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 3
    assert is_in(sign_in("ada", HTTP_X_FORWARDED_FOR=forwarded))


def test_behind_a_unix_socket_people_sign_in(in_use: None, ada: User) -> None:
    assert is_in(sign_in("ada", REMOTE_ADDR=""))


def test_a_cache_that_is_not_there_counts_in_this_process(in_use: None, ada: User, settings: Settings) -> None:
    over(settings, f"redis://127.0.0.1:{free_port()}/0")
    assert is_in(sign_in("ada"))
    for _attempt in range(5):
        sign_in("ada", "wrong")
    assert not is_in(sign_in("ada"))


@pytest.mark.redis
def test_a_hung_cache_stops_nobody(in_use: None, ada: User, settings: Settings, frozen: str) -> None:
    over(settings, frozen)
    began = time.monotonic()
    assert is_in(sign_in("ada"))
    assert time.monotonic() - began < 15


@pytest.mark.redis
def test_a_full_cache_stops_who_guesses_and_nobody_else(in_use: None, ada: User, settings: Settings) -> None:
    with Redis() as server:
        over(settings, server.url)
        redis = cache._line.client.get_client()
        redis.config_set("maxmemory-policy", "noeviction")
        redis.config_set("maxmemory", "1")
        assert is_in(sign_in("ada"))
        for _attempt in range(5):
            sign_in("ada", "wrong")
        assert not is_in(sign_in("ada"))
        assert redis.keys() == [], "the premise: nothing could be kept there"
        redis.connection_pool.disconnect()


@pytest.mark.redis
def test_all_processes_count_together(
    in_use: None, ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatsite.cache.PATIENCE", 10)  # of a machine that runs other tests beside
    with Redis() as server:
        over(settings, server.url)
        for _attempt in range(5):
            sign_in("ada", "wrong")
        assert cache._own._cache == {}, "the premise: nothing of it is in this process"
        assert not is_in(sign_in("ada"))
        over(settings, server.url)
        assert is_in(sign_in("ada"))
        cache._line.client.get_client().connection_pool.disconnect()
