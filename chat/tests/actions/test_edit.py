"""The rules of edit_message."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import ChatError, Forbidden, Invalid, NotFound, TooLarge
from chat.models import Mention, Message, Revision, Room

pytestmark = pytest.mark.django_db
Say = Callable[..., Message]


def test_changes_the_words_and_keeps_the_former(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Frist")
    seq = actions.edit_message(actor=bob, message_id=message.pk, body="**First**")
    edited = Message.objects.get(pk=message.pk)
    assert (edited.seq, edited.body, edited.html) == (seq, "**First**", "<p><strong>First</strong></p>")
    assert seq == message.seq + 1 == Room.objects.get(pk=room.pk).seq
    assert edited.edited_at is not None
    revision = Revision.objects.get(message=message)
    assert (revision.body, revision.cause) == ("Frist", Revision.Cause.EDIT)


def test_same_words_are_no_change(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Same\nwords")
    assert actions.edit_message(actor=bob, message_id=message.pk, body="Same\r\nwords") == message.seq
    assert Room.objects.get(pk=room.pk).seq == message.seq
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("who", "error"), [("alice", Forbidden), ("mod", Forbidden), ("mallory", Forbidden), ("bob", None)]
)
def test_only_the_author_edits(
    who: str, error: type[ChatError] | None, request: pytest.FixtureRequest, bob: User, room: Room, say: Say
) -> None:
    actor = request.getfixturevalue(who)
    message = say(bob, room)
    if error is None:
        assert actions.edit_message(actor=actor, message_id=message.pk, body="Other") > message.seq
        return
    with pytest.raises(error):
        actions.edit_message(actor=actor, message_id=message.pk, body="Other")
    assert Message.objects.get(pk=message.pk).body == "Hello"


def test_message_of_a_private_room_is_not_there_for_others(
    bob: User, mallory: User, private_room: Room, say: Say
) -> None:
    message = say(bob, private_room)
    with pytest.raises(NotFound) as hidden:
        actions.edit_message(actor=mallory, message_id=message.pk, body="Other")
    with pytest.raises(NotFound) as missing:
        actions.edit_message(actor=mallory, message_id=10**12, body="Other")
    assert hidden.value.as_wire() == missing.value.as_wire()


def test_tombstone_cannot_be_edited(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.delete_message(actor=bob, message_id=message.pk)
    with pytest.raises(NotFound):
        actions.edit_message(actor=bob, message_id=message.pk, body="Other")
    assert Message.objects.get(pk=message.pk).body == ""


@pytest.mark.parametrize(("body", "error"), [("  ", Invalid), ("x" * 5001, TooLarge), ("a\0", Invalid)])
def test_bad_words_change_nothing(bob: User, room: Room, say: Say, body: str, error: type[ChatError]) -> None:
    message = say(bob, room)
    with pytest.raises(error):
        actions.edit_message(actor=bob, message_id=message.pk, body=body)
    assert Message.objects.get(pk=message.pk).body == "Hello"


def test_archived_room_keeps_its_words(bob: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    Room.objects.filter(pk=room.pk).update(archived_at=timezone.now())
    with pytest.raises(Forbidden):
        actions.edit_message(actor=bob, message_id=message.pk, body="Other")


def test_mentions_stay_as_posted(alice: User, bob: User, mod: User, room: Room, say: Say) -> None:
    """Unread mentions are counted as posted, so an edit calls nobody."""
    message = say(bob, room, "@alice")
    actions.edit_message(actor=bob, message_id=message.pk, body="@mod")
    assert list(Mention.objects.values_list("user_id", flat=True)) == [alice.pk]
    assert f'data-user-id="{mod.pk}"' in Message.objects.get(pk=message.pk).html


def test_the_muted_do_not_talk_on_in_old_messages(alice: User, bob: User, room: Room, say: Say) -> None:
    message = say(bob, room, "First")
    mute = actions.mute_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason="Too loud")
    with pytest.raises(Forbidden, match="muted you: Too loud"):
        actions.edit_message(actor=bob, message_id=message.pk, body="And another thing")
    assert actions.edit_message(actor=bob, message_id=message.pk, body="First") == message.seq
    actions.lift_restriction(actor=alice, restriction_id=mute.pk, reason="Calm again")
    assert actions.edit_message(actor=bob, message_id=message.pk, body="Sorry") > message.seq
