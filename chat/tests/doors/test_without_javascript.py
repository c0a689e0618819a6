"""One person's first evening, by forms and links alone."""

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import actions
from chat.models import Installation, Message, Revision, Room

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_this_machine_only(settings: Settings) -> None:
    settings.REACHABLE = False


SET_UP = {
    "site_name": "Harbour",
    "name": "Alice",
    "handle": "alice",
    "email": "",
    "password": "violet-umbrella-7",
    "room_name": "Lobby",
}


def composer_id(page: str) -> str:
    found = re.search(r'name="client_id" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def test_from_an_empty_site_to_an_old_message() -> None:
    browser = Client()
    assert "site_name" in browser.get("/").content.decode()
    entered = browser.post("/set-up/", SET_UP, follow=True)
    assert entered.redirect_chain[-1][0] == "/rooms/lobby/"
    assert User.objects.get(handle="alice").is_superuser

    page = entered.content.decode()
    posted = browser.post("/rooms/lobby/messages/", {"client_id": composer_id(page), "body": "first *word*"})
    message = Message.objects.get()
    assert posted["Location"] == f"/rooms/lobby/#message-{message.pk}"
    assert f'id="message-{message.pk}"' in browser.get("/rooms/lobby/").content.decode()

    at = f"/rooms/lobby/messages/{message.pk}/"
    permalink = browser.get(at).content.decode()
    assert f'href="{at}edit/"' in permalink
    assert f'href="{at}delete/"' in permalink
    assert "first *word*" in browser.get(at + "edit/").content.decode()
    assert browser.post(at + "edit/", {"body": "second word"})["Location"] == at
    assert "second word" in browser.get(at).content.decode()
    assert browser.get(at + "delete/").status_code == 200
    assert browser.post(at + "delete/")["Location"] == at
    after = browser.get("/rooms/lobby/").content.decode()
    assert "second word" not in after
    assert "tombstone" in after
    assert Revision.objects.count() == 2


def test_a_second_person_signs_up_joins_and_pages_back() -> None:
    Client().post("/set-up/", SET_UP)
    browser = Client()
    signed_up = browser.post(
        "/accounts/signup/", {"name": "Bob", "username": "Bob", "password1": "violet-umbrella-8"}, follow=True
    )
    assert signed_up.redirect_chain[-1][0] == "/"
    assert User.objects.get(name="Bob").handle == "bob"
    assert 'href="/rooms/lobby/"' in signed_up.content.decode()

    outside = browser.get("/rooms/lobby/").content.decode()
    assert 'action="/rooms/lobby/join/"' in outside
    assert "data-cursor" not in outside
    inside = browser.post("/rooms/lobby/join/", follow=True).content.decode()
    assert "data-cursor" in inside

    for number in range(60):
        browser.post("/rooms/lobby/messages/", {"client_id": str(uuid.uuid4()), "body": f"word {number}"})
    newest = browser.get("/rooms/lobby/").content.decode()
    assert "word 59" in newest
    assert "word 9<" not in newest
    older = re.search(r'href="(/rooms/lobby/\?before=\d+)"', newest)
    assert older
    past = browser.get(older[1]).content.decode()
    assert "word 9<" in past
    assert "word 10<" not in past


def test_a_refused_message_comes_back_with_its_words() -> None:
    browser = Client()
    browser.post("/set-up/", SET_UP)
    answer = browser.post("/rooms/lobby/messages/", {"client_id": str(uuid.uuid4()), "body": "x" * 5001})
    assert answer.status_code == 413
    assert "x" * 5001 in answer.content.decode()


@pytest.mark.parametrize(("who", "links"), [("bob", {"edit", "delete"}), ("mod", {"hide"}), ("carol", set())])
def test_a_permalink_leads_to_what_the_viewer_may_do(
    who: str, links: set[str], request: pytest.FixtureRequest, bob: User, room: Room, say: Callable[..., Message]
) -> None:
    if who == "carol":
        request.getfixturevalue("make_person")("carol")
        actions.add_member(actor=room.created_by, room_id=room.pk, handle="carol")
    message = say(bob, room, "Look here")
    Installation.objects.update(set_up_at=timezone.now())
    visitor = Client()
    visitor.force_login(User.objects.get(handle=who))
    page = visitor.get(message.get_absolute_url()).content.decode()
    assert f'href="#message-{message.pk}"' in page
    at = message.get_absolute_url()
    assert {name for name in ("edit", "delete", "hide") if f'href="{at}{name}/"' in page} == links
