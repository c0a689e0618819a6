"""The rules of hide_message and restore_message."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat import actions, changes, rendering
from chat.actions import hiding
from chat.actions.drafts import Draft
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import Mention, Message, Opening, Restriction, Revision, Room
from chat.tests.actions.book import written

pytestmark = pytest.mark.django_db
Say = Callable[..., Message]
WHY = "Names a stranger's address"


def test_a_hidden_message_says_who_and_why(alice: User, bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Secret of @alice")
    seq = actions.hide_message(actor=mod, message_id=message.pk, reason=f"  {WHY}\n")
    tombstone = Message.objects.get(pk=message.pk)
    assert (tombstone.body, tombstone.html, tombstone.deleted_by, tombstone.deleted_reason) == ("", "", mod, WHY)
    assert tombstone.is_hidden
    assert seq == message.seq + 1 == Room.objects.get(pk=room.pk).seq
    rendering.furnish([tombstone], room)
    html = rendering.render_message(tombstone)
    assert "Hidden by" in html
    assert "Names a stranger&#x27;s address" in html
    assert "Secret" not in html
    revision = Revision.objects.get(message=message)
    assert (revision.body, revision.cause) == ("Secret of @alice", Revision.Cause.HIDE)


def test_hiding_is_written_down(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Words nobody should find in a book")
    actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    entry = written()[-1]
    assert (entry.actor, entry.verb, entry.target) == (mod, "message.hide", f"message:{message.pk}")
    assert (entry.room, entry.person, entry.reason) == (room, bob, WHY)
    assert (entry.before, entry.after) == ({"hidden": False}, {"hidden": True})


def test_restore_puts_back_the_words(alice: User, bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Ask **@alice**")
    before = rendering.body_html(message)
    actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    seq = actions.restore_message(actor=alice, message_id=message.pk, reason="A mistake")
    restored = Message.objects.get(pk=message.pk)
    assert (restored.body, rendering.body_html(restored), restored.seq) == ("Ask **@alice**", before, seq)
    assert (restored.deleted_at, restored.deleted_by, restored.deleted_reason) == (None, None, "")
    assert not Revision.objects.filter(message=message).exists()
    assert Mention.objects.filter(message=message, user=alice).exists()
    assert [entry.verb for entry in written()] == ["message.hide", "message.restore"]


def test_twice_is_no_change(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    assert actions.restore_message(actor=mod, message_id=message.pk, reason=WHY) == message.seq
    seq = actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    assert actions.hide_message(actor=mod, message_id=message.pk, reason="Other") == seq
    assert Message.objects.get(pk=message.pk).deleted_reason == WHY
    assert len(written()) == 1


def test_what_its_author_deleted_stays_gone(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.delete_message(actor=bob, message_id=message.pk)
    with pytest.raises(Conflict):
        actions.restore_message(actor=mod, message_id=message.pk, reason=WHY)
    assert Message.objects.get(pk=message.pk).body == ""


def test_what_its_author_deletes_after_the_moderator_stays_gone(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Secret")
    seq = actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    assert actions.delete_message(actor=bob, message_id=message.pk) == seq, "it looks the same"
    assert Message.objects.get(pk=message.pk).is_hidden
    with pytest.raises(Conflict):
        actions.restore_message(actor=mod, message_id=message.pk, reason=WHY)


def test_restored_words_name_whom_they_named(alice: User, bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Ask @mod")
    actions.hide_message(actor=alice, message_id=message.pk, reason=WHY)
    actions.leave_room(actor=mod, room_id=room.pk)
    seq = actions.restore_message(actor=alice, message_id=message.pk, reason="A mistake")
    (entry,) = changes.read(room.pk, seq - 1).entries
    assert entry["mentions"] == [mod.pk], "as they are counted"
    assert Message.objects.get(pk=message.pk).html == message.html


def test_a_moderators_delete_is_a_hiding_without_a_reason(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room, "Again")
    actions.delete_message(actor=mod, message_id=message.pk)
    assert written()[-1].verb == "message.hide"
    actions.restore_message(actor=mod, message_id=message.pk, reason="Was fine")
    assert Message.objects.get(pk=message.pk).body == "Again"


def test_text_no_longer_kept_cannot_come_back(bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    Revision.objects.all().delete()
    with pytest.raises(Conflict):
        actions.restore_message(actor=mod, message_id=message.pk, reason=WHY)


@pytest.mark.parametrize("reason", ["", "  \n ", "a" * 501, "\u202egood", "\ud800"])
def test_every_hiding_has_a_reason(reason: str, bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    with pytest.raises(Invalid):
        actions.hide_message(actor=mod, message_id=message.pk, reason=reason)
    assert Message.objects.get(pk=message.pk).body == "Hello"


def test_members_hide_nothing(alice: User, bob: User, room: Room, say: Say) -> None:
    message = say(alice, room)
    with pytest.raises(Forbidden):
        actions.hide_message(actor=bob, message_id=message.pk, reason=WHY)
    actions.hide_message(actor=alice, message_id=say(bob, room).pk, reason=WHY)
    with pytest.raises(Forbidden):
        actions.restore_message(actor=bob, message_id=Message.objects.order_by("-pk")[0].pk, reason=WHY)


def test_a_moderator_elsewhere_is_nobody_here(
    mallory: User, bob: User, room: Room, private_room: Room, say: Say
) -> None:
    actions.create_room(actor=mallory, name="Mine")
    for place, error in ((room, Forbidden), (private_room, NotFound)):
        message = say(bob, place)
        with pytest.raises(error):
            actions.hide_message(actor=mallory, message_id=message.pk, reason=WHY)
        assert Message.objects.get(pk=message.pk).body == "Hello"


def test_the_sites_moderator_in_public_rooms(warden: User, bob: User, mod: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.hide_message(actor=warden, message_id=message.pk, reason=WHY)
    assert Message.objects.get(pk=message.pk).deleted_by == warden
    with pytest.raises(Forbidden):
        actions.restore_message(actor=mod, message_id=message.pk, reason="I liked it")
    actions.restore_message(actor=warden, message_id=message.pk, reason="Rightly")
    assert Message.objects.get(pk=message.pk).body == "Hello"


def test_private_rooms_are_closed_to_the_site(warden: User, bob: User, private_room: Room, say: Say) -> None:
    message = say(bob, private_room)
    with pytest.raises(NotFound):
        actions.hide_message(actor=warden, message_id=message.pk, reason=WHY)
    actions.open_private_room(actor=warden, room_id=private_room.pk, reason="Reported by a member")
    actions.hide_message(actor=warden, message_id=message.pk, reason=WHY)
    assert Message.objects.get(pk=message.pk).is_hidden
    Opening.objects.update(until="2020-01-01T00:00Z")
    with pytest.raises(NotFound):
        actions.restore_message(actor=warden, message_id=message.pk, reason=WHY)


def test_a_right_that_was_taken_ends_at_once(warden: User, bob: User, room: Room, say: Say) -> None:
    kept_by_a_socket = User.objects.get(pk=warden.pk)
    assert kept_by_a_socket.has_perm("chat.moderate_site")
    warden.groups.clear()
    with pytest.raises(Forbidden):
        actions.hide_message(actor=kept_by_a_socket, message_id=say(bob, room).pk, reason=WHY)


def test_the_muted_still_delete_their_own(bob: User, alice: User, room: Room, say: Say) -> None:
    message = say(bob, room)
    actions.mute_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason=WHY)
    assert Restriction.objects.in_force().exists()
    actions.delete_message(actor=bob, message_id=message.pk)
    assert Message.objects.get(pk=message.pk).deleted_by == bob


def test_what_happens_before_the_lock_counts(
    bob: User, mod: User, alice: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = say(bob, room)
    actions.hide_message(actor=mod, message_id=message.pk, reason=WHY)
    prepare = hiding.prepare_again

    def meanwhile(found: Message, body: str) -> Draft:
        monkeypatch.setattr(hiding, "prepare_again", prepare)
        actions.restore_message(actor=alice, message_id=message.pk, reason="Faster")
        actions.delete_message(actor=bob, message_id=message.pk)
        return prepare(found, body)

    monkeypatch.setattr(hiding, "prepare_again", meanwhile)
    with pytest.raises(Conflict):
        actions.restore_message(actor=mod, message_id=message.pk, reason="Slower")
    assert Message.objects.get(pk=message.pk).deleted_by == bob
