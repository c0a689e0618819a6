"""Prepared queries answer as the querysets they were made of, whoever asks and however often."""

import threading
from collections.abc import Callable
from datetime import UTC, timedelta, timezone

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import User
from chat.models import Message, Room
from chat.models.prepared import Prepared, moment

Say = Callable[..., Message]


def behind(room_id: int, after: int, seq: int) -> QuerySet[Message]:
    changed = Message.objects.filter(room_id=room_id, seq__gt=after, seq__lte=seq, kind="text")
    return changed.select_related("author").order_by("-seq")[:3]


@pytest.mark.django_db
def test_the_same_rows_for_whatever_is_given(say: Say, alice: User, bob: User, room: Room, private_room: Room) -> None:
    prepared = Prepared(behind)
    said = [say(author, room, f"{number}") for number in range(3) for author in (alice, bob)]
    say(alice, private_room, "Elsewhere")
    bounds = [0, 1, said[0].seq, said[2].seq, said[-1].seq, 10**12]
    for given in [(place.pk, after, seq) for place in (room, private_room) for after in bounds for seq in bounds]:
        rows, expected = prepared(*given), list(behind(*given))
        assert [(row.pk, row.body, row.created_at) for row in rows] == [
            (row.pk, row.body, row.created_at) for row in expected
        ]
        assert [row.author for row in rows] == [row.author for row in expected]


@pytest.mark.django_db
def test_words_are_given_as_numbers_are(room: Room, private_room: Room) -> None:
    """Also what looks like a number, or like the SQL's own places."""
    prepared = Prepared(lambda slug, room_id: Room.objects.filter(slug=slug, pk=room_id).exclude(topic="in"))
    for place in (room, private_room):
        assert prepared(place.slug, place.pk) == [place]
        for other in ("", "in", "%s", str(place.pk), f"{place.slug}' OR 1=1 --"):
            assert prepared(other, place.pk) == []


@pytest.mark.django_db
def test_times_are_given_in_whatever_zone(say: Say, alice: User, room: Room) -> None:
    said = [say(alice, room, f"{number}") for number in range(3)]
    prepared = Prepared(lambda since: Message.objects.filter(created_at__gte=moment(since)).order_by("pk"))
    for zone in (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
        assert prepared(said[1].created_at.astimezone(zone)) == said[1:]
    assert prepared(said[-1].created_at + timedelta(microseconds=1)) == []


@pytest.mark.django_db
def test_one_query_and_nothing_read_later(
    say: Say, alice: User, room: Room, django_assert_num_queries: Callable[..., object]
) -> None:
    message = say(alice, room, "Words")
    prepared = Prepared(behind)
    for _time in range(2):
        with django_assert_num_queries(1):
            (row,) = prepared(room.pk, message.seq - 1, message.seq)
            assert (row.author.name, row.client_id) == (alice.name, message.client_id)


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_over_its_own_connection(say: Say, alice: User, room: Room) -> None:
    message = say(alice, room, "Words")
    prepared = Prepared(behind)
    assert prepared(room.pk, 0, message.seq)
    found: list[Message] = []

    def ask() -> None:
        found.extend(prepared(room.pk, message.seq - 1, message.seq))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(20)
    assert found == [message]


@pytest.mark.django_db
def test_two_threads_may_prepare_the_same(say: Say, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is done and asks while the other is still at it."""
    message = say(alice, room, "Words")
    prepared = Prepared(behind)
    assert prepared(room.pk, 0, message.seq)
    original, found = SQLCompiler.pre_sql_setup, []

    def in_between(compiler: SQLCompiler, **options: bool) -> object:
        found.append(prepared(room.pk, 0, message.seq))
        return original(compiler, **options)

    monkeypatch.setattr(SQLCompiler, "pre_sql_setup", in_between)
    prepared._prepare(3)
    assert found  # as_sql() sets up, too
    assert all(rows == [message] for rows in found)
