"""The room's moderation page: what is in force, what is hidden, who did what, in pages by key."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions, moderation
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
Say = Callable[..., Message]


@pytest.fixture
def hidden(bob: User, mod: User, room: Room, say: Say) -> Message:
    message = say(bob, room, "the *tide* turns at four")
    actions.hide_message(actor=mod, message_id=message.pk, reason="Not in this room")
    return message


def test_the_empty_page(client_of: ClientOf, mod: User, make_person: Callable[..., User]) -> None:
    room = actions.create_room(actor=mod, name="Quiet")
    page = client_of(mod).get(f"{room.get_absolute_url()}moderation/").content.decode()
    for words in ("Nobody is muted or banned here.", "No message is hidden.", "Nothing yet."):
        assert words in page


def test_pages_by_key_and_no_query_per_row(
    client_of: ClientOf,
    mod: User,
    bob: User,
    room: Room,
    say: Say,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(moderation.PAGE + 5):
        message = say(bob, room, f"bad {number}")
        actions.hide_message(actor=mod, message_id=message.pk, reason=f"why {number}")
    browser, at = client_of(mod), f"{room.get_absolute_url()}moderation/"
    with django_assert_max_num_queries(20):
        first = browser.get(at).content.decode()
    newest = moderation.hidden(room, viewer=mod, as_staff=False)
    assert [row.kept for row in newest.rows] == [f"bad {n}" for n in range(24, 4, -1)]
    assert f'href="?hidden={newest.before}#hidden"' in first
    second = browser.get(f"{at}?hidden={newest.before}").content.decode()
    assert "bad 4<" in second
    assert "bad 5<" not in second
    assert "?hidden=" not in second
    audit = moderation.acts(room)
    assert f'href="?audit={audit.before}#audit"' in first
    assert "why 4<" in browser.get(f"{at}?audit={audit.before}&hidden=1").content.decode()


def test_hidden_messages_are_found_without_walking_the_room(room: Room, alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by how many rows there are")
    with CaptureQueriesContext(connection) as asked:
        moderation.hidden(room, viewer=alice, as_staff=False)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}")
        plan = str(cursor.fetchall())
    assert "message_deleted_in_room (room_id=?)" in plan
    assert "TEMP B-TREE" not in plan


def test_every_act_has_its_sentence(
    client_of: ClientOf, alice: User, mod: User, bob: User, hidden: Message, make_person: Any, private_room: Room
) -> None:
    room = hidden.room
    actions.restore_message(actor=alice, message_id=hidden.pk, reason="again")
    mute = actions.mute_person(
        actor=alice, user_id=bob.pk, room_id=room.pk, until=datetime(2199, 7, 1, 16, 30, tzinfo=UTC), reason="loud"
    )
    actions.lift_restriction(actor=mod, restriction_id=mute.pk, reason="calm")
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="moderator")
    actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk)
    actions.ban_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason="enough")
    page = " ".join(client_of(alice).get(f"{room.get_absolute_url()}moderation/").content.decode().split())
    for words in (
        "<bdi>Mod</bdi> hid a message by <bdi>Bob</bdi>",
        "<bdi>Alice</bdi> restored a message by <bdi>Bob</bdi>",
        '<bdi>Alice</bdi> muted <bdi>Bob</bdi> until <time class="local" datetime="2199-07-01T16:30:00Z">',
        "<bdi>Mod</bdi> lifted a restriction on <bdi>Bob</bdi>",
        "<bdi>Alice</bdi> changed the role of <bdi>Bob</bdi> to “Moderator”",
        "<bdi>Alice</bdi> removed <bdi>Bob</bdi>",
        "<bdi>Alice</bdi> banned <bdi>Bob</bdi> until lifted",
    ):
        assert words in page
    opener = make_person("opener", is_staff=True, is_superuser=True)
    actions.open_private_room(actor=opener, room_id=private_room.pk, reason="A report")
    page = " ".join(client_of(alice).get(f"{private_room.get_absolute_url()}moderation/").content.decode().split())
    assert "<bdi>Opener</bdi> opened this private room to read it until <time" in page


def test_an_archived_room_says_so_in_the_composers_place(client_of: ClientOf, bob: User, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(archived_at=timezone.now())
    page = client_of(bob).get(room.get_absolute_url()).content.decode()
    assert "This room is archived. It can be read, but nobody can write in it." in page
    assert 'action="/rooms/harbour/messages/" hidden>' in page
