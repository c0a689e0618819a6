"""Every command of the socket: by those who have no business there, with wrong types, with more than is asked for."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chat import actions
from chat.models import Message
from chat.tests.attacks.asking import CODES, expected
from chat.tests.attacks.rows import COMMANDS, UNANSWERED
from chat.tests.attacks.scene import CLOSED_OUT, IN_ROOM, ROOMS, SECRET, STRANGERS, Scene, news, traces
from chat.tests.live.conftest import Tab, act
from chat.tests.live.marks import LIVE

pytestmark = LIVE

Tabs = Callable[..., Any]
ANSWERED = [command for command in COMMANDS if command not in UNANSWERED]
WHO = [who for who in (*IN_ROOM, *STRANGERS) if who not in CLOSED_OUT]
NOWHERE = {"room": 999_999, "message": 999_999}


async def enter(tab: Tabs, scene: Scene, who: str) -> Tab:
    entered: Tab = await tab(scene[who], cookie=scene.sessions[who].pk)
    return entered


async def give(tab: Tab, scene: Scene, command: str, kind: str = "public", **changes: Any) -> dict[str, Any]:
    given = await act(scene.fill, COMMANDS[command].given, kind)
    return await tab.ask(command, **given | changes)


@pytest.mark.parametrize("kind", ROOMS)
async def test_everybody_else_is_refused_and_leaves_no_trace(kind: str, scene: Scene, tab: Tabs) -> None:
    before = await act(traces)
    for who in WHO:
        theirs = await enter(tab, scene, who)
        for command in ANSWERED:
            status = expected(COMMANDS[command], who, kind)
            if status:
                answer = await give(theirs, scene, command, kind)
                assert (answer["type"], answer.get("code")) == ("error", CODES[status]), (who, command)
                assert SECRET not in str(answer), (who, command)
            if status == 404:
                missing = await give(theirs, scene, command, kind, **NOWHERE)
                assert answer | {"ref": ""} == missing | {"ref": ""}, (who, command)
    assert not await act(news, before)


@pytest.mark.parametrize("kind", ROOMS)
async def test_those_who_may_are_answered(kind: str, scene: Scene, tab: Tabs) -> None:
    """The premise of all the rest: as the rows give them, the commands do something."""
    for command in ANSWERED:
        theirs = await enter(tab, scene, COMMANDS[command].best())
        assert (await give(theirs, scene, command, kind))["type"] in {"ok", "room.changes", "pong"}, command


WRONG_TYPES: list[Any] = [None, 7, 7.5, 7.0, True, "x", "7", [], ["x"], {}, {"a": 1}, 0, -1, 2**63, 2**64, -(2**62)]
# What such a field may well be; the room or message with this number is not there.
FITTING: dict[str, list[Any]] = {
    "room": [7],
    "message": [7, 0],
    "after": [7, 0, None],
    "body": ["x", "7"],
    "epoch": ["x", "7", None],
    "back": [True, None],
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
async def test_wrong_types_are_refused(command: str, scene: Scene, tab: Tabs) -> None:
    before, row = await act(traces), COMMANDS[command]
    theirs = await enter(tab, scene, row.best())
    given = await act(scene.fill, row.given)
    for name in given:
        for value in WRONG_TYPES:
            if not any(value is fit or (type(value) is type(fit) and value == fit) for fit in FITTING.get(name, [])):
                answer = await theirs.ask(command, **given | {name: value})
                assert answer.get("code") == "invalid", (name, value)
    assert (await theirs.ask("ping"))["type"] == "pong", "the socket stays open"
    assert not await act(news, before)


FORGED = {"author": 987654, "user": 987654, "seq": 987654, "id": 987654, "is_staff": True, "html": "forged"}
FORGED |= {"created_at": "2001-02-03T04:05:06Z", "deleted_at": "2001-02-03T04:05:06Z", "actor": 987654, "role": "owner"}


async def test_fields_that_are_not_asked_for_change_nothing(scene: Scene, tab: Tabs) -> None:
    before = await act(traces)
    for command in ANSWERED:
        theirs = await enter(tab, scene, COMMANDS[command].best())
        assert (await give(theirs, scene, command, **FORGED))["type"] != "error", command
    told = await act(news, before)
    assert not [sign for sign in ("987654", "forged", "datetime.datetime(2001", "notice", "'owner'") if sign in told]


async def test_typing_is_heard_only_where_it_may_be(scene: Scene, tab: Tabs) -> None:
    alices = await enter(tab, scene, "alice")
    for kind in ROOMS:
        await alices.open(scene.rooms[kind])
    for who in STRANGERS:
        theirs = await enter(tab, scene, who)
        for kind in ROOMS:
            await theirs.open(scene.rooms[kind])  # refused
            await theirs.say("typing", room=scene.rooms[kind].pk)
        assert (await theirs.ask("ping"))["type"] == "pong"
    bobs = await enter(tab, scene, "bob")
    await bobs.open(scene.rooms["private"])
    await bobs.say("typing", room=scene.rooms["private"].pk)
    assert (await alices.expect("typing"))["user"] == scene["bob"].pk, "the premise: it is heard"
    assert not [frame for frame in alices.kept if frame["type"] == "typing"]


async def test_a_private_room_makes_no_sound_outside(scene: Scene, tab: Tabs) -> None:
    """Words, mentions, names, comings and goings: strangers hear nothing, and those inside hear it all."""
    outside = [await enter(tab, scene, who) for who in STRANGERS]
    inside = await enter(tab, scene, "bob")
    room, alice = scene.rooms["private"], scene["alice"]
    for each in outside:
        assert room.slug not in str(each.hello)
        each.kept.clear()
    alices = await enter(tab, scene, "alice")
    await alices.open(room)
    said = await alices.post(room, "@mallory @gone @rival " + SECRET)
    await alices.ask("message.edit", message=said["message"], body="@mallory again")
    await alices.say("typing", room=room.pk)
    await act(actions.change_room, actor=alice, room_id=room.pk, name="Another name", topic=SECRET)
    await act(actions.set_role, actor=alice, room_id=room.pk, user_id=scene["carol"].pk, role="moderator")
    await inside.expect("room.pulse")
    await asyncio.gather(*(each.ask("ping") for each in outside))
    for who, each in zip(STRANGERS, outside, strict=True):
        assert each.kept == [], who
    assert await act(lambda: list(Message.objects.get(pk=said["message"]).mentions.all())) == []
