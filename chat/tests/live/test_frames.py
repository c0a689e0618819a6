"""Frames that must not hurt: a clear code, no state change, the socket stays open, nobody else is affected."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from chat import actions, limits
from chat.models import Message, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_protocol import MALFORMED, POST, WRONG

pytestmark = LIVE

Tabs = Callable[..., Any]


async def send_text(tab: Any, text: str) -> None:
    await tab.wire.send_input({"type": "websocket.receive", "text": text})


async def test_malformed_frames_are_answered_and_the_tenth_closes(tab: Tabs, alice: User, room: Room) -> None:
    hers = await tab(alice)
    texts = [text for text in MALFORMED.values() if text][:9]
    for text in texts:
        await send_text(hers, text)
        assert (await hers.expect("error"))["code"] == "invalid"
    assert (await hers.open(room))["type"] == "room.changes"
    await hers.wire.send_input({"type": "websocket.receive", "bytes": b'{"type":"ping"}'})
    assert (await hers.expect("error"))["code"] == "invalid"
    assert await hers.code() == 4400


async def test_wrong_fields_are_answered_for_ever(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    await his.open(room)
    change: dict[str, Any]
    for change in WRONG.values():  # type: ignore[assignment]
        await send_text(hers, json.dumps({**POST, "room": room.pk, "ref": "r1", **change}))
        assert (await hers.expect("error"))["code"] == "invalid"
    assert await act(Message.objects.filter(room=room).count) == 0
    await his.nothing("room.changes")
    assert (await hers.post(room))["type"] == "ok"


@pytest.mark.parametrize(
    ("body", "code"), [("", "invalid"), (" \n\t", "invalid"), ("a\0b", "invalid"), ("x" * 5001, "too_large")]
)
async def test_bodies_that_are_refused(tab: Tabs, alice: User, room: Room, body: str, code: str) -> None:
    hers = await tab(alice)
    assert (await hers.post(room, body))["code"] == code
    assert (await hers.post(room, "x" * 5000))["type"] == "ok"  # at the limit


async def test_extra_fields_change_nothing(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers = await tab(alice)
    answer = await hers.post(room, "Mine", author=bob.pk, seq=1, is_staff=True, created_at="2001-01-01")
    stored = await act(Message.objects.get, pk=answer["message"])
    assert (stored.author_id, stored.seq) == (alice.pk, room.seq + 1)


@pytest.mark.parametrize("error", [OperationalError("database is locked"), RuntimeError("a bug"), RecursionError()])
async def test_an_exception_leaves_the_socket_open(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(**_command: Any) -> None:
        raise error

    hers = await tab(alice)
    with monkeypatch.context() as broken:
        broken.setattr(actions, "post_messages", fail)
        answer = await hers.post(room)
    assert (answer["code"], answer["retry_after"]) == ("unavailable", 1)
    assert str(error) not in answer["detail"] or not str(error)
    assert (await hers.post(room))["type"] == "ok"


async def test_a_failing_open_leaves_the_room_closed_and_can_be_repeated(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    with monkeypatch.context() as broken:
        broken.setattr("chat.changes.open_room", lambda *args, **kwargs: 1 / 0)
        assert (await hers.open(room))["code"] == "unavailable"
    await hers.post(room, "Not open")
    await hers.nothing("room.changes")
    assert (await hers.open(room))["type"] == "room.changes"
    await hers.post(room, "Open")
    await hers.message("Open")


async def test_a_greeting_that_fails_says_so(tab: Tabs, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = await act(_cookie, alice)
    with monkeypatch.context() as broken:
        broken.setattr("accounts.sessions.signed_in", lambda key: 1 / 0)
        hers = await tab(None, cookie=cookie)
        accepted, _subprotocol = await hers.wire.connect(timeout=PATIENCE)
        assert accepted
        assert (await hers.next())["code"] == "unavailable"
        assert await hers.code() == 1013


def _cookie(person: User) -> str:
    from chat.tests.live.conftest import cookie_of

    return cookie_of(person)


async def test_a_flood_of_pings_is_answered_in_order(tab: Tabs, alice: User) -> None:
    hers = await tab(alice)
    for number in range(500):
        await hers.say("ping", ref=str(number))
    assert [(await hers.expect("pong"))["ref"] for _ in range(500)] == [str(number) for number in range(500)]


async def test_a_flood_is_cut(tab: Tabs, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.limits._frames", limits.Buckets(20, 0.001))
    hers, his = await tab(alice), await tab(bob)
    for number in range(30):
        await hers.say("ping", ref=str(number))
    assert await hers.code() == 4429
    assert len([frame for frame in hers.kept if frame["type"] == "pong"]) == 20
    assert (await his.ask("ping"))["type"] == "pong"


async def test_another_address_is_refused(tab: Tabs, alice: User) -> None:
    hers = await tab(None, cookie=await act(_cookie, alice))
    hers.wire.scope["path"] = "/ws/other/"
    accepted, _code = await hers.wire.connect(timeout=PATIENCE)
    assert not accepted
