"""The rules of making and changing rooms."""

import pytest

from accounts.models import User
from chat import actions
from chat.errors import Forbidden, Invalid, NotFound
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db


def test_maker_becomes_owner_in_change_one(alice: User) -> None:
    room = actions.create_room(actor=alice, name="  Fish   hall ", topic="Ice", kind="private")
    assert (room.slug, room.name, room.topic, room.kind) == ("fish-hall", "Fish hall", "Ice", "private")
    assert (room.seq, room.header_seq) == (1, 1)
    membership = Membership.objects.get(room=room)
    assert (membership.user, membership.role, membership.seq) == (alice, "owner", 1)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Harbour", "harbour-2"), ("New", "new-2"), ("Café à la Ünlü", "cafe-a-la-unlu"), ("x" * 80, "x" * 48)],
)
def test_slugs(alice: User, room: Room, name: str, slug: str) -> None:
    assert actions.create_room(actor=alice, name=name).slug == slug


def test_slug_of_a_name_without_ascii(alice: User) -> None:
    slug = actions.create_room(actor=alice, name="图书馆").slug
    assert slug.startswith("r-")
    assert len(slug) == 8


@pytest.mark.parametrize(
    ("name", "topic", "kind"),
    [
        ("", "", "public"),
        ("   ", "", "public"),
        ("x" * 81, "", "public"),
        ("a\u202eb", "", "public"),
        ("a\0b", "", "public"),
        ("\ud800", "", "public"),
        ("Fine", "t" * 251, "public"),
        ("Fine", "", "direct"),
        ("Fine", "", "secret"),
    ],
)
def test_bad_rooms(alice: User, name: str, topic: str, kind: str) -> None:
    with pytest.raises(Invalid):
        actions.create_room(actor=alice, name=name, topic=topic, kind=kind)
    assert not Room.objects.exists()


def test_rename_keeps_the_address(mod: User, room: Room) -> None:
    seq = actions.change_room(actor=mod, room_id=room.pk, name="Old harbour", topic="Nets")
    changed = Room.objects.get(pk=room.pk)
    assert (changed.name, changed.topic, changed.slug) == ("Old harbour", "Nets", "harbour")
    assert changed.seq == changed.header_seq == seq == room.seq + 1
    assert actions.change_room(actor=mod, room_id=room.pk, name="Old harbour", topic="Nets") == seq


def test_members_do_not_rename(bob: User, mallory: User, room: Room, private_room: Room) -> None:
    for actor in (bob, mallory):
        with pytest.raises(Forbidden):
            actions.change_room(actor=actor, room_id=room.pk, name="Mine", topic="")
    with pytest.raises(NotFound):
        actions.change_room(actor=mallory, room_id=private_room.pk, name="Mine", topic="")
