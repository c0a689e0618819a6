"""News of a batch: without a gap in its seqs it is told from the batch itself, and it is the same as read by ids."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat import actions, changes
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]
Then = Callable[[User, Room, list[Message]], object]


def nothing(_actor: User, _room: Room, _said: list[Message]) -> None:
    """Only what was said."""


def edit_elder(actor: User, _room: Room, said: list[Message]) -> None:
    actions.edit_message(actor=actor, message_id=said[0].pk, body="Before all this, but otherwise")


def edit_first(actor: User, _room: Room, said: list[Message]) -> None:
    actions.edit_message(actor=actor, message_id=said[1].pk, body="Otherwise")


def delete_second(actor: User, _room: Room, said: list[Message]) -> None:
    actions.delete_message(actor=actor, message_id=said[2].pk)


def rename(actor: User, room: Room, _said: list[Message]) -> None:
    actions.change_room(actor=actor, room_id=room.pk, name="Quay", topic="")


@pytest.mark.parametrize(
    ("then", "queries"), [(nothing, 0), (edit_elder, 0), (edit_first, 1), (delete_second, 1), (rename, 1)]
)
def test_as_read_by_ids(
    say: Say,
    alice: User,
    bob: User,
    room: Room,
    then: Then,
    queries: int,
    django_assert_num_queries: Callable[..., object],
) -> None:
    elder = say(alice, room, "Before all this")
    said = [elder, say(alice, room, "To @bob and @alice"), say(alice, room, "@bob?"), say(bob, room, "Yes")]
    then(alice, room, said)
    batch = changes.read(room.pk, elder.seq)
    expected = changes.said(room.pk, elder.pk, batch.newest)
    assert [entry["id"] for entry in expected] == [message.pk for message in said[1:]]
    assert [len(entry["mentions"]) for entry in expected] == [2, 1, 0]
    with django_assert_num_queries(queries):
        assert changes.said_in(batch, elder.pk) == expected


def test_what_was_changed_behind_the_head_is_told_all_the_same(
    say: Say, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between head and rows it got a seq above the head: the batch lacks it, the news must not."""
    elder = say(alice, room, "Before all this")
    first, second = say(alice, room, "First"), say(alice, room, "Second")
    read = changes.head

    def head(room_id: int) -> Room:
        found = read(room_id)
        actions.edit_message(actor=alice, message_id=first.pk, body="First, but otherwise")
        return found

    monkeypatch.setattr(changes, "head", head)
    batch = changes.read(room.pk, elder.seq)
    assert [entry["id"] for entry in batch.entries] == [second.pk]
    assert [entry["id"] for entry in changes.said_in(batch, elder.pk)] == [first.pk, second.pk]
