"""The page that deletes one's account, and what the others' pages say afterwards."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from chat import actions, jobs
from chat.models import AuditEntry, Membership, Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
PAGE = "/settings/delete/"


def test_by_the_page(client_of: ClientOf, bob: User, room: Room) -> None:
    browser = client_of(bob)
    page = browser.get(PAGE).content.decode()
    assert "Type bob to say that you mean it." in page
    answer = browser.post(PAGE, {"handle": "@Bob ", "messages": "keep"})
    assert "Your account is deleted" in answer.content.decode()
    assert browser.get(PAGE).status_code == 302, "signed out"
    bob.refresh_from_db()
    assert bob.anonymised_at is not None
    assert Membership.objects.get(user=bob).state == "left", "at once, before the queue"


def test_a_program_deletes_its_person(client_of: ClientOf, bob: User) -> None:
    given = {"handle": "bob", "messages": "remove", "person": 1, "actor": 1}
    answer = client_of(bob, json=True).post(PAGE, given, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    "given",
    [
        {"handle": "alice", "messages": "keep"},
        {"handle": "", "messages": "keep"},
        {"handle": "bob"},
        {"handle": "bob", "messages": "burn"},
        {},
    ],
    ids=["another's handle", "none", "no choice", "an unknown choice", "nothing"],
)
def test_a_slip_deletes_nobody(given: dict[str, str], client_of: ClientOf, bob: User) -> None:
    assert client_of(bob).post(PAGE, given).status_code == 400
    assert client_of(bob, json=True).post(PAGE, given, content_type="application/json").json()["code"] == "invalid"
    bob.refresh_from_db()
    assert bob.anonymised_at is None


def test_it_must_still_be_the_person(bob: User, client: Client, set_up: None) -> None:
    client.force_login(bob)
    for answer in (client.get(PAGE), client.post(PAGE, {"handle": "bob", "messages": "keep"})):
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    bob.refresh_from_db()
    assert bob.anonymised_at is None


def test_the_last_administrator_is_told(client_of: ClientOf, make_person: Callable[..., User]) -> None:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    answer = client_of(boss).post(PAGE, {"handle": "boss", "messages": "keep"})
    assert answer.status_code == 400
    assert "last administrator" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_address_is_told_at_last(client_of: ClientOf, bob: User, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    EmailAddress.objects.create(user=bob, email="bob@example.org", verified=True, primary=True)
    client_of(bob).post(PAGE, {"handle": "bob", "messages": "keep"})
    (told,) = mail.outbox
    assert (told.to, told.subject) == (["bob@example.org"], "Your account was deleted")
    assert "@bob was deleted" in told.body


def test_what_others_see(client_of: ClientOf, alice: User, bob: User, mod: User, room: Room, say: Any) -> None:
    said, named = say(bob, room, "The tide turns at four"), say(alice, room, "Thanks @bob")
    actions.hide_message(actor=mod, message_id=say(bob, room, "Spam").pk, reason="Spam")
    actions.erase_person(actor=bob, person=bob, keep_messages=True)
    jobs.work_off()
    browser = client_of(alice)
    page = browser.get(f"/rooms/{room.slug}/").content.decode()
    assert "Deleted user" in page
    assert "The tide turns at four" in page
    assert Message.objects.get(pk=named.pk).html in page, "what others said stays as they said it"
    assert ">Bob<" not in page
    assert browser.get("/people/bob/").status_code == 404
    assert browser.get(f"/people/deleted-{bob.pk}/").status_code == 404
    for place in ("members/", f"messages/{said.pk}/", "moderation/"):
        assert browser.get(f"/rooms/{room.slug}/{place}", follow=True).status_code == 200, place
    assert ">Bob<" not in browser.get(f"/rooms/{room.slug}/members/").content.decode()
    assert browser.post(f"/rooms/{room.slug}/members/", {"handle": f"deleted-{bob.pk}"}).status_code == 400


def test_the_desk_shows_nobody(client_of: ClientOf, keeper: User, bob: User, room: Room) -> None:
    browser = client_of(keeper)
    browser.get(f"/admin/accounts/user/{bob.pk}/change/")
    answer = browser.post(
        f"/admin/accounts/user/{bob.pk}/acts/erase/", {"confirmed": "1", "reason": "Asked", "messages": "keep"}
    )
    assert answer.status_code == 302
    page = browser.get(f"/admin/accounts/user/{bob.pk}/change/").content.decode()
    assert "Deleted user" in page
    assert not re.search(r"\bbob\b", page.lower())  # as a word: the tokens of forms hold all kinds of letters
    assert f"/user/{bob.pk}/acts/" not in page, "nothing is left to be done to nobody"
    assert browser.post(f"/admin/accounts/user/{bob.pk}/change/", {"name": "Bob", "email": ""}).status_code == 403
    assert "deleted" in browser.get("/admin/accounts/user/").content.decode()
    entry = AuditEntry.objects.get(verb="person.erase")
    assert "Asked" in browser.get(f"/admin/chat/auditentry/{entry.pk}/change/").content.decode()
    assert "deleted an account" in browser.get("/admin/chat/auditentry/").content.decode()
