"""Answers that nobody takes: who only sends is not obeyed past the bound, is closed, and ends on every server."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.live import hub, socket, writer
from chat.live.frames import Frame
from chat.live.writer import QueuedWriter
from chat.models import Room
from chat.tests.live.conftest import Tab, cookie_of
from chat.tests.live.conftest import act as beside
from chat.tests.live.marks import LIVE
from chat.tests.live.test_slow import Pipe, piped

pytestmark = LIVE

Tabs = Callable[..., Any]

BOUND = 8_000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    monkeypatch.setattr(socket, "UNSENT_LIMIT", BOUND)
    monkeypatch.setattr(writer, "UNSENT_LIMIT", BOUND)
    monkeypatch.setattr(hub, "UNSENT_LIMIT", BOUND)


async def ask_much(tab: Tab, number: int) -> None:
    """In a room where nothing happens, so that nothing is ever pushed."""
    for one in range(number):
        await tab.say("ping", ref=f"{one} {'x' * 50}")


async def settled(pipe: Pipe) -> int:
    """How much lies unsent once it grows no more."""
    lies = -1
    while lies != pipe.unsent() or lies < BOUND:
        lies = pipe.unsent()
        await asyncio.sleep(0.2)
    return lies


async def test_no_more_is_answered_than_the_bound_until_it_is_taken(tab: Tabs, alice: User) -> None:
    hers, pipe = await piped(tab, alice)
    pipe.is_open = False
    await ask_much(hers, 400)
    assert await settled(pipe) < BOUND + 500
    pipe.is_open = True
    pipe.let_through()
    for one in range(400):
        assert (await hers.expect("pong"))["ref"].split()[0] == str(one)


async def test_who_takes_no_answers_is_closed_though_nothing_is_pushed(
    tab: Tabs, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "DRAIN_SECONDS", 0.3)
    hers, pipe = await piped(tab, alice)
    pipe.is_open = False
    await ask_much(hers, 400)
    assert await hers.code() == 4408


async def test_on_a_server_without_an_abort_the_application_ends(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn waits for ever for a peer that takes nothing, and tells of no disconnect."""
    monkeypatch.setattr(hub, "DRAIN_SECONDS", 0.3)
    monkeypatch.setattr(socket, "ABORT_SECONDS", 0.3)
    hers = Stuck(await beside(cookie_of, alice))
    await hers.connect()
    hers.is_stuck = True
    await ask_much(hers, 400)
    await asyncio.wait_for(asyncio.shield(hers.wire.future), 10)
    assert asyncio.get_running_loop() not in hub._hubs, "its hub has heard of it"


class Stuck(Tab):
    """A tab on a server whose `send` never returns once it is stuck."""

    is_stuck = False

    def __init__(self, cookie: str) -> None:
        super().__init__(cookie)
        application = self.wire.application

        async def held(scope: Any, receive: Any, send: Any) -> None:
            async def sending(event: dict[str, Any]) -> None:
                await (asyncio.Event().wait() if self.is_stuck else send(event))

            await application(scope, receive, sending)

        self.wire.application = held


async def test_a_close_where_nobody_is_any_more_says_nothing() -> None:
    async def send(event: dict[str, Any]) -> None:
        raise OSError("gone")

    queued = QueuedWriter(send, asyncio.Timeout(None))
    queued.write(Frame(b"1"))
    await queued.close(4401)
