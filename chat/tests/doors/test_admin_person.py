"""A person's page in the admin, the list of all, and what is written down when an account is changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Connection, ProcessLease, Room
from chat.tests.doors.test_admin_people import LIST, ClientOf, act_url, page_of

pytestmark = pytest.mark.django_db


def test_a_persons_page(desk: Client, bob: User, room: Room, private_room: Room) -> None:
    lease = ProcessLease.objects.create(started_at=timezone.now(), expires_at=timezone.now() + timedelta(minutes=1))
    Connection.objects.create(lease=lease, user=bob, room=room)
    Connection.objects.create(lease=lease, user=bob, room=private_room)
    page = desk.get(page_of(bob)).content.decode()
    assert f"Private room {private_room.pk}" in page, "open there now"
    assert "and 1 private room" in page
    assert private_room.name not in page
    assert page.count("since ") == 2
    assert f"author={bob.handle}" in page


def test_groups_and_standing_are_listed(desk: Client, sheriff: User, bob: User) -> None:
    actions.ban_person(actor=sheriff, user_id=bob.pk, reason="x")
    page = desk.get(f"{LIST}?standing=banned").content.decode()
    assert "@bob" in page or ">bob<" in page
    assert ">sheriff<" not in page
    assert "staff, Site moderators" in desk.get(LIST).content.decode()


def test_the_list_asks_the_same_however_many(
    desk: Client, make_person: Callable[..., User], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_person(f"person{number}")
    with django_assert_max_num_queries(16):
        assert desk.get(LIST).status_code == 200


# --- Accounts


def test_changes_of_accounts_are_written_down(
    client_of: ClientOf, make_person: Callable[..., User], bob: User, room: Room
) -> None:
    chief = make_person("chief", is_staff=True, is_superuser=True)
    browser = client_of(chief)
    group = Group.objects.get(name="Site moderators")
    form = {"handle": "bob", "name": "Robert", "email": "", "is_staff": "on", "groups": [group.pk]}
    assert browser.post(page_of(bob), form).status_code == 302
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor, entry.person) == ("person.change", chief, bob)
    assert entry.before == {"name": None, "is_staff": False, "groups": []}
    assert entry.after == {"name": "changed", "is_staff": True, "groups": ["Site moderators"]}
    new = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3", "usable_password": "true"}
    assert browser.post(f"{LIST}{bob.pk}/password/", new).status_code == 302
    assert AuditEntry.objects.latest("pk").after == {"password": "changed"}
    unchanged = {"handle": "bob", "name": "Robert", "email": "", "is_staff": "on", "groups": [group.pk]}
    count = AuditEntry.objects.count()
    assert browser.post(page_of(bob), unchanged).status_code == 302
    assert AuditEntry.objects.count() == count


def test_every_act_has_an_address_that_asks(desk: Client, bob: User) -> None:
    for act in ("mute", "ban", "remove", "lift", "close-sessions"):
        assert reverse("admin:accounts_user_act", args=[bob.pk, act]) == act_url(bob, act)
        assert desk.get(act_url(bob, act)).status_code == 200


def test_who_was_called_otherwise_is_found_by_it(desk: Client, bob: User) -> None:
    actions.change_handle(actor=bob, person=bob, handle="robert")
    assert "@bob" in desk.get(page_of(bob)).content.decode().split("Earlier handles")[1]
    assert ">robert</a>" in desk.get(f"{LIST}?q=bob").content.decode()


def test_a_picture_is_shown_and_taken_away(desk: Client, bob: User) -> None:
    assert "Remove the picture" not in desk.get(page_of(bob)).content.decode()
    bob.picture = f"{'a' * 32}.webp"
    bob.save()
    page = desk.get(page_of(bob)).content.decode()
    assert f'src="{bob.picture_url}"' in page
    assert act_url(bob, "remove-picture") in page
    assert desk.post(act_url(bob, "remove-picture"), {"reason": "Not a face", "confirmed": "1"}).status_code == 302
    assert User.objects.get(pk=bob.pk).picture == ""
    entry = AuditEntry.objects.latest("pk")
    assert (entry.person, entry.reason, entry.after) == (bob, "Not a face", {"picture": False})
