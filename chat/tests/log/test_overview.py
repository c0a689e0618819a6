"""A person's rooms at a glance, and what a hello costs."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import actions, overview
from chat.live.opening import Welcome, read_welcome
from chat.models import Message, Restriction, Room
from chat.rendering import wire_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def many_rooms(alice: User, bob: User, say: Callable[..., Message]) -> list[Room]:
    rooms = [actions.create_room(actor=alice, name=f"Room {number:02}") for number in range(20)]
    for room in rooms:
        actions.add_member(actor=alice, room_id=room.pk, handle="bob")
        say(alice, room, "@bob")
    return rooms


def test_a_line_for_each_room_one_is_in(bob: User, mallory: User, many_rooms: list[Room]) -> None:
    left = many_rooms[3]
    actions.leave_room(actor=bob, room_id=left.pk)
    entries = overview.overview(bob.pk)
    assert [entry["name"] for entry in entries] == [room.name for room in many_rooms if room != left]
    assert {(entry["unread"], entry["mentions"]) for entry in entries} == {(1, 1)}
    assert overview.overview(mallory.pk) == []
    assert [entry["id"] for entry in overview.overview(bob.pk, [many_rooms[0].pk, left.pk])] == [many_rooms[0].pk]


def test_a_hello_takes_six_queries_however_many_rooms(
    bob: User, many_rooms: list[Room], django_assert_max_num_queries: Any
) -> None:
    visitor = Client()
    visitor.force_login(bob)
    key = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    with django_assert_max_num_queries(6):
        assert isinstance(read_welcome(key), Welcome)
        assert len(overview.overview(bob.pk)) == 20


def test_where_one_may_not_write(
    alice: User, bob: User, many_rooms: list[Room], django_assert_num_queries: Any
) -> None:
    here, there = many_rooms[0], many_rooms[1]
    soon, late = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(days=1)
    mute = partial(Restriction.objects.create, user=bob, by=alice, kind=Restriction.Kind.MUTE)
    mute(room=here, until=late, reason="late")
    mute(room=there, until=late, lifted_at=timezone.now(), reason="lifted")
    mute(room=None, until=soon, reason="soon")
    mute(room=None, until=timezone.now(), reason="over")
    Restriction.objects.create(user=bob, by=alice, room=there, kind=Restriction.Kind.BAN, reason="a ban")
    with django_assert_num_queries(2):
        entries = {entry["id"]: entry["muted"] for entry in overview.overview(bob.pk)}
    assert entries[here.pk] == {"until": wire_time(late), "reason": "late"}
    assert entries[there.pk] == {"until": wire_time(soon), "reason": "soon"}
    mute(room=None, until=None, reason="for good")
    assert overview.overview(bob.pk, [here.pk])[0]["muted"] == {"until": None, "reason": "for good"}
    assert overview.overview(alice.pk, [here.pk])[0]["muted"] is None


def test_a_persons_rooms_as_far_as_others_may_know(bob: User, mallory: User, room: Room, private_room: Room) -> None:
    assert list(overview.rooms_of(bob, viewer=mallory)) == [room]
    assert set(overview.rooms_of(bob, viewer=bob)) == {room, private_room}
