"""Limits of who may come in, by person and by address; limits of flow: test_limits.py."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from chat import limits
from chat.live import opening
from chat.models import Room
from chat.tests.live.conftest import PATIENCE, Tab, act, cookie_of
from chat.tests.live.marks import LIVE
from chatsite.testing.clock import Clock

pytestmark = LIVE

Tabs = Callable[..., Any]

OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


async def knock(
    tab: Tabs, person: User | str | None, *, client: str | None = None, forwarded: str | None = None
) -> Tab:
    """A socket before its first frame."""
    cookie = await act(cookie_of, person) if isinstance(person, User) else person
    made: Tab = await tab(None, cookie=cookie)
    if client is not None:
        made.wire.scope["client"] = [client, 50_000]
    if forwarded is not None:
        made.wire.scope["headers"].append((b"x-forwarded-for", forwarded.encode()))
    accepted, _protocol = await made.wire.connect(timeout=PATIENCE)
    assert accepted
    return made


async def enters(*args: Any, **kwargs: Any) -> Tab:
    made = await knock(*args, **kwargs)
    await made.expect("hello")
    return made


async def is_refused(*args: Any, **kwargs: Any) -> float:
    """Let in, told why not and how long to wait, closed: the seconds it was told."""
    made = await knock(*args, **kwargs)
    error = await made.next()
    assert (error["type"], error["code"], error["ref"]) == ("error", "rate_limited", None)
    assert await made.code() == 4429
    assert made.kept == []
    return float(error["retry_after"])


async def test_twenty_a_minute_and_person(tab: Tabs, alice: User, bob: User, limited: Clock) -> None:
    cookie = await act(cookie_of, alice)
    for _ in range(20):
        await (await enters(tab, cookie)).leave()
    assert await is_refused(tab, cookie) == 3.0
    assert await is_refused(tab, alice) == 3.0, "another session of hers"
    await (await enters(tab, bob)).leave()
    limited.now += 3
    await (await enters(tab, cookie)).leave()
    assert await is_refused(tab, cookie) == 3.0


async def test_who_does_not_wait_is_refused_without_a_look_into_the_database(
    tab: Tabs, alice: User, limited: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_handshakes", limits.Buckets(1, 0.1))
    cookie = await act(cookie_of, alice)
    await enters(tab, cookie)
    assert await is_refused(tab, cookie) == 10
    with monkeypatch.context() as no_database:
        no_database.setattr(opening, "read_welcome", lambda key: 1 / 0)
        limited.now += 4
        assert await is_refused(tab, cookie) == 6
    limited.now += 6
    await enters(tab, cookie)


async def test_nobody_is_refused_by_name_before_he_has_signed_in(tab: Tabs, limited: Clock) -> None:
    for _ in range(25):
        stranger = await knock(tab, "a" * 32)
        assert (await stranger.next())["code"] == "unauthenticated"
        assert await stranger.code() == 4401


async def test_twenty_sockets_a_person(tab: Tabs, alice: User, bob: User, limited: Clock) -> None:
    cookie = await act(cookie_of, alice)
    hers = [await enters(tab, cookie) for _ in range(20)]
    limited.now += 60
    assert await is_refused(tab, cookie) == limits.FULL_HOUSE_SECONDS
    await enters(tab, bob)
    assert (await hers[0].ask("ping"))["type"] == "pong"
    await hers[0].leave()
    await enters(tab, cookie)


async def test_sockets_of_an_address(
    tab: Tabs, alice: User, bob: User, limited: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS_SOCKETS = 3
    cookie = await act(cookie_of, alice)
    inside = [await enters(tab, cookie, client=OFFICE) for _ in range(3)]
    with monkeypatch.context() as no_database:
        no_database.setattr(opening, "read_welcome", lambda key: 1 / 0)
        assert await is_refused(tab, bob, client=OFFICE) == limits.FULL_HOUSE_SECONDS
        assert await is_refused(tab, None, client=f"::ffff:{OFFICE}") == limits.FULL_HOUSE_SECONDS
    await enters(tab, bob, client=ELSEWHERE)
    await inside[0].leave()
    await enters(tab, bob, client=OFFICE)
    await is_refused(tab, bob, client=OFFICE)


async def test_the_seats_of_the_refused_and_the_signed_out_are_given_back(
    tab: Tabs, limited: Clock, settings: Settings
) -> None:
    settings.ADDRESS_SOCKETS = 1
    for _ in range(3):
        stranger = await knock(tab, None, client=OFFICE)
        assert await stranger.code() == 4401
        await is_refused(tab, None, client=OFFICE)
        await stranger.leave()
    assert not limits._addresses._taken


async def test_an_ipv6_household_is_one_address(tab: Tabs, alice: User, limited: Clock, settings: Settings) -> None:
    settings.ADDRESS_SOCKETS = 1
    await enters(tab, alice, client="2001:db8:1:2::1")
    await is_refused(tab, alice, client="2001:db8:1:2:ffff::9")
    await enters(tab, alice, client="2001:db8:1:3::1")


async def test_this_machine_has_no_limit(tab: Tabs, alice: User, bob: User, limited: Clock, settings: Settings) -> None:
    settings.ADDRESS_SOCKETS = 1
    for client in ("127.0.0.1", "127.0.0.1", "::1", None):
        await enters(tab, alice, client=client)


async def test_forged_addresses_do_not_help(
    tab: Tabs, alice: User, bob: User, limited: Clock, settings: Settings
) -> None:
    settings.ADDRESS_SOCKETS = 1
    await enters(tab, alice, client=OFFICE, forwarded="192.0.2.1")
    await is_refused(tab, alice, client=OFFICE, forwarded="192.0.2.2")
    settings.TRUSTED_PROXIES = 1
    await enters(tab, bob, client="10.0.0.1", forwarded=f"192.0.2.3, {ELSEWHERE}")
    await is_refused(tab, bob, client="10.0.0.1", forwarded=f"192.0.2.4, {ELSEWHERE}")


async def test_benchmarks_have_no_limits(tab: Tabs, alice: User, room: Room, clock: Clock, settings: Settings) -> None:
    settings.POST_RATE, settings.ADDRESS_SOCKETS = None, 1
    cookie = await act(cookie_of, alice)
    tabs = [await enters(tab, cookie, client=OFFICE) for _ in range(25)]
    for _ in range(25):
        assert (await tabs[0].open(room))["type"] == "room.changes"
        assert (await tabs[0].post(room))["type"] == "ok"
