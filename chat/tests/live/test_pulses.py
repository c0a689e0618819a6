"""No message is missing from the pulses, whatever happens to it while the log is read."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import actions, changes, overview
from chat.errors import Unavailable
from chat.live import doorbell, hub
from chat.models import Message, Room
from chat.models.prepared import Prepared
from chat.tests.live.conftest import PATIENCE, Tab, act
from chat.tests.live.marks import LIVE

pytestmark = [*LIVE, pytest.mark.usefixtures("by_hand")]

Tabs = Callable[..., Any]
Say = Callable[..., Message]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither bell nor clock, nor a look once Redis lets us hear: the log is read when the test says so."""

    async def nothing(_hub: hub.Hub) -> None:
        pass

    for name in ("ring", "ring_user"):
        monkeypatch.setattr(doorbell, name, lambda *event: None)
    monkeypatch.setattr(hub.Hub, "_compare_positions", nothing)
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 60)


@pytest.fixture(params=["whole", "ids"])
async def watched(request: pytest.FixtureRequest, tab: Tabs, mod: User, room: Room) -> bool:
    """Whether somebody has the room open, so that the feed reads more than ids."""
    if request.param == "whole":
        await (await tab(mod)).open(room)
    return request.param == "whole"


async def read_on(room: Room) -> None:
    seq = (await act(changes.head, room.pk)).seq
    hub.current().feeds[room.pk].reach(seq)


async def told(his: Tab) -> list[int]:
    return [entry["id"] for entry in (await his.expect("room.pulse"))["messages"]]


def between(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], Any]) -> None:
    """Once, when the next head is read and the rows are not."""
    original = changes.head
    done: list[int] = []

    def head(room_id: int) -> Room:
        read = original(room_id)
        if not done:
            done.append(read.seq)
            happen()
        return read

    monkeypatch.setattr(changes, "head", head)


def unavailable(*_args: Any, **_options: Any) -> Any:
    raise Unavailable("The database is away.", retry_after=1)


def edit(author: User, message: Message) -> Callable[[], Any]:
    return lambda: actions.edit_message(actor=author, message_id=message.pk, body="Better words")


async def test_a_message_edited_between_head_and_rows(
    tab: Tabs, watched: bool, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seq is then above the head, but it was said below it, before the younger one."""
    his = await tab(bob)
    elder, younger = await act(say, alice, room, "Elder"), await act(say, alice, room, "Younger")
    between(monkeypatch, edit(alice, elder))
    hub.current().feeds[room.pk].reach(younger.seq)
    assert await told(his) == [elder.pk, younger.pk]
    last = await act(say, alice, room, "Last")
    await read_on(room)
    assert await told(his) == [last.pk]


async def test_a_message_that_comes_after_younger_ones(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit moved it into the second frame."""
    monkeypatch.setattr(changes, "FRAME_MESSAGES", 2)
    monkeypatch.setattr(changes, "CHANGED", Prepared(changes.CHANGED.build))
    hers, his = await tab(mod), await tab(bob)
    await hers.open(room)
    messages = [await act(say, alice, room, f"Number {number}") for number in range(4)]
    await act(edit(alice, messages[0]))
    await read_on(room)
    frames = [await hers.expect("room.changes") for _ in range(2)]
    assert [len(frame["messages"]) for frame in frames] == [2, 2]
    assert frames[1]["messages"][1]["id"] == messages[0].pk
    pulse = await his.expect("room.pulse")
    assert [entry["id"] for entry in pulse["messages"]] == [message.pk for message in messages]
    assert pulse["seq"] == frames[1]["seq"]


async def test_more_messages_than_one_reading_takes(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "RESYNC_ROWS", 3)
    his = await tab(bob)
    messages = [await act(say, alice, room, f"Number {number} for @bob") for number in range(5)]
    await read_on(room)
    pulse = await his.expect("room.pulse")
    assert pulse["messages"] == [{"id": one.pk, "author": alice.pk, "mentions": [bob.pk]} for one in messages]
    assert pulse["seq"] == messages[-1].seq


async def test_a_tombstone_names_whom_it_named(
    tab: Tabs, watched: bool, alice: User, bob: User, room: Room, say: Say
) -> None:
    """Counts are as posted, and so are pulses."""
    his = await tab(bob)
    message = await act(say, alice, room, "Come, @bob")
    await act(actions.delete_message, actor=alice, message_id=message.pk)
    await read_on(room)
    pulse = await his.expect("room.pulse")
    assert pulse["messages"] == [{"id": message.pk, "author": alice.pk, "mentions": [bob.pk]}]


async def test_who_closes_a_room_before_an_elder_message_came_is_told_the_count(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    his = await tab(bob)
    await his.open(room)
    elder, younger = await act(say, alice, room, "Elder"), await act(say, alice, room, "Younger")
    between(monkeypatch, edit(alice, elder))
    hub.current().feeds[room.pk].reach(younger.seq)
    frame = await his.expect("room.changes")
    assert [message["id"] for message in frame["messages"]] == [younger.pk]
    await his.ask("room.close", room=room.pk)
    assert (await his.expect("read.marked", room=room.pk))["unread"] == 2


async def test_a_count_that_could_not_be_read_is_told_later(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the room's pulses are held back, so they would be for ever."""
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    asked: list[int] = []
    original = overview.overview

    def failing_twice(*args: Any) -> Any:
        asked.append(1)
        return unavailable() if len(asked) <= 2 else original(*args)

    his = await tab(bob)
    await his.open(room)
    message = await act(say, alice, room)
    monkeypatch.setattr(hub.current().feeds[room.pk], "is_short", True)
    monkeypatch.setattr(overview, "overview", failing_twice)
    await his.ask("room.close", room=room.pk)
    assert (await his.expect("read.marked", room=room.pk))["unread"] == 1
    assert len(asked) == 3
    await (await tab(mod)).ask("message.post", room=room.pk, client_id=str(uuid.uuid4()), body="And on")
    await read_on(room)
    assert message.pk < (await told(his))[-1]


async def test_an_opening_that_failed_took_no_pulse_for_good(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first step on a room that opens gets no pulses."""
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    his = await tab(bob)
    loop, heard = asyncio.get_running_loop(), threading.Event()

    def fail_when_news_is_read(*_args: Any, **_options: Any) -> Any:
        message = say(alice, room)
        loop.call_soon_threadsafe(asyncio.ensure_future, reached(message.seq))
        assert heard.wait(PATIENCE)
        return unavailable()

    async def reached(seq: int) -> None:
        feed = hub.current().feeds[room.pk]
        feed.reach(seq)
        while feed.position < seq or feed.pulses._timer is not None:
            await asyncio.sleep(0.01)
        heard.set()

    monkeypatch.setattr(changes, "open_room", fail_when_news_is_read)
    assert (await his.open(room))["code"] == "unavailable"
    assert (await his.expect("read.marked", room=room.pk))["unread"] == 1
