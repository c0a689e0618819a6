"""What a room's page may cost, whatever the room holds and whoever asks."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.models import Connection, Message, ProcessLease, Room

pytestmark = pytest.mark.django_db

QUERIES, BYTES = 12, 100_000
WORDS = "Somebody has seen the ferry, and it is late again, says [the board](https://example.org/board). "


@pytest.fixture
def full(alice: User, bob: User, mod: User, warden: User, room: Room, make_person: Callable[..., User]) -> list[int]:
    """Ids of 120 messages by many, some hidden by two who said nothing, in a room where many are now."""
    people = [make_person(f"person-{number}") for number in range(20)]
    lease = ProcessLease.objects.create(started_at=timezone.now(), expires_at=timezone.now() + timedelta(hours=1))
    for person in (*people, warden):
        actions.join_room(actor=person, room_id=room.pk)
        Connection.objects.create(lease=lease, user=person, room=room)
    said = [actions.Said(people[number % 20].pk, f"{number} {WORDS}", timezone.now()) for number in range(120)]
    actions.import_messages(actor=alice, room_id=room.pk, said=said)
    ids = list(Message.objects.filter(room=room, author__in=people).order_by("pk").values_list("pk", flat=True))
    for number, message_id in enumerate(ids[::7]):
        actions.hide_message(actor=(mod, alice)[number % 2], message_id=message_id, reason="Not here")
    return ids


@pytest.mark.parametrize("end", ["", "messages/{id}/", "?before={id}", "?around={id}", "messages/?before={id}"])
def test_of_a_moderator_of_the_site_who_has_read_nothing(
    end: str, full: list[int], room: Room, warden: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Client()
    browser.force_login(warden)
    browser.get("/")  # notes the session, once a minute
    with django_assert_max_num_queries(QUERIES):
        page = browser.get(f"{room.get_absolute_url()}{end.format(id=full[60])}")
    assert page.status_code == 200
    assert page.content.count(b'class="message') >= 50
    assert len(page.content) < BYTES


def test_of_somebody_who_has_read_all(
    full: list[int], room: Room, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    actions.mark_read(actor=bob, room_id=room.pk, message_id=full[-1])
    actions.post_message(actor=bob, room_id=room.pk, client_id=uuid.uuid4(), body="and I say @person-3")
    browser = Client()
    browser.force_login(bob)
    browser.get("/")
    with django_assert_max_num_queries(9):
        assert browser.get(room.get_absolute_url()).status_code == 200
