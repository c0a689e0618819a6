"""The walk over every address: who may come in, by which methods, and never without the CSRF token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Room
from chat.tests.doors.table import ALLAUTH, OURS, PERSON, PUBLIC, TABLE, address_of, addresses
from chat.views.door import Door

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
Samples = dict[str, Any]

ADMIN = sorted(
    {name for name, _pattern in addresses() if name.startswith("admin:")} - {"admin:None", "admin:view_on_site"}
)
POSTING = sorted(name for name, entry in TABLE.items() if entry.posts)
IN_ROOMS = sorted(name for name, entry in OURS.items() if entry.outsider)


def test_every_address_is_classified() -> None:
    names = {name for name, _pattern in addresses() if not name.startswith("admin:")}
    assert names == set(TABLE), "classify new addresses in chat/tests/doors/table.py"


def test_our_doors_are_as_classified() -> None:
    doors = {name: getattr(pattern.callback, "door", None) for name, pattern in addresses() if name in OURS}
    assert doors == {
        name: Door(frozenset(entry.methods.split()), entry.access == PUBLIC) for name, entry in OURS.items()
    }


@pytest.mark.parametrize("name", sorted(name for name, entry in OURS.items() if entry.access == PERSON))
def test_the_signed_out_are_sent_to_sign_in(name: str, client_of: ClientOf, samples: Samples) -> None:
    address = address_of(name, samples)
    for method in OURS[name].methods.lower().split():
        page = getattr(client_of(), method)(address)
        assert page.status_code == 302, method
        assert page["Location"].startswith("/accounts/login/?next=/"), method
        answer = getattr(client_of(json=True), method)(address)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), method


@pytest.mark.parametrize("name", sorted(name for name, entry in ALLAUTH.items() if entry.access == PERSON))
def test_allauth_sends_the_signed_out_to_sign_in(name: str, client_of: ClientOf, samples: Samples) -> None:
    page = client_of().get(address_of(name, samples))
    assert page["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", sorted(OURS))
def test_other_methods_are_refused(name: str, client_of: ClientOf, samples: Samples, alice: User) -> None:
    allowed = set(OURS[name].methods.split())
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        answer = client_of(alice).generic(method, address_of(name, samples))
        assert answer.status_code == 405, method
        assert allowed <= set(answer["Allow"].replace(",", "").split()), method


@pytest.mark.parametrize("name", POSTING)
def test_no_post_without_the_token(name: str, client_of: ClientOf, samples: Samples, alice: User) -> None:
    for strict in (client_of(alice, enforce_csrf_checks=True), client_of(enforce_csrf_checks=True)):
        page = strict.post(address_of(name, samples))
        assert page.status_code == 403
        assert page.templates[0].name == "403_csrf.html"
    answer = client_of(alice, json=True, enforce_csrf_checks=True).post(address_of(name, samples))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_post_with_the_token_passes(client_of: ClientOf, room: Room, alice: User, samples: Samples) -> None:
    """The premise of the test above: it is the token that was missing."""
    strict = client_of(alice, json=True, enforce_csrf_checks=True)
    strict.get("/")
    token = strict.cookies["csrftoken"].value
    answer = strict.post(
        f"/rooms/{room.slug}/messages/",
        {"body": "hello", "client_id": "6f0e8a52-0000-4000-8000-000000000001"},
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("name", IN_ROOMS)
def test_the_outsider_at_every_door(name: str, client_of: ClientOf, samples: Samples, mallory: User) -> None:
    address = address_of(name, samples)
    for method in OURS[name].methods.lower().split():
        page = getattr(client_of(mallory), method)(address, {"name": "Mine now", "body": "mine", "role": "owner"})
        assert page.status_code == OURS[name].outsider, method
        assert "bob said this" not in page.content.decode(), method
        assert "data-cursor" not in page.content.decode(), method


@pytest.mark.parametrize("name", IN_ROOMS)
def test_a_private_room_is_not_there(
    name: str, client_of: ClientOf, samples: Samples, mallory: User, private_room: Room
) -> None:
    hidden, missing = {**samples, "slug": private_room.slug}, {**samples, "slug": "no-such-room"}
    for method in OURS[name].methods.lower().split():
        answers = [
            getattr(client_of(mallory, json=True), method)(address_of(name, parts)) for parts in (hidden, missing)
        ]
        assert [answer.status_code for answer in answers] == [404, 404], method
        assert answers[0].json() == answers[1].json(), method
        assert private_room.name not in answers[0].content.decode()


@pytest.mark.parametrize("name", ADMIN)
def test_the_admin_is_for_staff(name: str, client_of: ClientOf, samples: Samples, alice: User) -> None:
    address = address_of(name, samples)
    entered = client_of().get(address, follow=True)
    if name not in {"admin:logout", "admin:jsi18n"}:
        assert entered.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    assert client_of(alice).get(address, follow=True).status_code in {403, 405}


@pytest.mark.parametrize("name", ADMIN)
def test_no_admin_post_without_the_token(name: str, client_of: ClientOf, samples: Samples, alice: User) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    answer = client_of(alice, enforce_csrf_checks=True).post(address_of(name, samples))
    assert answer.status_code == 403
