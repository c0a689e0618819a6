"""One hub per loop: one ear, one read and one encoding for everybody, nobody in another's way, nothing left behind."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from channels.layers import get_channel_layer

from accounts.models import User
from chat import actions
from chat.live import doorbell, feed, hub
from chat.live.frames import Frame
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import Layer, until
from chat.tests.live.test_doorbell import layer as layer  # a fixture

pytestmark = LIVE

Tabs = Callable[..., Any]
Say = Callable[..., Message]


async def test_one_layer_channel_for_all_sockets(tab: Tabs, layer: Layer, alice: User, bob: User, room: Room) -> None:
    for person in (alice, bob, alice):
        await (await tab(person)).open(room)
    await until(lambda: f"room.{room.pk}" in layer.groups)
    assert len(layer.groups[f"room.{room.pk}"]) == 1
    assert layer.groups["people"].keys() == layer.groups[f"room.{room.pk}"].keys()
    assert get_channel_layer() is layer


async def commit(done: asyncio.Event) -> None:
    await done.wait()


async def test_what_is_being_posted_shares_a_chapter(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "GATHER_SECONDS", 20.0)
    his = await tab(bob)
    await his.open(room)
    committing = asyncio.Event()
    hub.current().posting[room.pk] = asyncio.create_task(commit(committing))
    first, second = await act(say, alice, room, "First"), await act(say, alice, room, "Second")
    followed = hub.current().feeds[room.pk]
    await until(lambda: followed.target == second.seq)
    assert followed.position < first.seq
    committing.set()
    frame = await his.expect("room.changes")
    assert [message["id"] for message in frame["messages"]] == [first.pk, second.pk]
    del hub.current().posting[room.pk]


async def test_a_commit_that_takes_long_keeps_nobody_waiting(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say
) -> None:
    his = await tab(bob)
    await his.open(room)
    hub.current().posting[room.pk] = hanging = asyncio.create_task(commit(asyncio.Event()))
    said = await act(say, alice, room, "Said all the same")
    assert (await his.message("Said all the same"))["id"] == said.pk
    assert not hanging.done()
    hanging.cancel()
    del hub.current().posting[room.pk]


async def test_one_read_and_one_encoding_for_all_sockets(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs = [await tab(person) for person in (alice, bob, mod, bob, alice)]
    for one in tabs:
        await one.open(room)
    reads: list[Any] = []
    read = feed.read_chapter

    def counted(*args: Any) -> Any:
        reads.append(read(*args))
        return reads[-1]

    monkeypatch.setattr(feed, "read_chapter", counted)
    pushed: list[Frame] = []
    push = hub.Socket.push

    def seen(self: Any, frame: Frame) -> bool:
        pushed.append(frame)
        return push(self, frame)

    monkeypatch.setattr(hub.Socket, "push", seen)
    await tabs[0].post(room, "Once")
    for one in tabs:
        await one.message("Once")
    assert len(reads) == 1
    assert [frame for frame in pushed if frame is reads[0].frame] == [reads[0].frame] * 5


async def test_a_ring_at_its_position_costs_nothing(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    opened = await hers.open(room)
    monkeypatch.setattr(feed, "read_chapter", None)  # would fail loudly
    hub.current().feeds[room.pk].aim(opened["seq"])
    assert hub.current().feeds[room.pk]._reading is None


async def test_a_ring_during_a_read_is_not_forgotten(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed behind the head of a read that is under way: it takes another read, and no clock."""
    monkeypatch.setattr(hub, "POSITION_SECONDS", 60)
    his = await tab(bob)
    await his.open(room)
    read = feed.read_chapter
    during: list[Message] = []

    def interrupted(*args: Any) -> Any:
        chapter = read(*args)
        if not during:
            during.append(say(alice, room, "During the read"))
            time.sleep(0.2)
        return chapter

    monkeypatch.setattr(feed, "read_chapter", interrupted)
    await act(say, alice, room, "Before it")
    await his.message("Before it")
    await his.message("During the read")


async def test_members_without_the_room_open_cost_ids_only(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    his, hers = await tab(bob), await tab(alice)
    whole: list[bool] = []
    read = feed.read_chapter

    def seen(room_id: int, after: int, is_whole: bool, *rest: Any) -> Any:
        whole.append(is_whole)
        return read(room_id, after, is_whole, *rest)

    monkeypatch.setattr(feed, "read_chapter", seen)
    await hers.post(room, "Hello")
    await his.expect("room.pulse")
    assert whole == [False]


async def test_no_socket_waits_for_anothers_work(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command hangs: others' commands and everybody's pushes go on."""
    release = threading.Event()
    mark = actions.mark_read

    def stuck(**command: Any) -> Any:
        assert release.wait(60)
        return mark(**command)

    hers, his = await tab(alice), await tab(bob)
    await his.open(room)
    monkeypatch.setattr(actions, "mark_read", stuck)
    await his.say("read.mark", ref="slow", room=room.pk, message=0)
    assert (await hers.post(room, "Meanwhile"))["type"] == "ok"
    await his.message("Meanwhile")
    release.set()
    assert (await his.expect("ok"))["ref"] == "slow"


async def test_all_command_threads_busy_hold_up_no_push(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    his = await tab(bob)
    await his.open(room)
    release = threading.Event()
    busy = [
        asyncio.ensure_future(hub.current().commands.run(release.wait, 60)) for _number in range(hub.COMMAND_THREADS)
    ]
    await act(say, alice, room, "Past them all")
    await his.message("Past them all")
    release.set()
    assert all(await asyncio.gather(*busy))


async def test_writers_that_wait_hold_up_nobody_who_comes(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    """As while the database is locked: who only reads is let in and opens rooms."""
    await tab(bob)
    release = threading.Event()
    busy = [
        asyncio.ensure_future(hub.current().commands.run(release.wait, 60)) for _number in range(hub.COMMAND_THREADS)
    ]
    hers = await tab(alice)
    assert (await hers.open(room))["type"] == "room.changes"
    assert not [one for one in busy if one.done()]
    release.set()
    await asyncio.gather(*busy)


async def test_the_hub_ends_with_its_last_socket(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)
    first = hub.current()
    await hers.leave()
    assert hub.current() is first
    await his.leave()
    assert hub._hubs == {}
    await until(
        lambda: not [one for one in threading.enumerate() if one.name.startswith(("commands", "openings", "reads"))]
    )
    again = await tab(alice)
    assert hub.current() is not first
    assert (await again.open(room))["type"] == "room.changes"


async def test_the_next_hub_may_begin_before_the_last_one_has_ended(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload: the new tab comes between the old one's end and what that sets going."""
    first = hub.current()
    first.enter()
    leaving = asyncio.ensure_future(first.leave(None))
    await asyncio.sleep(0)
    second = hub.current()
    second.enter()
    assert second is not first
    await leaving
    heard: list[int] = []
    monkeypatch.setattr(second, "look_at", heard.append)
    doorbell.ring_user(7)
    await until(lambda: heard == [7])
    await second.leave(None)


async def test_one_broken_connection_hurts_nobody_else(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs = [await tab(person) for person in (bob, mod, alice)]
    for one in tabs:
        await one.open(room)
    broken = next(iter(hub.current().people[bob.pk]))
    monkeypatch.setattr(broken.writer, "write", lambda frame: 1 / 0)
    await tabs[2].post(room, "For the others")
    await tabs[1].message("For the others")
    assert await tabs[0].code() == 1011


async def test_a_feed_lingers(
    tab: Tabs, alice: User, mallory: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POSITION_SECONDS", 0.05)
    await tab(mallory)  # keeps the hub
    hers = await tab(alice)
    await hers.open(room)
    kept = hub.current().feeds[room.pk]
    await hers.leave()
    await asyncio.sleep(0.2)
    assert hub.current().feeds[room.pk] is kept
    monkeypatch.setattr(feed, "LINGER_SECONDS", 0)
    await until(lambda: room.pk not in hub.current().feeds)


async def test_an_application_that_is_cancelled_leaves_nothing_behind(tab: Tabs, alice: User, room: Room) -> None:
    hers = await tab(alice)
    await hers.open(room)
    hers.wire.future.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hers.wire.future
    await until(lambda: hub._hubs == {})
    await asyncio.sleep(0.2)


async def test_a_restored_backup_makes_readers_load_anew(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POSITION_SECONDS", 0.1)
    his = await tab(bob)
    await his.open(room)
    message = await act(say, alice, room, "After the backup")
    await his.message("After the backup")
    await act(Message.objects.filter(pk=message.pk).delete)
    await act(Room.objects.filter(pk=room.pk).update, seq=room.seq)
    assert (await his.expect("room.resync"))["seq"] == room.seq
    await act(say, alice, room, "In the restored one")
    opened = await his.open(room, after=room.seq)
    assert [entry["body"] for entry in opened["messages"]] == ["In the restored one"]
