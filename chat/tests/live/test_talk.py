"""People in one room: what one does the others see, once, in order, and it is in the database."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from accounts.models import User
from chat import actions
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import BOTH_BELLS

pytestmark = BOTH_BELLS

Tabs = Callable[..., Any]
Say = Callable[..., Message]


async def test_two_tabs_talk(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)
    opened = await his.open(room)
    assert {person["handle"] for person in opened["here"]} == {"alice", "bob"}
    answer = await hers.post(room, "Hello Bob")
    assert answer["type"] == "ok"
    seen = await his.message("Hello Bob")
    assert (seen["id"], seen["seq"]) == (answer["message"], answer["seq"])
    assert await hers.message("Hello Bob") == seen


async def test_hello(tab: Tabs, alice: User, room: Room, private_room: Room) -> None:
    hello = (await tab(alice)).hello
    assert hello["user"] == {"id": alice.pk, "handle": "alice", "name": "Alice", "picture": None}
    assert (hello["protocol"], hello["blocked"], hello["limits"]) == (1, [], {"body": 5000, "frame": 65536})
    assert [entry["id"] for entry in hello["rooms"]] == [private_room.pk, room.pk]
    assert hello["rooms"][1] == {
        "id": room.pk,
        "slug": room.slug,
        "name": "Harbour",
        "kind": "public",
        "seq": room.seq,
        "last_message": room.last_message_id,
        "last_read": 0,
        "unread": 0,
        "mentions": 0,
        "muted": None,
    }


async def test_an_edit_and_a_delete_arrive(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)
    await his.open(room)
    posted = await hers.post(room, "First words")
    await his.message("First words")
    edited = await hers.ask("message.edit", message=posted["message"], body="Better words")
    better = await his.message("Better words")
    assert (better["id"], better["seq"]) == (posted["message"], edited["seq"])
    assert better["edited_at"]
    deleted = await hers.ask("message.delete", message=posted["message"])
    gone = await his.message("")
    assert (gone["id"], gone["seq"]) == (posted["message"], deleted["seq"])
    assert gone["deleted_at"]
    assert "Better words" not in gone["html"]


async def test_a_no_op_answers_with_the_present_seq(tab: Tabs, alice: User, room: Room) -> None:
    hers = await tab(alice)
    posted = await hers.post(room, "Once")
    assert (await hers.ask("message.edit", message=posted["message"], body="Once"))["seq"] == posted["seq"]
    deleted = await hers.ask("message.delete", message=posted["message"])
    assert (await hers.ask("message.delete", message=posted["message"]))["seq"] == deleted["seq"]


async def test_a_resend_is_the_same_message(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    """Promise 3: answered alike, stored once, delivered once."""
    hers, his = await tab(alice), await tab(bob)
    await his.open(room)
    client_id = str(uuid.uuid4())
    first = await hers.post(room, "Only once", client_id=client_id)
    again = await hers.post(room, "Only once", client_id=client_id)
    assert {key: again[key] for key in ("type", "message", "seq")} == {
        key: first[key] for key in ("type", "message", "seq")
    }
    other = await hers.post(room, "Other words", client_id=client_id)
    assert (other["type"], other["code"]) == ("error", "conflict")
    await his.message("Only once")
    await his.nothing("room.changes")
    assert await act(Message.objects.filter(room=room, body="Only once").count) == 1


async def test_a_burst_arrives_whole_and_in_order(tab: Tabs, alice: User, bob: User, mod: User, room: Room) -> None:
    """Promises 1, 2 and 3: numbers without holes, nothing missed, nothing doubled."""
    hers, theirs, his = await tab(alice), await tab(mod), await tab(bob)
    cursor = (await his.open(room))["seq"]

    async def post_all(one: Any, name: str) -> list[int]:
        return [(await one.post(room, f"{name} {number}"))["seq"] for number in range(20)]

    numbered = await asyncio.gather(post_all(hers, "alice"), post_all(theirs, "mod"))
    seqs: list[int] = []
    while len(seqs) < 40:
        frame = await his.expect("room.changes")
        assert frame["after"] == cursor
        cursor = frame["seq"]
        seqs += [message["seq"] for message in frame["messages"]]
    assert seqs == sorted(numbered[0] + numbered[1]) == list(range(seqs[0], seqs[0] + 40))


async def test_ok_comes_after_the_commit(tab: Tabs, alice: User, room: Room) -> None:
    """Promise 4: whoever reads the database after the answer finds the message."""
    hers = await tab(alice)
    for number in range(5):
        answer = await hers.post(room, f"Durable {number}")
        stored = await act(Message.objects.get, pk=answer["message"])
        assert (stored.body, stored.seq) == (f"Durable {number}", answer["seq"])


async def test_commands_take_effect_in_the_order_sent(tab: Tabs, alice: User, room: Room) -> None:
    hers = await tab(alice)
    for number in range(10):
        await hers.say(
            "message.post", ref=str(number), room=room.pk, client_id=str(uuid.uuid4()), body=f"Number {number}"
        )
    answers = [await hers.expect("ok") for _ in range(10)]
    assert [answer["ref"] for answer in answers] == [str(number) for number in range(10)]
    assert [answer["seq"] for answer in answers] == sorted(answer["seq"] for answer in answers)


async def test_what_another_door_does_arrives_too(tab: Tabs, alice: User, bob: User, room: Room, say: Say) -> None:
    his = await tab(bob)
    await his.open(room)
    await act(say, alice, room, "From a page")
    assert (await his.message("From a page"))["author"]["handle"] == "alice"
    await act(actions.change_room, actor=alice, room_id=room.pk, name="Haven", topic="Boats")
    header = (await his.expect("room.changes"))["header"]
    assert (header["name"], header["topic"]) == ("Haven", "Boats")


async def test_the_live_change_equals_the_caught_up_one(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    cursor = (await his.open(room))["seq"]
    await hers.post(room, "**Same** bytes")
    live = await his.message("**Same** bytes")
    caught_up = await hers.open(room, after=cursor)
    assert caught_up["messages"] == [live]


async def test_a_closed_room_is_silent(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, his = await tab(alice), await tab(bob)
    await his.open(room)
    assert (await his.ask("room.close", room=room.pk))["type"] == "ok"
    await hers.post(room, "Unheard")
    assert (await his.expect("room.pulse", room=room.pk))["messages"]
    await his.nothing("room.changes")


async def test_typing_reaches_the_others_with_the_room_open(
    tab: Tabs, alice: User, bob: User, room: Room, bell: str
) -> None:
    hers, his, elsewhere = await tab(alice), await tab(bob), await tab(bob)
    await hers.open(room)
    await his.open(room)
    await elsewhere.say("typing", room=room.pk)  # has not opened it
    await hers.say("typing", room=room.pk)
    await hers.say("typing", room=room.pk)
    if bell == "null":
        return await his.nothing("typing")
    assert await his.expect("typing") == {"type": "typing", "room": room.pk, "user": alice.pk}
    await his.nothing("typing")
    assert not [frame for frame in [*hers.kept, *elsewhere.kept] if frame["type"] == "typing"]


async def test_everybody_gets_the_same_words(tab: Tabs, alice: User, bob: User, mod: User, room: Room) -> None:
    tabs = [await tab(person) for person in (alice, bob, mod, bob)]
    for one in tabs:
        await one.open(room)
    await tabs[0].post(room, "The same for all")
    seen = [await one.message("The same for all") for one in tabs]
    assert all(one == seen[0] for one in seen)
