"""A reader that does not read: skipped past the bound, caught up by its cursor, closed when it never drains."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import changes
from chat.live import feed, hub, socket, writer
from chat.live.frames import Frame, frame
from chat.live.writer import QueuedWriter
from chat.models import Message, Room
from chat.models.prepared import Prepared
from chat.tests.live.conftest import Tab, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until
from chat.tests.live.test_presence import joined
from chatsite.testing import serving

Tabs = Callable[..., Any]
Say = Callable[..., Message]

BOUND, CLOGGING = 8_000, 20  # bytes; messages


class Pipe:
    """A transport that lets bytes through only while it is open, as our Daphne protocol's writer would."""

    def __init__(self) -> None:
        self.is_open = True
        self.stuck: list[bytes] = []
        self.aborted = self.is_finished = False
        self.tab: Tab | None = None

    def write(self, wire: bytes) -> None:
        self.stuck.append(wire)
        if self.is_open:
            self.let_through()

    def offer(self, wire: bytes, bound: int) -> bool:
        if self.unsent() > bound:
            return False
        self.write(wire)
        return True

    def let_through(self) -> None:
        assert self.tab is not None
        for wire in self.stuck:
            payload = wire[{126: 4, 127: 10}.get(wire[1], 2) :]
            assert wire == frame(payload)
            self.tab.wire.output_queue.put_nowait({"type": "websocket.send", "text": payload.decode()})
        self.stuck = []

    def unsent(self) -> int:
        return sum(map(len, self.stuck))

    def abort(self) -> None:
        self.aborted = True

    def finish(self) -> None:
        self.is_finished = True


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.05)
    monkeypatch.setattr(socket, "UNSENT_LIMIT", BOUND)
    monkeypatch.setattr(writer, "UNSENT_LIMIT", BOUND)
    monkeypatch.setattr(hub, "UNSENT_LIMIT", BOUND)


async def piped(tab: Tabs, person: User) -> tuple[Tab, Pipe]:
    pipe = Pipe()

    # The fixture makes plain tabs; this one only has to know its pipe before it connects.
    made = await tab(None, cookie=await act(_cookie, person), extensions={"chatsite.writer": pipe})
    pipe.tab = made
    await made.connect()
    return made, pipe


def _cookie(person: User) -> str:
    from chat.tests.live.conftest import cookie_of

    return cookie_of(person)


def say_much(say: Say, author: User, room: Room, number: int, first: int = 0) -> None:
    for one in range(first, number):
        say(author, room, f"{one} " + "x" * 400)


async def clog(pipe: Pipe, say: Say, author: User, room: Room) -> None:
    """With twenty messages, until more is unsent than may be, in however few frames: it is offered no more."""
    pipe.is_open = False
    await act(say_much, say, author, room, CLOGGING)
    await until(lambda: pipe.unsent() > BOUND)


@pytest.mark.usefixtures("quick")
class TestSkipping:
    pytestmark = LIVE

    async def test_the_writer_of_the_transport_is_used(self, tab: Tabs, alice: User, room: Room) -> None:
        hers, _pipe = await piped(tab, alice)
        assert (await hers.open(room))["type"] == "room.changes"
        await hers.post(room, "Over the pipe")
        await hers.message("Over the pipe")

    async def test_past_the_bound_it_is_skipped_and_then_caught_up(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say
    ) -> None:
        hers = await tab(alice)
        await hers.open(room)
        his, pipe = await piped(tab, bob)
        cursor = (await his.open(room))["seq"]
        await hers.expect("presence")
        await clog(pipe, say, alice, room)
        await act(say_much, say, alice, room, 80, CLOGGING)
        seen = 0
        while seen < 80:  # nobody waits for him
            seen += len((await hers.expect("room.changes"))["messages"])
        assert pipe.unsent() < 40_000 < 80 * 1_000  # twenty messages, and none of the others
        pipe.is_open = True
        pipe.let_through()
        got: list[str] = []
        while len(got) < 80:
            changes = await his.expect("room.changes")
            assert changes["after"] <= cursor, "a gap"
            cursor = max(cursor, changes["seq"])
            got += [message["body"].split()[0] for message in changes["messages"]]
        assert got == [str(one) for one in range(80)]
        await hers.post(room, "Live again")
        await his.message("Live again")

    async def test_missed_pulses_and_presence_are_made_good(
        self, tab: Tabs, alice: User, bob: User, mod: User, room: Room, private_room: Room, say: Say
    ) -> None:
        hers = await tab(alice)
        await hers.open(room)
        his, pipe = await piped(tab, bob)
        await his.open(room)
        await joined(hers, "bob")
        await clog(pipe, say, alice, room)
        await act(say, alice, private_room, "Behind his back")
        await hers.expect("room.pulse")
        await (await tab(mod)).open(room)
        await joined(hers, "mod")
        pipe.is_open = True
        pipe.let_through()
        counts = await his.expect("read.marked", room=private_room.pk)
        assert counts["unread"] == 1
        await joined(his, "mod")
        assert not [frame for frame in his.kept if frame["type"] == "room.pulse"]

    async def test_who_closes_a_room_behind_its_head_is_told_what_is_unread(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed.Follower, "catch_up", lambda follower: None)  # else it may be quicker than the close
        his, pipe = await piped(tab, bob)
        await his.open(room)
        before = await act(say, alice, room, "Read")
        await his.message("Read")
        await his.ask("read.mark", room=room.pk, message=before.pk)
        await clog(pipe, say, alice, room)
        await act(say_much, say, alice, room, 40, CLOGGING)
        await until(lambda: hub.current().feeds[room.pk].position == room.seq + 41)
        await his.say("room.close", room=room.pk)
        pipe.is_open = True
        pipe.let_through()
        assert (await his.expect("read.marked", room=room.pk))["unread"] == 40

    async def test_far_behind_it_loads_the_list_anew(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chat.changes.RESYNC_ROWS", 5)
        monkeypatch.setattr(changes, "FRAME_MESSAGES", 5)
        monkeypatch.setattr(changes, "CHANGED", Prepared(changes.CHANGED.build))
        his, pipe = await piped(tab, bob)
        await his.open(room)
        pipe.is_open = False
        await act(say_much, say, alice, room, 40)
        await until(lambda: hub.current().feeds[room.pk].position == room.seq + 40)
        pipe.is_open = True
        pipe.let_through()
        assert (await his.expect("room.resync"))["seq"] == room.seq + 40

    @pytest.mark.skipif(serving.chosen() == "uvicorn", reason="its client answers the close, so nothing is to be cut")
    async def test_never_drained_it_is_closed_and_then_cut(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hub, "DRAIN_SECONDS", 0.3)
        monkeypatch.setattr(socket, "ABORT_SECONDS", 2)
        his, pipe = await piped(tab, bob)
        await his.open(room)
        await clog(pipe, say, alice, room)
        await act(say_much, say, alice, room, 40, CLOGGING)
        assert await his.code() == 4408
        assert not pipe.aborted
        await until(lambda: pipe.aborted)


class TestQueued:
    """The writer for servers that have none: never waited for, and counted."""

    async def test_order_and_count(self) -> None:
        taken: list[str] = []
        gate = asyncio.Event()

        async def send(event: dict[str, Any]) -> None:
            await gate.wait()
            taken.append(event.get("text") or event["type"])

        queued = QueuedWriter(send, asyncio.Timeout(None))
        for number in range(3):
            queued.write(Frame(json.dumps(number).encode()))
        await asyncio.sleep(0)
        assert queued.unsent() == 3
        gate.set()
        await queued.close(4401)
        assert taken == ["0", "1", "2", "websocket.close"]
        assert queued.unsent() == 0

    async def test_a_broken_connection_leaves_nothing_behind(self) -> None:
        async def send(event: dict[str, Any]) -> None:
            raise OSError("gone")

        queued = QueuedWriter(send, asyncio.Timeout(None))
        queued.write(Frame(b"1"))
        queued.write(Frame(b"2"))
        await asyncio.sleep(0.01)
        assert queued.unsent() == 0

    async def test_finish_ends_a_stuck_send(self) -> None:
        async def send(event: dict[str, Any]) -> None:
            await asyncio.Event().wait()

        queued = QueuedWriter(send, asyncio.Timeout(None))
        queued.write(Frame(b"1"))
        await asyncio.sleep(0)
        queued.finish()
        await asyncio.sleep(0.01)
        assert len(asyncio.all_tasks()) == 1

    def test_the_direct_writer_is_chosen_when_there_is_one(self) -> None:
        async def send(event: dict[str, Any]) -> None: ...

        line = asyncio.Timeout(None)
        direct = writer.writer_for({"extensions": {"chatsite.writer": Pipe()}}, send, line)
        assert isinstance(direct, writer.DirectWriter)
        assert isinstance(writer.writer_for({"extensions": {}}, send, line), QueuedWriter)
        assert isinstance(writer.writer_for({"extensions": None}, send, line), QueuedWriter)


class TestLeaving:
    pytestmark = LIVE

    async def test_one_that_goes_while_another_is_caught_up_holds_nobody_up(
        self, tab: Tabs, alice: User, bob: User, mod: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hub, "LAG_SECONDS", 60)
        for person in (alice, bob, mod):
            await tab(person)
        here = hub.current()
        first, second, third = (next(iter(here.people[person.pk])) for person in (alice, bob, mod))
        served: list[Any] = []

        async def catch_up(_hub: hub.Hub, lagging: Any) -> None:
            served.append(lagging)
            here.forget(second)

        monkeypatch.setattr(hub.Hub, "_catch_up", catch_up)
        for one in (first, second, third):
            here.lags(one)
        await here._chase()
        assert served == [first, third]
