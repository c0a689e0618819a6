"""The moderators' desk: public rooms to look at, private ones closed, people to let in and out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Membership, Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
SECRET = "the tide turns at four"


@pytest.fixture
def staff(make_person: Callable[..., User]) -> User:
    return make_person("staff", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(staff: User, client_of: ClientOf) -> Client:
    return client_of(staff)


@pytest.mark.parametrize("noun", ["room", "message", "membership"])
def test_private_rooms_are_closed(
    noun: str, desk: Client, room: Room, private_room: Room, alice: User, say: Any
) -> None:
    say(alice, room, "said in public")
    say(alice, private_room, SECRET)
    model: Any = {"room": Room, "message": Message, "membership": Membership}[noun]
    listed = desk.get(f"/admin/chat/{noun}/").content.decode()
    assert room.name in listed
    assert private_room.name not in listed
    assert SECRET not in listed
    for row in model.objects.all():
        its_room = row if noun == "room" else row.room
        page = desk.get(f"/admin/chat/{noun}/{row.pk}/change/")
        history = desk.get(f"/admin/chat/{noun}/{row.pk}/history/")
        assert page.status_code == history.status_code == (200 if its_room == room else 302)
    for query in (f"q={private_room.slug}", f"q={SECRET[:8]}", f"room__id__exact={private_room.pk}", "q=Captains"):
        found = desk.get(f"/admin/chat/{noun}/?{query}").content.decode()
        assert SECRET not in found
        assert f">{private_room.name}<" not in found


def test_a_private_rooms_address_is_not_told(desk: Client, private_room: Room) -> None:
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(Room)
    answer = desk.get(f"/admin/r/{kind.pk}/{private_room.pk}/")
    assert answer.status_code == 404


@pytest.mark.parametrize("noun", ["room", "message", "membership"])
def test_nothing_is_written_here(noun: str, desk: Client, room: Room, alice: User, say: Any) -> None:
    row = {"room": room, "message": say(alice, room), "membership": Membership.objects.all()[0]}[noun]
    assert desk.get(f"/admin/chat/{noun}/add/").status_code == 403
    assert desk.post(f"/admin/chat/{noun}/{row.pk}/change/", {"body": "mine"}).status_code == 403
    assert desk.post(f"/admin/chat/{noun}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_the_log_is_not_counted_through(
    desk: Client, room: Room, alice: User, say: Any, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        say(alice, room, f"word {number}")
    with django_assert_max_num_queries(8) as captured:
        page = desk.get(f"/admin/chat/message/?room__id__exact={room.pk}").content.decode()
    assert "word 4" in page
    for query in captured.captured_queries:
        if "COUNT(*)" in query["sql"]:
            assert "LIMIT 10000" in query["sql"]


def test_the_admin_keeps_the_strict_policy(desk: Client, room: Room, alice: User) -> None:
    for address in ("/admin/", "/admin/chat/message/", f"/admin/accounts/user/{alice.pk}/change/"):
        answer = desk.get(address)
        assert answer.status_code == 200
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "<script>" not in answer.content.decode()
        assert " onclick=" not in answer.content.decode()


def test_make_a_person(desk: Client) -> None:
    given = {
        "handle": "Carol",
        "name": "Carol",
        "email": "Carol@Example.org",
        "usable_password": "true",
        "password1": "violet-umbrella-9",
        "password2": "violet-umbrella-9",
    }
    assert desk.post("/admin/accounts/user/add/", {**given, "name": "a\u202eb"}).status_code == 200
    assert desk.post("/admin/accounts/user/add/", {**given, "handle": "ca rol"}).status_code == 200
    assert not User.objects.filter(handle="carol").exists()
    assert desk.post("/admin/accounts/user/add/", given).status_code == 302
    carol = User.objects.get(handle="carol")
    assert (carol.email, carol.is_staff) == ("carol@example.org", False)
    assert carol.check_password("violet-umbrella-9")
    assert desk.post("/admin/accounts/user/add/", {**given, "handle": "carol2"}).status_code == 200, "taken address"


def test_change_a_person(desk: Client, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    before = Membership.objects.get(user=bob).seq
    given = {"handle": "robert", "name": "Robert", "email": "", "is_active": ""}
    assert desk.post(f"/admin/accounts/user/{bob.pk}/change/", given).status_code == 302
    bob.refresh_from_db()
    assert (bob.name, bob.handle, bob.is_active) == ("Robert", "robert", True), "an act shuts people out, with a reason"
    assert User.objects.by_handle("bob") == bob
    told = AuditEntry.objects.filter(person=bob).order_by("pk").values_list("before", "after")
    assert list(told) == [({"handle": "bob"}, {"handle": "robert"}), ({"name": None}, {"name": "changed"})]
    assert Membership.objects.get(user=bob).seq > before
    assert bob.pk in rung


def test_handles_that_others_have_or_had(desk: Client, bob: User, alice: User, mallory: User) -> None:
    actions.change_handle(actor=alice, person=alice, handle="alicia")
    for handle in ("alice", "alicia", "mallory", "Bob B", "admin"):
        given = {"handle": handle, "name": "Bob", "email": ""}
        assert desk.post(f"/admin/accounts/user/{bob.pk}/change/", given).status_code == 200, "the form again"
        new = {"handle": handle, "name": "Eve", "email": "", "usable_password": "false"}
        assert desk.post("/admin/accounts/user/add/", new).status_code == 200
    bob.refresh_from_db()
    assert bob.handle == "bob"
    assert not User.objects.filter(name="Eve").exists()


def test_staff_give_themselves_no_rights(
    client_of: ClientOf, make_person: Callable[..., User], staff: User, bob: User
) -> None:
    from django.contrib.auth.models import Permission

    helper = make_person("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    browser = client_of(helper)
    given = {
        "handle": "helper",
        "name": "Helper",
        "email": "",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }
    assert browser.post(f"/admin/accounts/user/{helper.pk}/change/", given).status_code == 302
    helper.refresh_from_db()
    assert (helper.name, helper.is_superuser) == ("Helper", False)
    assert browser.post(f"/admin/accounts/user/{staff.pk}/change/", given).status_code == 403
    assert browser.post(f"/admin/accounts/user/{staff.pk}/password/", {"password1": "x"}).status_code == 403
    system = User.objects.system()
    assert browser.post(f"/admin/accounts/user/{system.pk}/change/", given).status_code == 403


def test_people_are_not_deleted(desk: Client, bob: User) -> None:
    assert desk.post(f"/admin/accounts/user/{bob.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_password_rings(desk: Client, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    new = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3", "usable_password": "true"}
    assert desk.post(f"/admin/accounts/user/{bob.pk}/password/", new).status_code == 302
    bob.refresh_from_db()
    assert bob.check_password("orange-lighthouse-3")
    assert bob.pk in rung


def test_the_banned_have_no_desk(desk: Client, staff: User) -> None:
    from chat.models import Restriction

    Restriction.objects.create(kind="ban", user=staff, by=staff, reason="x", created_at=timezone.now())
    assert desk.get("/admin/").status_code == 302
