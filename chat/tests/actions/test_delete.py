"""The rules of delete_message."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat import actions
from chat.errors import Forbidden
from chat.models import Mention, Message, Revision, Room

pytestmark = pytest.mark.django_db
Say = Callable[..., Message]


def test_leaves_a_tombstone(alice: User, bob: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Secret of @alice")
    seq = actions.delete_message(actor=bob, message_id=message.pk)
    tombstone = Message.objects.get(pk=message.pk)
    assert (tombstone.body, tombstone.html, tombstone.seq, tombstone.deleted_by) == ("", "", seq, bob)
    assert tombstone.is_deleted
    assert seq == message.seq + 1 == Room.objects.get(pk=room.pk).seq
    revision = Revision.objects.get(message=message)
    assert (revision.body, revision.cause) == ("Secret of @alice", Revision.Cause.DELETE)
    assert Mention.objects.filter(message=message, user=alice).exists()


def test_second_delete_is_no_change(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    seq = actions.delete_message(actor=bob, message_id=message.pk)
    assert actions.delete_message(actor=mod, message_id=message.pk) == seq
    assert Room.objects.get(pk=room.pk).seq == seq
    assert Message.objects.get(pk=message.pk).deleted_by == bob


@pytest.mark.parametrize("who", ["alice", "mod"])
def test_moderators_delete_others_words(
    who: str, request: pytest.FixtureRequest, bob: User, room: Room, say: Say
) -> None:
    actor = request.getfixturevalue(who)
    message = say(bob, room)
    actions.delete_message(actor=actor, message_id=message.pk)
    assert Message.objects.get(pk=message.pk).deleted_by == actor


def test_members_delete_only_their_own(alice: User, bob: User, room: Room, say: Say) -> None:
    message = say(alice, room)
    with pytest.raises(Forbidden):
        actions.delete_message(actor=bob, message_id=message.pk)
    assert Message.objects.get(pk=message.pk).body == "Hello"


def test_who_left_deletes_nothing(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.leave_room(actor=bob, room_id=room.pk)
    with pytest.raises(Forbidden):
        actions.delete_message(actor=bob, message_id=message.pk)
