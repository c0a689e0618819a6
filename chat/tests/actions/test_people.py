"""The rules of setting up, renaming and reading."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import AuditEntry, Installation, Membership, Message, Room

pytestmark = pytest.mark.django_db

FORM = {
    "site_name": "Lindhaven",
    "handle": "ada",
    "name": "Ada",
    "email": "Ada@Town.example",
    "password": "quay crane lock",
    "room_name": "Harbour",
}


def test_set_up_makes_the_administrator_and_a_room() -> None:
    user = actions.set_up(**FORM)
    assert (user.handle, user.email, user.is_superuser, user.is_staff) == ("ada", "ada@town.example", True, True)
    assert user.check_password(FORM["password"])
    installation = Installation.objects.get()
    assert installation.name == "Lindhaven"
    assert installation.set_up_at is not None
    assert Membership.objects.get(user=user).room.slug == "harbour"


def test_set_up_happens_once() -> None:
    actions.set_up(**FORM)
    with pytest.raises(Conflict):
        actions.set_up(**{**FORM, "handle": "eve", "email": ""})
    assert not User.objects.filter(handle="eve").exists()


@pytest.mark.parametrize(
    "wrong", [{"handle": "A B"}, {"name": ""}, {"password": "123"}, {"email": "nowhere"}, {"room_name": ""}]
)
def test_wrong_set_up_leaves_the_site_open_for_the_right_one(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        actions.set_up(**{**FORM, **wrong})
    assert Installation.objects.get().set_up_at is None
    assert not User.objects.filter(kind="human").exists()


def test_new_name_is_a_change_in_each_room(alice: User, bob: User, room: Room, private_room: Room) -> None:
    heads = dict(Room.objects.values_list("pk", "seq"))
    actions.rename_person(actor=bob, person=bob, name="Robert")
    for membership in Membership.objects.filter(user=bob):
        assert membership.seq == heads[membership.room_id] + 1
    actions.rename_person(actor=bob, person=bob, name="Robert")
    assert Room.objects.get(pk=room.pk).seq == heads[room.pk] + 1


def test_names_are_ones_own(bob: User, mallory: User) -> None:
    with pytest.raises(Forbidden):
        actions.rename_person(actor=mallory, person=bob, name="Fool")
    with pytest.raises(Invalid):
        actions.rename_person(actor=bob, person=bob, name="a\u202eb")


def test_reading_counts_what_others_said(alice: User, bob: User, room: Room, say: Callable[..., Message]) -> None:
    first = say(bob, room, "One")
    say(alice, room, "Mine")
    gone = say(bob, room, "@alice")
    last = say(bob, room, "Three")
    actions.delete_message(actor=bob, message_id=gone.pk)
    reading = actions.mark_read(actor=alice, room_id=room.pk, message_id=first.pk)
    assert (reading.last_read, reading.unread, reading.mentions) == (first.pk, 2, 1)
    assert reading.seq == Room.objects.get(pk=room.pk).seq
    assert actions.mark_read(actor=alice, room_id=room.pk, message_id=last.pk).unread == 0


def test_pointer_moves_forward_unless_told(alice: User, bob: User, room: Room, say: Callable[..., Message]) -> None:
    first, last = say(bob, room), say(bob, room)
    actions.mark_read(actor=alice, room_id=room.pk, message_id=last.pk)
    assert actions.mark_read(actor=alice, room_id=room.pk, message_id=first.pk).last_read == last.pk
    back = actions.mark_read(actor=alice, room_id=room.pk, message_id=first.pk, back=True)
    assert (back.last_read, back.unread) == (first.pk, 1)
    assert actions.mark_read(actor=alice, room_id=room.pk, message_id=0, back=True).unread == 2


def test_reading_takes_no_number(alice: User, bob: User, room: Room, say: Callable[..., Message]) -> None:
    message = say(bob, room)
    actions.mark_read(actor=alice, room_id=room.pk, message_id=message.pk)
    assert Room.objects.get(pk=room.pk).seq == message.seq


def test_counts_stop_at_a_hundred(alice: User, bob: User, room: Room) -> None:
    from django.utils import timezone

    said = [actions.Said(bob.pk, f"{number}", timezone.now()) for number in range(130)]
    actions.import_messages(actor=alice, room_id=room.pk, said=said)
    assert actions.mark_read(actor=alice, room_id=room.pk, message_id=0, back=True).unread == 100


def test_pointer_to_nowhere(
    alice: User, mallory: User, room: Room, private_room: Room, say: Callable[..., Message]
) -> None:
    elsewhere = say(alice, private_room)
    with pytest.raises(NotFound):
        actions.mark_read(actor=alice, room_id=room.pk, message_id=elsewhere.pk)
    with pytest.raises(Forbidden):
        actions.mark_read(actor=mallory, room_id=room.pk, message_id=0)
    with pytest.raises(NotFound):
        actions.mark_read(actor=mallory, room_id=private_room.pk, message_id=0)


def test_only_staff_change_other_peoples_accounts(mallory: User, bob: User) -> None:
    with pytest.raises(Forbidden):
        actions.note_account(actor=mallory, person=bob, is_active=(True, False))
    assert not AuditEntry.objects.exists()
    mallory.is_staff = True
    actions.note_account(actor=mallory, person=bob, is_active=(True, False))
    entry = AuditEntry.objects.get()
    assert (entry.person, entry.before, entry.after) == (bob, {"is_active": True}, {"is_active": False})
