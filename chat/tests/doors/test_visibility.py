"""Who sees what of a room: the table of the protocol, at each address that reads."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat import actions
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
SECRET = "the tide turns at four"

READING = (
    "/rooms/{slug}/",
    "/rooms/{slug}/messages/",
    "/rooms/{slug}/messages/{id}/",
    "/rooms/{slug}/2026-01-01/",
    "/rooms/{slug}/changes/?after=0",
    "/rooms/{slug}/members/",
)
# (person, kind of room) -> status of the room page, and of every other address that reads
TABLE = {
    ("bob", "public"): (200, 200),
    ("bob", "private"): (200, 200),
    ("mallory", "public"): (200, 403),
    ("mallory", "private"): (404, 404),
    ("gone", "public"): (200, 403),
    ("gone", "private"): (404, 404),
    ("nobody", "public"): (401, 401),
    ("nobody", "private"): (401, 401),
}


@pytest.fixture
def people(alice: User, bob: User, mallory: User, make_person: Callable[..., User]) -> dict[str, User | None]:
    """`gone` was in both rooms and was taken out."""
    return {"bob": bob, "mallory": mallory, "gone": make_person("gone"), "nobody": None}


@pytest.fixture
def said(people: dict[str, Any], alice: User, room: Room, private_room: Room, say: Any) -> dict[str, Message]:
    for each in (room, private_room):
        actions.add_member(actor=alice, room_id=each.pk, handle="gone")
        actions.remove_member(actor=alice, room_id=each.pk, user_id=people["gone"].pk)
    return {"public": say(alice, room, SECRET), "private": say(alice, private_room, SECRET)}


@pytest.mark.parametrize(("who", "kind"), TABLE)
@pytest.mark.parametrize("address", READING)
def test_reading(
    address: str, who: str, kind: str, people: dict[str, Any], said: dict[str, Message], client_of: ClientOf
) -> None:
    message = said[kind]
    page_status, other_status = TABLE[who, kind]
    expected = page_status if address == READING[0] else other_status
    answer = client_of(people[who], json=True).get(address.format(slug=message.room.slug, id=message.pk))
    assert answer.status_code == expected
    if expected >= 400:
        assert set(answer.json()) == {"type", "ref", "code", "detail"}
    sees_words = expected == 200 and who == "bob" and "2026-01-01" not in address and "members" not in address
    assert (SECRET in answer.content.decode()) == (sees_words or (who == "bob" and "2026-01-01" in address))


def test_a_public_room_from_outside(
    mallory: User, alice: User, room: Room, said: dict[str, Message], client_of: ClientOf
) -> None:
    actions.change_room(actor=alice, room_id=room.pk, name="Harbour", topic="Ships and tides")
    page = client_of(mallory).get(f"/rooms/{room.slug}/").content.decode()
    assert "Harbour" in page
    assert "Ships and tides" in page
    assert f'action="/rooms/{room.slug}/join/"' in page
    assert 'id="messages"' not in page


def test_a_message_is_only_in_its_own_room(
    bob: User, room: Room, private_room: Room, said: dict[str, Message], client_of: ClientOf
) -> None:
    for end in ("", "edit/", "delete/"):
        address = f"/rooms/{room.slug}/messages/{said['private'].pk}/{end}"
        assert client_of(bob, json=True).get(address).status_code == 404


def test_private_rooms_are_not_listed_for_others(
    mallory: User, bob: User, private_room: Room, client_of: ClientOf
) -> None:
    assert private_room.name in client_of(bob).get("/").content.decode()
    assert private_room.name not in client_of(mallory).get("/").content.decode()
    assert private_room.name not in client_of(mallory).get("/people/bob/").content.decode()


def test_the_signed_out_cannot_tell_rooms_apart(private_room: Room, client_of: ClientOf) -> None:
    hidden = client_of().get(f"/rooms/{private_room.slug}/")
    missing = client_of().get("/rooms/no-such-room/")
    assert hidden["Location"] == f"/accounts/login/?next=/rooms/{private_room.slug}/"
    assert missing["Location"] == "/accounts/login/?next=/rooms/no-such-room/"
