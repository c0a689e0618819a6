"""Who connects, or opens a room: a right that changes in that moment, and rooms that never were."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import actions, changes, overview
from chat.live import doorbell, feed, hub, socket
from chat.models import Message, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until

pytestmark = LIVE

Tabs = Callable[..., Any]
Say = Callable[..., Message]


async def test_who_is_removed_while_the_hello_is_read_hears_nothing_more(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed has passed the removal when the reading from before it arrives."""
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 60)
    hers = await tab(alice)
    await hers.open(room)
    followed, read = hub.current().feeds[room.pk], overview.overview

    def overtaken(user_id: int, *given: Any, **named: Any) -> Any:
        rooms = read(user_id, *given, **named)
        if user_id == bob.pk:
            seq = actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk).seq
            until = time.monotonic() + PATIENCE
            while followed.position < seq and time.monotonic() < until:
                time.sleep(0.01)
        return rooms

    monkeypatch.setattr(overview, "overview", overtaken)
    his = await tab(bob)
    assert room.pk not in [entry["id"] for entry in his.hello["rooms"]]
    await hers.post(room, "After")
    await hers.message("After")
    await his.nothing("room.pulse")


async def test_who_joins_while_opening_is_live_at_once(
    tab: Tabs, alice: User, mallory: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else here follows the room, so nobody else's place is read on from."""
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 60)
    monkeypatch.setattr(doorbell, "ring_user", lambda *event: None)
    opened = changes.open_room

    def joined_first(viewer: User, *given: Any, **named: Any) -> Any:
        actions.join_room(actor=mallory, room_id=room.pk)
        return opened(viewer, *given, **named)

    hers = await tab(mallory)
    monkeypatch.setattr(changes, "open_room", joined_first)
    assert (await hers.open(room))["type"] == "room.changes"
    await act(say, alice, room, "Live")
    await hers.message("Live")


async def test_rooms_that_never_were_are_not_remembered(
    tab: Tabs, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for one after the other would else fill the memory of the process."""
    monkeypatch.setattr(socket, "PLACES_KEPT", 5)
    monkeypatch.setattr(socket, "OLDEST_READING", 0.05)
    monkeypatch.setattr(feed, "LINGER_SECONDS", 0)
    monkeypatch.setattr(hub, "POSITION_SECONDS", 0.05)
    his = await tab(bob)
    for place in range(30):
        assert (await his.ask("room.open", room=room.pk + 1000 + place))["code"] == "not_found"
        await asyncio.sleep(0.01)
    (mine,) = hub.current().people[bob.pk]
    assert mine.counted.keys() == mine.rooms.keys()
    assert len(mine.touched) < 20
    assert not mine.open
    await until(lambda: hub.current().feeds.keys() == mine.rooms.keys())
