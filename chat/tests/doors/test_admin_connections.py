"""The desk of connections: who has which room open, a page at a time, and no way round to a private room's name."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Connection, Membership, ProcessLease, Room
from chat.tests.doors.test_admin_order import AUDIT, CONNECTIONS, RESTRICTIONS, SECRET, ClientOf, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def leases() -> dict[str, ProcessLease]:
    now = timezone.now()
    ends = {"living": 60, "other": 50, "dead": -1}
    return {
        name: ProcessLease.objects.create(started_at=now, expires_at=now + timedelta(seconds=seconds))
        for name, seconds in ends.items()
    }


def test_who_is_connected(
    desk: Client, leases: dict[str, ProcessLease], alice: User, bob: User, mod: User, room: Room, private_room: Room
) -> None:
    for name, person, where in (
        ("living", alice, room),
        ("other", alice, room),  # the same room in another process
        ("living", alice, private_room),
        ("dead", bob, room),
        ("other", mod, room),
    ):
        Connection.objects.create(lease=leases[name], user=person, room=where)
    page = read(desk, CONNECTIONS)
    assert "@alice" in page
    assert "@mod" in page
    assert "@bob" not in page, "their process died"
    assert page.count(f"<bdi>{room.name}</bdi>") == 2
    assert page.count(f"Private room {private_room.pk}") == 1
    assert private_room.name not in page
    assert "2 people have a room open." in page
    assert "@mod" not in read(desk, f"{CONNECTIONS}?q=ali")
    assert "Nobody of that handle" in read(desk, f"{CONNECTIONS}?q=bob")


def test_no_way_round_to_a_private_rooms_name(
    client_of: ClientOf,
    make_person: Callable[..., User],
    leases: dict[str, ProcessLease],
    alice: User,
    mod: User,
    private_room: Room,
) -> None:
    chief = make_person("chief", is_staff=True, is_superuser=True)
    browser = client_of(chief)
    rows = {
        CONNECTIONS: Connection.objects.create(lease=leases["living"], user=alice, room=private_room),
        RESTRICTIONS: actions.mute_person(actor=alice, user_id=mod.pk, room_id=private_room.pk, reason=SECRET),
        AUDIT: AuditEntry.objects.latest("pk"),
        "/admin/chat/membership/": Membership.objects.filter(room=private_room)[0],
    }
    for address, row in rows.items():
        for page in ("change", "history", "delete"):
            answer = browser.get(f"{address}{row.pk}/{page}/", follow=True)
            assert private_room.name not in answer.content.decode(), (address, page)
            assert SECRET not in answer.content.decode(), (address, page)
        for guess in ("room__name__startswith=C", "room__slug=captains", f"reason={SECRET}", "room__topic=x"):
            answers = {browser.get(f"{address}?{guess}", follow=True).content.count(b"@mod")}
            answers |= {browser.get(f"{address}?{guess[:-1]}!", follow=True).content.count(b"@mod")}
            assert len(answers) == 1, f"{guess} is an oracle at {address}"


def test_connections_are_paged(
    desk: Client,
    leases: dict[str, ProcessLease],
    room: Room,
    make_person: Callable[..., User],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(53):
        Connection.objects.create(lease=leases["living"], user=make_person(f"p{number:03}"), room=room)
    with django_assert_max_num_queries(9):
        answer = desk.get(CONNECTIONS)
    assert answer.content.decode().count("@p0") == 50
    further = read(desk, f"{CONNECTIONS}{answer.context['further']}")
    assert further.count("@p0") == 3


def test_nobody_is_connected(desk: Client) -> None:
    assert "Nobody has a room open." in read(desk, CONNECTIONS)
