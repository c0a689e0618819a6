"""The rules of joining, leaving, adding, removing and roles."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import ChatError, Conflict, Forbidden, Invalid, NotFound
from chat.models import Membership, Message, Restriction, Room

pytestmark = pytest.mark.django_db
Find = Callable[[User, Room], Membership]


def seq_of(room: Room) -> int:
    return Room.objects.get(pk=room.pk).seq


def test_join_takes_a_number_and_starts_at_the_newest(
    bob: User, mallory: User, room: Room, say: Callable[..., Message]
) -> None:
    message = say(bob, room)
    membership = actions.join_room(actor=mallory, room_id=room.pk)
    assert (membership.state, membership.role) == ("in", "member")
    assert membership.seq == seq_of(room) == message.seq + 1
    assert membership.last_read == message.pk


def test_double_join_is_no_change(bob: User, room: Room) -> None:
    before = seq_of(room)
    actions.join_room(actor=bob, room_id=room.pk)
    assert seq_of(room) == before


def test_private_rooms_cannot_be_joined(mallory: User, private_room: Room) -> None:
    with pytest.raises(NotFound):
        actions.join_room(actor=mallory, room_id=private_room.pk)


@pytest.mark.parametrize("bar", ["banned", "archived"])
def test_closed_doors(alice: User, mallory: User, room: Room, bar: str) -> None:
    if bar == "banned":
        Restriction.objects.create(kind="ban", user=mallory, room=room, by=alice, reason="No")
    else:
        Room.objects.filter(pk=room.pk).update(archived_at=timezone.now())
    with pytest.raises(Forbidden):
        actions.join_room(actor=mallory, room_id=room.pk)


def test_leave_and_come_back_as_a_member(alice: User, mod: User, room: Room, membership_of: Find) -> None:
    left = actions.leave_room(actor=mod, room_id=room.pk)
    assert (left.state, left.seq) == ("left", seq_of(room))
    assert left.left_at is not None
    back = actions.join_room(actor=mod, room_id=room.pk)
    assert (back.pk, back.state, back.role, back.left_at) == (left.pk, "in", "member", None)


def test_last_owner_stays(alice: User, bob: User, room: Room, membership_of: Find) -> None:
    for attempt in (
        lambda: actions.leave_room(actor=alice, room_id=room.pk),
        lambda: actions.set_role(actor=alice, room_id=room.pk, user_id=alice.pk, role="member"),
    ):
        with pytest.raises(Conflict):
            attempt()
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="owner")
    actions.leave_room(actor=alice, room_id=room.pk)
    assert membership_of(bob, room).role == "owner"


@pytest.mark.parametrize("handle", ["mallory", "@Mallory", " mallory "])
def test_add_by_handle(mod: User, mallory: User, private_room: Room, membership_of: Find, handle: str) -> None:
    actions.add_member(actor=mod, room_id=private_room.pk, handle=handle)
    assert membership_of(mallory, private_room).is_in


@pytest.mark.parametrize("handle", ["nobody", "", "system", "a" * 10_000])
def test_add_nobody(alice: User, room: Room, handle: str) -> None:
    with pytest.raises(Invalid):
        actions.add_member(actor=alice, room_id=room.pk, handle=handle)


REFUSALS = [
    ("bob", "mod", Forbidden),
    ("mod", "alice", Forbidden),
    ("mod", "mod", Forbidden),
    ("mallory", "bob", Forbidden),
    ("alice", "mallory", NotFound),
    ("mod", "bob", None),
    ("alice", "mod", None),
]


@pytest.mark.parametrize(("who", "whom", "error"), REFUSALS)
def test_remove(
    who: str,
    whom: str,
    error: type[ChatError] | None,
    request: pytest.FixtureRequest,
    room: Room,
    mallory: User,
    membership_of: Find,
) -> None:
    actor, target = request.getfixturevalue(who), request.getfixturevalue(whom)
    before = seq_of(room)
    if error is not None:
        with pytest.raises(error):
            actions.remove_member(actor=actor, room_id=room.pk, user_id=target.pk)
        assert seq_of(room) == before
        return
    removed = actions.remove_member(actor=actor, room_id=room.pk, user_id=target.pk)
    assert (removed.state, removed.seq) == ("removed", before + 1)
    assert actions.remove_member(actor=actor, room_id=room.pk, user_id=target.pk).seq == before + 1


def test_moderator_of_one_room_is_nobody_in_another(alice: User, mod: User, bob: User, private_room: Room) -> None:
    other = actions.create_room(actor=alice, name="Elsewhere")
    actions.add_member(actor=alice, room_id=other.pk, handle="bob")
    with pytest.raises(Forbidden):
        actions.remove_member(actor=mod, room_id=other.pk, user_id=bob.pk)


def test_roles_are_the_owners_to_give(
    alice: User, bob: User, mod: User, mallory: User, room: Room, membership_of: Find
) -> None:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="moderator")
    assert membership_of(bob, room).role == "moderator"
    with pytest.raises(Forbidden):
        actions.set_role(actor=mod, room_id=room.pk, user_id=bob.pk, role="member")
    with pytest.raises(Invalid):
        actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="emperor")
    with pytest.raises(NotFound):
        actions.set_role(actor=alice, room_id=room.pk, user_id=mallory.pk, role="member")


def test_removed_from_a_private_room_it_is_gone(alice: User, bob: User, private_room: Room) -> None:
    actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
    with pytest.raises(NotFound):
        actions.leave_room(actor=bob, room_id=private_room.pk)
