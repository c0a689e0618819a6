"""Who is offered after an @: members of the room only, few, the likely ones first, at the price of two queries."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PastHandle, User
from chat import actions
from chat.completion import members_like
from chat.models import Membership, Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
MakePerson = Callable[..., User]


@pytest.fixture
def crowd(room: Room, make_person: MakePerson) -> Callable[..., None]:
    """`crowd("anna", name="Anna Berg")`: somebody more in the room."""

    def come_in(handle: str, **fields: str) -> None:
        person = make_person(handle, **fields)
        Membership.objects.create(room=room, user=person, seq=1, joined_at=timezone.now())

    return come_in


def offered(room: Room, beginning: str, *, to: User) -> list[str]:
    return [person.handle for person in members_like(room.pk, beginning, but=to)]


def test_by_the_beginning_of_a_handle_or_of_a_word_of_the_name(room: Room, alice: User, crowd: MakePerson) -> None:
    crowd("kt", name="Åsa-Lena Quist")
    crowd("q_1", name="Somebody")
    for beginning in ("kt", "KT", "quis", "QU", "Quist", "åsa", "Åsa"):
        assert "kt" in offered(room, beginning, to=alice), beginning
    assert set(offered(room, "q", to=alice)) == {"kt", "q_1"}
    for beginning in ("uist", "t", "%", "_", "q%", "q11", "\\", "x" * 81):
        assert offered(room, beginning, to=alice) == [], beginning


def test_those_who_spoke_lately_come_first_and_the_very_handle_before_them(
    room: Room, alice: User, crowd: MakePerson, say: Callable[..., Message]
) -> None:
    for handle in ("zoe", "zo", "zora"):
        crowd(handle, name=f"Z{handle}")
    assert offered(room, "z", to=alice) == ["zo", "zoe", "zora"]
    say(User.objects.get(handle="zora"), room)
    assert offered(room, "z", to=alice) == ["zora", "zo", "zoe"]
    assert offered(room, "zo", to=alice) == ["zo", "zora", "zoe"]


def test_not_oneself_nor_who_is_gone_nor_a_handle_given_up(room: Room, alice: User, bob: User, mallory: User) -> None:
    assert offered(room, "bob", to=alice) == ["bob"], "the premise"
    assert offered(room, "bob", to=bob) == []
    assert offered(room, "mal", to=alice) == []
    PastHandle.objects.create(handle="robert", user=bob)
    assert offered(room, "robert", to=alice) == []
    actions.leave_room(actor=bob, room_id=room.pk)
    assert offered(room, "bob", to=alice) == []


def test_never_more_than_eight_for_two_queries(room: Room, alice: User, crowd: MakePerson) -> None:
    for number in range(12):
        crowd(f"many-{number:02}")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert offered(room, "", to=alice)[:1]
        assert len(offered(room, "many", to=alice)) == 8
    assert len(asked) == 4


def test_the_door_gives_people_as_json(client_of: ClientOf, room: Room, alice: User, bob: User) -> None:
    answer = client_of(alice).get(f"/rooms/{room.slug}/members/find/", {"q": "bo"})
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {"members": [{"id": bob.pk, "handle": "bob", "name": bob.name, "picture": None}]}
    assert client_of(alice, json=True).get(f"/rooms/{room.slug}/members/find/?q=%00").json()["code"] == "invalid"
