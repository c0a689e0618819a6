"""The bell: rung from any thread, never waited for, bundled; and what happens when it is lost or its layer is away."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from accounts.models import User
from chat import metrics
from chat.live import doorbell, ear, hub
from chat.live.ear import Ear
from chat.models import Message, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import LIVE
from chatsite.testing.quickest import takes_less_than

Tabs = Callable[..., Any]
Say = Callable[..., Message]
Event = dict[str, Any]


class Layer(InMemoryChannelLayer):
    """The in-memory layer with switches: `is_down` refuses, `is_hung` never answers, `is_mute` loses what is sent.

    `is_partly_away` is as one server of several: groups work, an echo does not return.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_down = self.is_hung = self.is_mute = self.is_partly_away = False
        self.sent: list[tuple[str, Event]] = []
        self.slowly = 0.0

    async def _pass(self) -> None:
        if self.is_hung:
            await asyncio.Event().wait()
        if self.is_down:
            raise ConnectionError("no layer")

    async def group_send(self, group: str, message: Event) -> None:
        await self._pass()
        self.sent.append((group, message))
        await asyncio.sleep(self.slowly)
        if not self.is_mute:
            await super().group_send(group, message)

    async def group_add(self, group: str, channel: str) -> None:
        await self._pass()
        await super().group_add(group, channel)

    async def send(self, channel: str, message: Event) -> None:
        await self._pass()
        if message["type"] != ear.ECHO or not self.is_partly_away:
            await super().send(channel, message)


@pytest.fixture
def layer() -> Iterator[Layer]:
    made, before = Layer(), get_channel_layer()
    channel_layers.backends["default"] = made
    yield made
    channel_layers.backends["default"] = before


async def until(true: Callable[[], Any], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.01)


@pytest.fixture
async def heard() -> Any:
    """A hub's place: what is heard on this loop."""
    events: list[Event] = []
    loop = asyncio.get_running_loop()
    doorbell.listen(loop, events.append)
    yield events
    doorbell.unlisten(loop)
    await doorbell.finish(loop)


class TestRinging:
    async def test_the_words_of_a_ring(self, layer: Layer, heard: list[Event]) -> None:
        doorbell.ring(7, 812, "message")
        await until(lambda: layer.sent)
        assert layer.sent == [("room.7", {"type": "room.changed", "room": 7, "seq": 812, "kind": "message"})]
        assert heard == [layer.sent[0][1]]  # one's own process is told directly

    async def test_a_burst_is_bundled(self, layer: Layer, heard: list[Event]) -> None:
        """The first at once, while one is pending none, then the newest."""
        layer.slowly = 0.05
        for seq in (1, 2, 3, 5, 4):
            doorbell.ring(7, seq, "message")
        doorbell.ring(8, 1, "message")
        await until(lambda: len(layer.sent) == 3)
        await asyncio.sleep(0.1)
        assert [(group, event["seq"]) for group, event in layer.sent] == [("room.7", 1), ("room.8", 1), ("room.7", 5)]
        assert [event["seq"] for event in heard] == [1, 2, 3, 5, 4, 1]

    async def test_from_any_thread(self, layer: Layer, heard: list[Event]) -> None:
        threads = [threading.Thread(target=doorbell.ring_user, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        await until(lambda: len(layer.sent) == 20)
        assert {event["user"] for _group, event in layer.sent} == set(range(20))
        assert {group for group, _event in layer.sent} == {"people"}

    @pytest.mark.parametrize("trouble", ["is_down", "is_hung"])
    async def test_never_waits_and_never_raises(
        self, layer: Layer, heard: list[Event], trouble: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doorbell, "SEND_SECONDS", 0.1)
        setattr(layer, trouble, True)
        failed = metrics.BELLS_LOST.value()
        doorbell.ring(7, 1, "message")
        doorbell.ring(7, 2, "message")
        assert metrics.BELLS_LOST.value() == failed, "nobody has waited for what becomes of them"
        await until(lambda: metrics.BELLS_LOST.value() == failed + 2)
        setattr(layer, trouble, False)
        doorbell.ring(7, 3, "message")
        await until(lambda: layer.sent)
        assert layer.sent[0][1]["seq"] == 3

    def test_a_process_without_a_hub_rings_from_one_thread(self, layer: Layer) -> None:
        def bells() -> list[threading.Thread]:
            return [thread for thread in threading.enumerate() if thread.name == "doorbell"]

        for seq in range(3):
            doorbell.ring(7, seq, "message")
        end = time.monotonic() + PATIENCE
        while not (layer.sent and layer.sent[-1][1]["seq"] == 2) and time.monotonic() < end:
            time.sleep(0.01)
        assert layer.sent[-1][1]["seq"] == 2, "and none is left for the next test's layer"
        assert len(bells()) == 1
        assert bells()[0].daemon

    async def test_a_layer_that_reaches_only_this_process_is_not_rung(
        self, heard: list[Event], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made, sent = InMemoryChannelLayer(), list[Any]()
        monkeypatch.setattr(InMemoryChannelLayer, "group_send", lambda *ring: sent.append(ring))
        monkeypatch.setitem(channel_layers.backends, "default", made)
        doorbell.ring(7, 1, "message")
        await until(lambda: heard)
        assert not sent
        assert asyncio.get_running_loop() not in doorbell._ringers

    async def test_without_a_layer_nothing_happens(self, heard: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doorbell, "get_channel_layer", lambda: None)
        failed = metrics.BELLS_LOST.value()
        doorbell.ring(7, 1, "message")
        await until(lambda: heard)
        assert metrics.BELLS_LOST.value() == failed


class TestHearing:
    @pytest.fixture
    async def open_ear(self, layer: Layer, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(ear, "ECHO_SECONDS", 0.05)
        monkeypatch.setattr(ear, "RETRY_SECONDS", 0.02)
        monkeypatch.setattr(ear, "LAYER_SECONDS", 0.1)
        self.events: list[Event] = []
        self.returns = 0
        made = Ear(self.events.append, self._returned)
        made.start()
        yield made
        await made.close()
        assert not layer.groups  # it left them all

    def _returned(self) -> None:
        self.returns += 1

    async def test_hears_the_groups_it_joined(self, layer: Layer, open_ear: Ear) -> None:
        open_ear.join("room.7")
        await until(lambda: "room.7" in layer.groups)
        await layer.group_send("room.8", {"type": "room.changed", "room": 8})
        await layer.group_send("room.7", {"type": "room.changed", "room": 7})
        await until(lambda: self.events)
        assert [event["room"] for event in self.events] == [7]
        open_ear.leave("room.7")
        await until(lambda: "room.7" not in layer.groups)

    async def test_its_own_rings_it_knows_already(self, layer: Layer, open_ear: Ear) -> None:
        open_ear.join("people")
        await until(lambda: "people" in layer.groups)
        await layer.group_send("people", {"type": "person.changed", "user": 1, "from": doorbell.ME})
        await layer.group_send("people", {"type": "person.changed", "user": 2, "from": "another"})
        await until(lambda: self.events)
        assert [event["user"] for event in self.events] == [2]

    @pytest.mark.parametrize("trouble", ["is_down", "is_hung"])
    async def test_a_layer_that_comes_back_is_joined_anew(self, layer: Layer, open_ear: Ear, trouble: str) -> None:
        open_ear.join("room.7")
        await until(lambda: "room.7" in layer.groups)
        setattr(layer, trouble, True)
        await until(lambda: not open_ear.hears)
        layer.groups.clear()  # it came back empty
        returns = self.returns
        open_ear.join("room.8")
        setattr(layer, trouble, False)
        await until(lambda: {"room.7", "room.8"} <= set(layer.groups))
        assert open_ear.hears
        assert self.returns == returns + 1

    async def test_with_one_server_away_the_others_are_heard_and_joined(self, layer: Layer, open_ear: Ear) -> None:
        """And none of their rings makes it believe that all is well."""
        open_ear.join("room.7")
        await until(lambda: open_ear.hears and "room.7" in layer.groups)
        layer.is_partly_away = True
        await until(lambda: not open_ear.hears)
        open_ear.join("room.8")
        await until(lambda: "room.8" in layer.groups)
        await layer.group_send("room.8", {"type": "room.changed", "room": 8})
        await until(lambda: self.events)
        assert not open_ear.hears
        layer.is_partly_away = False
        await until(lambda: open_ear.hears)

    async def test_a_forgotten_group_is_joined_again_when_asked(self, layer: Layer, open_ear: Ear) -> None:
        open_ear.join("room.7")
        await until(lambda: "room.7" in layer.groups)
        layer.groups.clear()
        open_ear.rejoin("room.7")
        await until(lambda: "room.7" in layer.groups)


class TestWithoutTheBell:
    """Promise 5: the channel layer is a doorbell, the database is the record."""

    pytestmark = LIVE

    async def test_a_lost_bell_costs_seconds(
        self, tab: Tabs, layer: Layer, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hers, his = await tab(alice), await tab(bob)
        await his.open(room)
        monkeypatch.setattr(doorbell, "ring", lambda *event: None)
        bodies = iter(("Unrung", "Again", "And again"))

        async def arrives() -> None:
            await hers.post(room, body := next(bodies))
            await his.message(body)

        await takes_less_than(hub.POSITION_SECONDS + 1, arrives)

    @pytest.mark.parametrize("trouble", ["is_down", "is_hung"])
    async def test_with_the_layer_away_everything_works(
        self, tab: Tabs, layer: Layer, alice: User, bob: User, room: Room, trouble: str
    ) -> None:
        setattr(layer, trouble, True)
        hers, his = await tab(alice), await tab(bob)

        async def works() -> None:
            assert (await hers.open(room))["type"] == "room.changes"
            assert (await his.open(room))["type"] == "room.changes"
            assert (await hers.post(room, "Without a bell"))["type"] == "ok"
            await his.message("Without a bell")

        await takes_less_than(1, works)
        setattr(layer, trouble, False)
        await until(lambda: hub.current().ear.hears)
        await hers.post(room, "With it")
        await his.message("With it")

    async def test_a_ring_of_another_process_is_heard(
        self, tab: Tabs, layer: Layer, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Posted in a process that cannot tell ours directly: only the layer can."""
        monkeypatch.setattr(hub, "POSITION_SECONDS", 60)
        his = await tab(bob)
        await his.open(room)
        await until(lambda: f"room.{room.pk}" in layer.groups)
        with monkeypatch.context() as far_away:
            far_away.setattr(doorbell, "ring", lambda *event: None)
            message = await act(say, alice, room, "From afar")
        event = {"type": "room.changed", "room": room.pk, "seq": message.seq, "kind": "message"}
        await layer.group_send(doorbell.room_group(room.pk), event)
        await his.message("From afar")

    async def test_a_ring_that_promises_too_much_does_no_harm(
        self, tab: Tabs, layer: Layer, alice: User, bob: User, room: Room
    ) -> None:
        hers, his = await tab(alice), await tab(bob)
        await his.open(room)
        doorbell.ring(room.pk, room.seq + 1000, "message")
        await asyncio.sleep(0.2)
        await hers.post(room, "As ever")
        await his.message("As ever")
        feed = hub.current().feeds[room.pk]
        assert feed.target == feed.position
