"""What a browser keeps for a start without a network: nobody's words, and another worker for another person."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


def version(client: Client) -> str:
    answer = client.get("/sw.js")
    assert answer["Content-Type"] == "text/javascript"
    found = re.search(r'KEPT = "offline-([0-9a-f]{16})"', answer.content.decode())
    assert found
    return found[1]


def test_the_page_holds_nothing_of_any_room(
    client_of: ClientOf, room: Room, bob: User, say: Callable[..., Message]
) -> None:
    say(bob, room, "only for members")
    page = client_of(bob).get("/offline/")
    words = page.content.decode()
    assert f'data-user-id="{bob.pk}"' in words, "whose words the page is to look for"
    for private in ("only for members", f"/rooms/{room.slug}/", bob.name, bob.handle, "page-data"):
        assert private not in words


def test_a_worker_is_of_one_person_in_one_look(client_of: ClientOf, alice: User, bob: User) -> None:
    known = [version(client_of(who)) for who in (alice, bob, bob)] + [version(client_of())]
    assert known[1] == known[2], "or it would be installed anew at each page"
    assert len(set(known)) == 3
    bob.theme = "dark"
    bob.save()
    assert version(client_of(bob)) not in known
