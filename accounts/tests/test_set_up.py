"""The set-up page: one administrator, and never a stranger's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts import setup_link
from accounts.models import User
from chat.models import Installation, Membership, Room

GIVEN = {
    "site_name": "Harbour",
    "name": "Alice",
    "handle": "Alice",
    "email": "Alice@Example.org",
    "password": "violet-umbrella-7",
    "room_name": "Lobby",
}


@pytest.mark.django_db
def test_the_first_visit() -> None:
    browser = Client()
    page = browser.get("/").content.decode()
    assert 'action="/set-up/"' in page
    assert browser.post("/set-up/", GIVEN)["Location"] == "/rooms/lobby/"
    alice = User.objects.get(is_superuser=True)
    assert (alice.handle, alice.name, alice.email, alice.is_staff) == ("alice", "Alice", "alice@example.org", True)
    assert alice.check_password(GIVEN["password"])
    assert Installation.objects.get().name == "Harbour"
    assert Membership.objects.get(room=Room.objects.get(name="Lobby")).role == "owner"
    assert browser.get("/rooms/lobby/").status_code == 200
    assert "Harbour" in Client().get("/").content.decode()


@pytest.mark.django_db
def test_only_once() -> None:
    Client().post("/set-up/", GIVEN)
    answer = Client().post("/set-up/", {**GIVEN, "handle": "mallory", "email": ""})
    assert answer.status_code == 409
    assert User.objects.filter(is_superuser=True).count() == 1
    assert Client().get("/set-up/")["Location"] == "/"
    assert "site_name" not in Client().get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site_name", ""),
        ("handle", "a"),
        ("handle", "has space"),
        ("handle", "аlice"),
        ("handle", "admin"),
        ("name", "\u202e"),
        ("name", "a\u0007b"),
        ("email", "nonsense"),
        ("password", "short"),
        ("password", "password"),
        ("room_name", "x" * 81),
    ],
)
def test_wrong_words_make_nobody(field: str, value: str) -> None:
    answer = Client().post("/set-up/", {**GIVEN, field: value})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not User.objects.filter(is_superuser=True).exists()
    assert not Room.objects.exists()
    assert GIVEN["password"] not in answer.content.decode()


@pytest.mark.django_db
def test_extra_fields_are_ignored() -> None:
    Client().post("/set-up/", {**GIVEN, "kind": "bot", "is_active": "", "actor": "1"})
    assert User.objects.get(is_superuser=True).kind == User.Kind.HUMAN


@pytest.mark.django_db
def test_a_stranger_needs_the_link(settings: Settings) -> None:
    settings.REACHABLE = True
    front = Client().get("/").content.decode()
    assert "site_name" not in front
    assert "./run" in front
    assert setup_link.token() not in front
    assert Client().post("/set-up/", GIVEN).status_code == 403
    assert Client().post(f"/set-up/{'0' * 64}/", GIVEN).status_code == 404
    assert Client().get(f"/set-up/{'0' * 64}/").status_code == 404
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.django_db
def test_the_link_works_once(settings: Settings) -> None:
    settings.REACHABLE = True
    assert setup_link.link().startswith(settings.SITE_URL + "/set-up/")
    path = urlsplit(setup_link.link()).path
    browser = Client()
    assert f'action="{path}"' in browser.get(path).content.decode()
    assert browser.post(path, GIVEN)["Location"] == "/rooms/lobby/"
    assert Client().get(path)["Location"] == "/"
    assert Client().post(path, {**GIVEN, "handle": "mallory"}).status_code == 409
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db
def test_the_link_is_of_this_installation(settings: Settings) -> None:
    before = setup_link.token()
    settings.SECRET_KEY = "x" * 50
    assert setup_link.token() != before
    assert not setup_link.holds(before)


@pytest.mark.django_db
def test_nobody_signs_up_before_it() -> None:
    Client().post("/accounts/signup/", {"name": "M", "username": "mallory", "password1": "violet-umbrella-7"})
    assert not User.objects.filter(handle="mallory").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_fifty_at_once_make_one_administrator() -> None:
    Installation.objects.get_or_create(pk=1, defaults={"name": ""})
    gate = threading.Barrier(50)

    def rush(number: int) -> int:
        try:
            gate.wait(20)
            given = {**GIVEN, "handle": f"person{number}", "email": f"p{number}@example.org"}
            return Client().post("/set-up/", given).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        statuses = sorted(pool.map(rush, range(50)))
    assert statuses == [302] + [409] * 49
    assert User.objects.filter(is_superuser=True).count() == 1
    assert Room.objects.count() == 1
