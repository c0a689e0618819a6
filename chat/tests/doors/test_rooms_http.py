"""Making rooms, their header, their members: each door reaches its action and says what it answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


@pytest.mark.parametrize("kind", ["public", "private"])
def test_new_room(kind: str, client_of: ClientOf, bob: User) -> None:
    answer = client_of(bob).post("/rooms/new/", {"name": "The Pier", "topic": "Boats", "kind": kind})
    assert answer["Location"] == "/rooms/the-pier/"
    room = Room.objects.get()
    assert (room.name, room.topic, room.kind) == ("The Pier", "Boats", kind)
    assert Membership.objects.get(user=bob).role == "owner"


@pytest.mark.parametrize(
    "fields", [{}, {"name": " "}, {"name": "x" * 81}, {"name": "a\u202eb"}, {"name": "ok", "kind": "direct"}]
)
def test_no_such_new_room(fields: dict[str, str], client_of: ClientOf, bob: User) -> None:
    answer = client_of(bob).post("/rooms/new/", fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Room.objects.exists()


@pytest.mark.parametrize("name", ["", 5, None, ["x"], {"a": 1}, "a\u0000b", "\ud800"])
def test_a_program_gets_coded_errors(name: Any, client_of: ClientOf, bob: User) -> None:
    given = json.dumps({"name": name, "topic": ""})
    for address in ("/rooms/new/", "/settings/"):
        answer = client_of(bob, json=True).post(address, given, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), address
    assert not Room.objects.exists()


def test_a_program_makes_a_room(client_of: ClientOf, bob: User) -> None:
    given = json.dumps({"name": "Pier", "kind": "private"})
    answer = client_of(bob, json=True).post("/rooms/new/", given, content_type="application/json")
    assert answer["Location"] == "/rooms/pier/"
    assert Room.objects.get().kind == "private"


def test_header(client_of: ClientOf, mod: User, bob: User, room: Room) -> None:
    at = f"/rooms/{room.slug}/settings/"
    assert 'value="Harbour"' in client_of(mod).get(at).content.decode()
    assert client_of(mod).post(at, {"name": "Quay", "topic": "New"})["Location"] == f"/rooms/{room.slug}/"
    room.refresh_from_db()
    assert (room.name, room.topic) == ("Quay", "New")
    assert client_of(bob).get(at).status_code == 403
    assert client_of(bob).post(at, {"name": "Mine", "topic": ""}).status_code == 403


def test_members(client_of: ClientOf, alice: User, bob: User, mallory: User, room: Room) -> None:
    at = f"/rooms/{room.slug}/members/"
    owner = client_of(alice)
    assert owner.post(at, {"handle": "@Mallory"})["Location"] == at
    assert Membership.objects.present().filter(user=mallory).exists()
    assert "@mallory" in owner.get(at).content.decode()
    assert owner.post(f"{at}{mallory.pk}/role/", {"role": "moderator"}).status_code == 302
    assert Membership.objects.get(user=mallory).role == "moderator"
    assert owner.post(f"{at}{mallory.pk}/role/", {"role": "emperor"}).status_code == 400
    assert owner.post(f"{at}{mallory.pk}/remove/").status_code == 302
    assert Membership.objects.get(user=mallory).state == "removed"


def test_members_refused(client_of: ClientOf, bob: User, alice: User, room: Room) -> None:
    at = f"/rooms/{room.slug}/members/"
    assert client_of(bob, json=True).post(at, {"handle": "mallory"}).status_code == 403
    assert client_of(bob, json=True).post(f"{at}{alice.pk}/remove/").status_code == 403
    assert client_of(bob, json=True).post(f"{at}{bob.pk}/role/", {"role": "owner"}).status_code == 403
    unknown = client_of(alice).post(at, {"handle": "nobody-here"})
    assert unknown.status_code == 400
    assert "nobody-here" in unknown.content.decode()


def test_the_last_owner_stays(client_of: ClientOf, alice: User, room: Room) -> None:
    answer = client_of(alice, json=True).post(f"/rooms/{room.slug}/leave/")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_join_and_leave(client_of: ClientOf, mallory: User, room: Room) -> None:
    browser = client_of(mallory)
    assert browser.post(f"/rooms/{room.slug}/join/")["Location"] == f"/rooms/{room.slug}/"
    assert Membership.objects.get(user=mallory).is_in
    assert browser.post(f"/rooms/{room.slug}/leave/")["Location"] == "/"
    assert Membership.objects.get(user=mallory).state == "left"


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31"])
def test_no_such_day(day: str, client_of: ClientOf, bob: User, room: Room) -> None:
    assert client_of(bob).get(f"/rooms/{room.slug}/{day}/").status_code == 404


@pytest.mark.parametrize("day", ["1970-01-01", "9000-12-31"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "", "Mars/Base"])
def test_far_days(day: str, zone: str, client_of: ClientOf, bob: User, room: Room) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone=zone)
    assert client_of(bob).get(f"/rooms/{room.slug}/{day}/").status_code == 200


def test_names_are_shown_as_text(client_of: ClientOf, bob: User) -> None:
    script = "<script>alert(1)</script>"
    browser = client_of(bob)
    browser.post("/settings/", {"name": script, "theme": "auto", "time_zone": ""})
    at = browser.post("/rooms/new/", {"name": script, "topic": script})["Location"]
    for address in ("/", at, at + "members/", at + "settings/", "/people/bob/", "/settings/"):
        page = browser.get(address).content.decode()
        assert "&lt;script&gt;alert" in page, address
        assert script not in page, address
