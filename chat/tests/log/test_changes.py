"""What a reader of the log gets: everything in (after, seq], whole changes, within a frame's bounds."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions, changes
from chat.errors import Forbidden, NotFound
from chat.models import Message, Room

pytestmark = pytest.mark.django_db
Say = Callable[..., Message]


def head(room: Room) -> int:
    return Room.objects.get(pk=room.pk).seq


def flood(actor: User, room: Room, count: int, body: str = "Words") -> None:
    said = [actions.Said(actor.pk, f"{body} {number}", timezone.now()) for number in range(count)]
    actions.import_messages(actor=actor, room_id=room.pk, said=said)


def test_each_thing_once_as_it_now_is(alice: User, bob: User, mallory: User, room: Room, say: Say) -> None:
    after = head(room)
    kept, edited, gone = say(bob, room, "Kept"), say(bob, room, "Edtied"), say(bob, room, "Secret")
    actions.edit_message(actor=bob, message_id=edited.pk, body="Edited")
    actions.delete_message(actor=bob, message_id=gone.pk)
    actions.join_room(actor=mallory, room_id=room.pk)
    actions.change_room(actor=alice, room_id=room.pk, name="Quay", topic="")
    batch = changes.read(room.pk, after)
    assert [(entry["id"], entry["seq"] - after) for entry in batch.entries] == [
        (kept.pk, 1),
        (edited.pk, 4),
        (gone.pk, 5),
    ]
    assert [(member["user"]["handle"], member["state"]) for member in batch.members] == [("mallory", "in")]
    assert batch.header == {"name": "Quay", "topic": "", "kind": "public", "archived": False}
    assert (batch.after, batch.seq, batch.more) == (after, after + 7, False)
    assert changes.read(room.pk, batch.seq).entries == []


def test_wire_object_of_a_message(bob: User, alice: User, room: Room) -> None:
    client_id = uuid.uuid4()
    posted = actions.post_message(actor=bob, room_id=room.pk, client_id=client_id, body="To @alice\n<b>")
    entry = changes.read(room.pk, posted.seq - 1).entries[0]
    html = entry.pop("html")
    assert html.startswith("<li")
    assert f'id="message-{posted.message_id}"' in html
    assert f'data-seq="{posted.seq}"' in html
    assert "&lt;b&gt;" in html
    created = entry.pop("created_at")
    assert len(created) == len("2026-11-22T10:00:00.000Z")
    assert entry == {
        "id": posted.message_id,
        "seq": posted.seq,
        "client_id": str(client_id),
        "author": {"id": bob.pk, "handle": "bob", "name": "Bob", "picture": None},
        "body": "To @alice\n<b>",
        "reply_to": None,
        "reactions": [],
        "attachments": [],
        "mentions": [alice.pk],
        "edited_at": None,
        "deleted_at": None,
    }


def test_tombstone_carries_nothing_of_the_text(bob: User, alice: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Hidden words for @alice")
    actions.delete_message(actor=bob, message_id=message.pk)
    entry = changes.read(room.pk, message.seq).entries[0]
    assert (entry["body"], entry["mentions"]) == ("", [])
    assert entry["deleted_at"] is not None
    assert "Hidden" not in entry["html"]


def test_frames_end_after_a_hundred_messages(alice: User, room: Room) -> None:
    after = head(room)
    flood(alice, room, 250)
    sizes, cursor, more = [], after, True
    while more:
        batch = changes.read(room.pk, cursor)
        assert batch.after == cursor
        sizes.append(len(batch.entries))
        cursor, more = batch.seq, batch.more
    assert sizes == [100, 100, 50]
    assert cursor == after + 250


def test_frames_end_at_128_kib(alice: User, room: Room) -> None:
    import json

    after = head(room)
    flood(alice, room, 40, "ü" * 4900)
    batch = changes.read(room.pk, after)
    assert batch.more
    assert 1 < len(batch.entries) < 40
    assert len(json.dumps(batch.as_wire(), ensure_ascii=False).encode()) <= 128 * 1024 + 1024
    assert batch.seq == batch.entries[-1]["seq"]


def test_a_change_is_never_split(alice: User, room: Room) -> None:
    """One change may cover many messages; it comes whole, even when it is larger than a frame."""
    after = head(room)
    flood(alice, room, 150)
    Message.objects.filter(room=room).update(seq=after + 150)
    batch = changes.read(room.pk, after)
    assert (len(batch.entries), batch.seq) == (150, after + 150)


def test_members_of_a_cut_frame_wait_for_their_turn(alice: User, mallory: User, room: Room) -> None:
    after = head(room)
    flood(alice, room, 120)
    actions.join_room(actor=mallory, room_id=room.pk)
    first = changes.read(room.pk, after)
    assert (first.more, first.members) == (True, [])
    assert len(changes.read(room.pk, first.seq).members) == 1


def test_opening_without_a_cursor_starts_at_the_head(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    batch = changes.open_room(bob, room.pk)
    assert isinstance(batch, changes.Batch)
    assert (batch.after, batch.seq, batch.entries) == (message.seq, message.seq, [])
    assert batch.header is not None
    assert batch.header["name"] == "Harbour"


@pytest.mark.parametrize("why", ["beyond", "floor", "epoch", "too much"])
def test_resync(alice: User, bob: User, room: Room, why: str) -> None:
    after: int = head(room)
    epoch = None
    if why == "beyond":
        after += 1
    elif why == "floor":
        Room.objects.filter(pk=room.pk).update(floor_seq=after)
        after -= 1
    elif why == "epoch":
        epoch = str(uuid.uuid4())
    else:
        flood(alice, room, 501)
    answer = changes.open_room(bob, room.pk, after=after, epoch=epoch)
    assert answer == changes.Resync(room.pk, head(room))


def test_500_changes_are_still_told(alice: User, bob: User, room: Room) -> None:
    after = head(room)
    flood(alice, room, 500)
    answer = changes.open_room(bob, room.pk, after=after, epoch=changes.current_epoch())
    assert isinstance(answer, changes.Batch)
    assert len(answer.entries) == 100


def test_no_right_no_sight(bob: User, mallory: User, alice: User, room: Room, private_room: Room) -> None:
    with pytest.raises(Forbidden):
        changes.open_room(mallory, room.pk, after=0)
    with pytest.raises(NotFound) as hidden:
        changes.open_room(mallory, private_room.pk, after=0)
    with pytest.raises(NotFound) as missing:
        changes.open_room(mallory, 10**9, after=0)
    assert hidden.value.as_wire() == missing.value.as_wire()
    actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
    with pytest.raises(NotFound):
        changes.open_room(bob, private_room.pk, after=0)


def test_the_head_is_read_before_the_rows(bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said after the head was read comes in the next frame, never between the two."""
    first = say(bob, room, "Before")
    original = changes.require_reader

    def say_more(*args: Any) -> Any:
        say(bob, room, "Between")
        return original(*args)

    monkeypatch.setattr(changes, "require_reader", say_more)
    batch = changes.open_room(bob, room.pk, after=first.seq - 1)
    assert isinstance(batch, changes.Batch)
    assert [entry["body"] for entry in batch.entries] == ["Before"]
    assert batch.seq == first.seq
    assert [entry["body"] for entry in changes.read(room.pk, batch.seq).entries] == ["Between"]


def test_ids_tell_no_words(alice: User, bob: User, room: Room, say: Say) -> None:
    after = head(room)
    message = say(bob, room, "@alice come")
    actions.leave_room(actor=bob, room_id=room.pk)
    ids = changes.read_ids(room.pk, after, room.last_message_id)
    assert ids.messages == [{"id": message.pk, "author": bob.pk, "mentions": [alice.pk]}]
    assert (ids.after, ids.seq, ids.ended) == (after, after + 2, {bob.pk})


def test_query_budget(alice: User, room: Room, django_assert_max_num_queries: Any) -> None:
    flood(alice, room, 100, "@bob")
    with django_assert_max_num_queries(4):
        changes.read(room.pk, 0)
    with django_assert_max_num_queries(6):
        changes.open_room(alice, room.pk, after=1)
