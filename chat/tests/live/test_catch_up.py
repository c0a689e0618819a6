"""Opening a room: from a cursor, after a gap, while others post; heads, pulses and read pointers."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import actions, changes
from chat.live import feed, pulse
from chat.models import Message, Room
from chat.tests.live.conftest import Tab, act
from chat.tests.live.marks import BOTH_BELLS

pytestmark = BOTH_BELLS

Tabs = Callable[..., Any]
Say = Callable[..., Message]


def say_many(say: Say, author: User, room: Room, number: int, *, body: str = "Number") -> None:
    for one in range(number):
        say(author, room, f"{body} {one}")


def bodies(*frames: dict[str, Any]) -> list[str]:
    return [message["body"] for frame in frames for message in frame["messages"]]


async def test_open_without_a_cursor_starts_at_the_head(tab: Tabs, alice: User, room: Room, say: Say) -> None:
    message = await act(say, alice, room, "Before")
    opened = await (await tab(alice)).open(room)
    assert opened["after"] == opened["seq"] == message.seq
    assert (opened["messages"], opened["members"], opened["more"]) == ([], [], False)
    assert opened["header"]["name"] == "Harbour"
    assert [person["handle"] for person in opened["here"]] == ["alice"]


async def test_open_from_a_cursor_tells_what_changed(tab: Tabs, alice: User, bob: User, room: Room, say: Say) -> None:
    his = await tab(bob)
    cursor = (await his.open(room))["seq"]
    await his.leave()
    first = await act(say, alice, room, "One")
    await act(say, alice, room, "Two")
    await act(actions.edit_message, actor=alice, message_id=first.pk, body="One, better")
    opened = await (await tab(bob)).open(room, after=cursor)
    assert bodies(opened) == ["Two", "One, better"]  # by seq
    assert opened["after"] == cursor
    assert opened["seq"] == cursor + 3


async def test_a_long_gap_comes_in_frames(tab: Tabs, alice: User, bob: User, room: Room, say: Say) -> None:
    his, hers = await tab(bob), await tab(alice)
    cursor = room.seq
    await act(say_many, say, alice, room, 130)
    first = await his.open(room, after=cursor)
    assert first["more"] is True
    assert len(first["messages"]) == 100
    await hers.post(room, "Not live yet")
    await his.nothing("room.changes")
    second = await his.open(room, after=first["seq"])
    assert second["more"] is False
    assert bodies(first, second) == [f"Number {one}" for one in range(130)] + ["Not live yet"]
    await hers.post(room, "Live now")
    await his.message("Live now")


async def test_too_long_a_gap_is_a_resync(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setattr(changes, "RESYNC_ROWS", 20)
    cursor = room.seq
    await act(say_many, say, alice, room, 21)
    hers = await tab(alice)
    answer = await hers.open(room, after=cursor)
    assert (answer["type"], answer["room"], answer["seq"]) == ("room.resync", room.pk, cursor + 21)
    await act(say, alice, room, "Not followed")
    await hers.nothing("room.changes")


async def test_a_cursor_beyond_the_head_or_of_another_log_is_a_resync(tab: Tabs, alice: User, room: Room) -> None:
    hers = await tab(alice)
    epoch = hers.hello["epoch"]
    assert (await hers.open(room, after=room.seq, epoch=epoch))["type"] == "room.changes"
    assert (await hers.open(room, after=room.seq + 1, epoch=epoch))["type"] == "room.resync"
    assert (await hers.open(room, after=room.seq, epoch="another"))["type"] == "room.resync"
    assert (await hers.open(room, after=2**63 - 1))["type"] == "room.resync"


async def test_a_cursor_below_purged_history_is_a_resync(tab: Tabs, alice: User, room: Room) -> None:
    await act(Room.objects.filter(pk=room.pk).update, floor_seq=room.seq)
    hers = await tab(alice)
    assert (await hers.open(room, after=room.seq))["type"] == "room.changes"
    assert (await hers.open(room, after=room.seq - 1))["type"] == "room.resync"


async def test_nothing_falls_between_while_others_post(tab: Tabs, alice: User, bob: User, room: Room, say: Say) -> None:
    """Promise 2, in its hardest moment: rooms are opened again and again in the middle of a stream."""
    his = await tab(bob)
    cursor = start = room.seq
    posting = asyncio.create_task(act(say_many, say, alice, room, 60))
    got: dict[int, str] = {}

    def put(frame: dict[str, Any]) -> None:
        nonlocal cursor
        assert frame["after"] <= cursor, "a gap"
        cursor = max(cursor, frame["seq"])
        got.update({message["id"]: message["body"] for message in frame["messages"]})

    while cursor < start + 60:
        before = [frame for frame in his.kept if frame["type"] == "room.changes"]
        his.kept = []
        for frame in before:
            put(frame)
        opened = await his.open(room, after=cursor)
        for frame in [frame for frame in his.kept if frame["type"] == "room.changes"]:
            put(frame)
        his.kept = []
        put(opened)
        await asyncio.sleep(0.01)
    await posting
    assert [got[key] for key in sorted(got)] == [f"Number {one}" for one in range(60)]


async def test_what_comes_while_the_answer_is_read_is_held_for_after_it(
    tab: Tabs, alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attach, head, rows, answer, flush: a message committed right behind the head must follow the answer."""
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)  # so that the feed reads whole chapters already
    read = changes.open_room
    behind_the_head: list[Message] = []
    threads_wait = threading.Event()

    def slow_read(*args: Any, **kwargs: Any) -> Any:
        answer = read(*args, **kwargs)
        if not behind_the_head:
            behind_the_head.append(say(alice, room, "Behind the head"))
            threads_wait.wait(0.5)
        return answer

    monkeypatch.setattr(changes, "open_room", slow_read)
    opened = await his.open(room)
    assert behind_the_head[0].seq > opened["seq"]
    assert not his.kept or all(frame["type"] != "room.changes" for frame in his.kept)
    await his.message("Behind the head")


async def test_a_failing_read_is_tried_again_from_the_same_place(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers, his = await tab(alice), await tab(bob)
    cursor = (await his.open(room))["seq"]
    read = feed.read_chapter
    failed: list[Any] = []

    def failing(*args: Any) -> Any:
        if len(failed) < 2:
            failed.append(args)
            raise RuntimeError("the database is away")
        return read(*args)

    monkeypatch.setattr(feed, "read_chapter", failing)
    await hers.post(room, "Still arrives")
    frame = await his.expect("room.changes")
    assert len(failed) == 2
    assert (frame["after"], bodies(frame)) == (cursor, ["Still arrives"])


async def test_pong_tells_the_heads_of_open_rooms(
    tab: Tabs, alice: User, bob: User, room: Room, private_room: Room
) -> None:
    hers, his = await tab(alice), await tab(bob)
    await his.open(room)
    assert (await his.ask("ping"))["heads"] == {str(room.pk): room.seq}
    posted = await hers.post(room, "News")
    await his.message("News")
    pong = await his.ask("ping")
    assert pong["type"] == "pong"
    assert pong["heads"] == {str(room.pk): posted["seq"]}
    assert pong["time"].endswith("Z")


async def test_fifty_rooms_at_most(
    tab: Tabs, alice: User, room: Room, private_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.consumers.OPEN_ROOMS", 1)
    hers = await tab(alice)
    assert (await hers.open(room))["type"] == "room.changes"
    assert (await hers.open(room))["type"] == "room.changes"  # again is not one more
    assert (await hers.open(private_room))["code"] == "invalid"
    await hers.ask("room.close", room=room.pk)
    assert (await hers.open(private_room))["type"] == "room.changes"


# --- Pulses and pointers


async def test_a_pulse_tells_members_who_have_it_not_open(
    tab: Tabs, alice: User, bob: User, mallory: User, room: Room
) -> None:
    hers, his, outside = await tab(alice), await tab(bob), await tab(mallory)
    await hers.open(room)
    posted = await hers.post(room, "Hello @bob")
    pulse = await his.expect("room.pulse")
    assert pulse == {
        "type": "room.pulse",
        "room": room.pk,
        "after": room.seq,
        "seq": posted["seq"],
        "messages": [{"id": posted["message"], "author": alice.pk, "mentions": [bob.pk]}],
    }
    await outside.nothing("room.pulse")
    assert not [frame for frame in hers.kept if frame["type"] == "room.pulse"]


async def test_pulses_are_bundled_and_tell_new_messages_only(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    first = await hers.post(room, "One")
    assert [entry["id"] for entry in (await his.expect("room.pulse"))["messages"]] == [first["message"]]
    await hers.ask("message.edit", message=first["message"], body="One, better")
    began = time.monotonic()
    rest = [(await hers.post(room, f"Number {number}"))["message"] for number in range(3)]
    beats = (time.monotonic() - began) / pulse.PULSE_SECONDS
    found: list[int] = []
    frames = 0
    while len(found) < 3:
        found += [entry["id"] for entry in (await his.expect("room.pulse"))["messages"]]
        frames += 1
    assert found == rest
    assert frames <= 2 + beats


async def test_a_pulse_never_repeats_what_a_count_includes(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count is true at its seq: what it includes must not be added again."""
    monkeypatch.setattr(pulse, "PULSE_SECONDS", 2)
    hers, his = await tab(alice), await tab(bob)
    one = await hers.post(room, "One")
    await his.expect("room.pulse")
    two = await hers.post(room, "Two")  # waits in the bundle of the next beat
    marked = await his.ask("read.mark", room=room.pk, message=one["message"])
    assert (marked["seq"], marked["last_message"], marked["unread"]) == (two["seq"], two["message"], 1)
    three = await hers.post(room, "Three")
    told = await his.expect("room.pulse")
    assert [entry["id"] for entry in told["messages"]] == [three["message"]]
    assert told["after"] >= marked["seq"]


async def test_reading_is_told_to_the_other_tabs(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his, other = await tab(alice), await tab(bob), await tab(bob)
    first, second = await hers.post(room, "One @bob"), await hers.post(room, "Two")
    marked = await his.ask("read.mark", room=room.pk, message=first["message"])
    assert (marked["type"], marked["unread"], marked["mentions"], marked["seq"]) == ("ok", 1, 0, second["seq"])
    assert await other.expect("read.marked") == {
        "type": "read.marked",
        "room": room.pk,
        "seq": second["seq"],
        "last_message": second["message"],
        "last_read": first["message"],
        "unread": 1,
        "mentions": 0,
    }
    await his.nothing("read.marked")
    back = await his.ask("read.mark", room=room.pk, message=0, back=True)
    assert (back["unread"], back["mentions"]) == (2, 1)
    assert (await other.expect("read.marked"))["last_read"] == 0
    assert not [frame for frame in hers.kept if frame["type"] == "read.marked"]


async def test_hello_counts_what_is_unread(tab: Tabs, alice: User, bob: User, room: Room, say: Say) -> None:
    await act(say_many, say, alice, room, 3, body="@bob")
    entry = (await tab(bob)).hello["rooms"][0]
    assert (entry["unread"], entry["mentions"]) == (3, 3)
    assert (await tab(alice)).hello["rooms"][0]["unread"] == 0


async def test_a_reader_that_was_cut_resumes(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers = await tab(alice)
    his: Tab = await tab(bob)
    cursor = (await his.open(room))["seq"]
    await his.leave(1006)
    await hers.post(room, "While he was away")
    again = await tab(bob)
    assert bodies(await again.open(room, after=cursor, epoch=again.hello["epoch"])) == ["While he was away"]
