"""The moderators' log: what it finds, in which order, and how far it looks for one page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions, rendering
from chat.actions import Said
from chat.admin import log_scan
from chat.admin.log_filters import Sought, State
from chat.admin.log_scan import Place, walk
from chat.models import Message, Room
from chat.tests.doors.log_reading import LOG, links, shown

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


# --- What is found


def test_the_same_fragment_as_in_the_room(desk: Client, room: Room, alice: User, say: Any) -> None:
    message = say(alice, room, "**bold** <script>alert(1)</script>")
    row = log_scan.loaded([message.pk])[0]
    page = desk.get(LOG).content.decode()
    assert str(rendering.render_message(row)) in page
    assert "<script>alert" not in page


def test_a_conversation_runs_downwards_and_all_else_begins_with_the_newest(
    desk: Client, room: Room, alice: User, bob: User, say: Any
) -> None:
    said = [say(person, room, f"word {n}").pk for n, person in enumerate((alice, bob, alice))]
    assert shown(desk.get(LOG, {"room": room.slug})) == said
    assert shown(desk.get(LOG)) == said[::-1]
    assert shown(desk.get(LOG, {"author": "@Alice"})) == [said[2], said[0]]
    assert shown(desk.get(LOG, {"author": "alice", "room": room.slug, "q": "WORD 0"})) == [said[0]]


def test_states(desk: Client, room: Room, mod: User, bob: User, say: Any) -> None:
    plain, edited, deleted, hidden = (say(bob, room, f"word {n}") for n in range(4))
    actions.edit_message(actor=bob, message_id=edited.pk, body="another word")
    actions.delete_message(actor=bob, message_id=deleted.pk)
    actions.hide_message(actor=mod, message_id=hidden.pk, reason="rude")
    for state, found in (("hidden", hidden), ("deleted", deleted), ("edited", edited)):
        assert shown(desk.get(LOG, {"state": state})) == [found.pk]
        assert shown(desk.get(LOG, {"state": state, "room": room.slug, "author": "bob"})) == [found.pk]
        assert shown(desk.get(LOG, {"state": state, "author": "mod"})) == []
    assert plain.pk in shown(desk.get(LOG))


def test_words_are_found_in_what_was_changed_and_hidden_too(
    desk: Client, room: Room, mod: User, bob: User, say: Any
) -> None:
    edited, hidden, other = say(bob, room, "a rotten fish"), say(bob, room, "Rotten apples"), say(bob, room, "fresh")
    actions.edit_message(actor=bob, message_id=edited.pk, body="a fine fish")
    actions.hide_message(actor=mod, message_id=hidden.pk, reason="rude")
    page = desk.get(LOG, {"q": "rotten"})
    assert shown(page) == [hidden.pk, edited.pk]
    assert "Rotten apples" in page.content.decode()
    assert shown(desk.get(LOG, {"q": "100%"})) == shown(desk.get(LOG, {"q": "r_tten"})) == []
    assert shown(desk.get(LOG, {"q": "FRESH"})) == [other.pk]
    assert shown(desk.get(LOG, {"q": "sh", "room": room.slug, "author": "bob"})) == [other.pk, edited.pk]


def test_words_outside_ascii_are_found_in_either_case(desk: Client, room: Room, bob: User, say: Any) -> None:
    message = say(bob, room, "über den Fluss")
    assert shown(desk.get(LOG, {"q": "ÜBER"})) == [message.pk]
    assert shown(desk.get(LOG, {"q": "Über"})) == [message.pk]


def test_days_are_those_of_the_readers_zone_and_go_by_time(
    desk: Client, sheriff: User, room: Room, alice: User
) -> None:
    sheriff.time_zone = "Asia/Tokyo"
    sheriff.save()
    times = [datetime(2026, 3, 2, 14, 59, tzinfo=UTC), datetime(2026, 3, 2, 15, 0, tzinfo=UTC)]
    late, early = (Said(alice.pk, f"at {at}", at) for at in reversed(times))
    actions.import_messages(actor=alice, room_id=room.pk, said=[late, early])  # what came in first is the later one
    second, first = Message.objects.order_by("pk").values_list("pk", flat=True)
    assert shown(desk.get(LOG, {"since": "2026-03-02", "until": "2026-03-03"})) == [second, first]
    assert shown(desk.get(LOG, {"until": "2026-03-02"})) == [first]
    assert shown(desk.get(LOG, {"since": "2026-03-03", "room": room.slug})) == [second]
    assert shown(desk.get(LOG, {"since": "2026-03-04", "author": "alice"})) == []
    assert shown(desk.get(LOG, {"since": "2026-03-03", "author": "alice"})) == [second]


def test_what_was_said_in_one_moment_is_told_apart(desk: Client, room: Room, alice: User) -> None:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    actions.import_messages(
        actor=alice, room_id=room.pk, said=[Said(alice.pk, f"word {n}", moment) for n in range(120)]
    )
    page, found = desk.get(LOG, {"since": "2026-03-02"}), []
    while ways := links(page, "prev"):
        found += shown(page)
        page = desk.get(f"{LOG}{ways[0]}")
    assert found + shown(page) == list(Message.objects.order_by("-pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    "given",
    [
        {"room": "nowhere"},
        {"author": "nobody-here"},
        {"since": "yesterday"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"since": "2026-03-03", "until": "2026-03-02"},
        {"state": "pending"},
        {"q": "x" * 201},
        {"q": "a\0b"},
    ],
    ids=lambda given: "-".join(given),
)
def test_what_cannot_be_looked_for_is_said(
    given: dict[str, str], desk: Client, room: Room, bob: User, say: Any
) -> None:
    say(bob, room)
    page = desk.get(LOG, given)
    assert (page.status_code, shown(page)) == (400, [])
    assert "errorlist" in page.content.decode()


@pytest.mark.parametrize("raw", ["x", "-5", "1-x", "1-", "9" * 19, "1-" + "9" * 18, "٣", "1 2"])
def test_a_place_that_is_none(raw: str, desk: Client) -> None:
    answer = desk.get(LOG, {"before": raw})
    assert answer.status_code == (200 if raw == "1-" else 400)


# --- Pages


@pytest.fixture
def crowd(room: Room, alice: User, bob: User) -> list[int]:
    """120 messages, every tenth of them bob's, a minute apart."""
    begin = datetime(2026, 5, 1, 12, tzinfo=UTC)
    said = [Said(bob.pk if n % 10 == 0 else alice.pk, f"word {n}", begin + timedelta(minutes=n)) for n in range(120)]
    actions.import_messages(actor=alice, room_id=room.pk, said=said)
    return list(Message.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    "given", [{}, {"room": "harbour"}, {"author": "alice"}, {"since": "2026-05-01"}, {"q": "word"}], ids=str
)
def test_every_message_is_on_one_page_there_and_back(given: dict[str, str], desk: Client, crowd: list[int]) -> None:
    def pages(page: Any, rel: str) -> list[list[int]]:
        found = [sorted(shown(page))]
        while ways := links(page, rel):
            page = desk.get(f"{LOG}{ways[0]}")
            found.append(sorted(shown(page)))
        last.append(page)
        return found

    last: list[Any] = []
    wanted = sorted(walk_all(given, crowd))
    down = pages(desk.get(LOG, given), "prev")
    assert [len(page) for page in down] == [50] * (len(wanted) // 50) + [len(wanted) % 50]
    assert sorted(pk for page in down for pk in page) == wanted
    up = pages(last[0], "next")
    assert sorted(pk for page in up for pk in page) == wanted
    assert len(links(desk.get(LOG, given), "next")) == 0


def walk_all(given: dict[str, str], crowd: list[int]) -> list[int]:
    return [pk for n, pk in enumerate(crowd) if n % 10] if "author" in given else crowd


def test_a_rare_thing_is_looked_for_so_far_and_then_further(
    desk: Client, crowd: list[int], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_scan, "REACH", 50)
    for given in ({"q": "word 3"}, {"q": "word 3", "room": room.slug}, {"q": "word 3", "since": "2026-05-01"}):
        page, found, steps = desk.get(LOG, given), [], 0
        while True:
            found += shown(page)
            ways = links(page, "prev")
            if not ways:
                break
            assert "Look further back" in page.content.decode()
            assert "as far as" in page.content.decode()
            page, steps = desk.get(f"{LOG}{ways[0]}"), steps + 1
        assert found == [crowd[n] for n in (*range(39, 29, -1), 3)], given
        assert steps == 2, given


def test_looking_on_from_the_beginning_is_bounded_too(
    desk: Client, crowd: list[int], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_scan, "REACH", 50)
    for given in ({"q": "word 119"}, {"q": "word 119", "room": room.slug}, {"q": "word 119", "since": "2026-05-01"}):
        page = desk.get(LOG, {**given, "after": crowd[0]})
        for _step in range(2):
            assert shown(page) == [], given
            assert "Look further on" in page.content.decode()
            page = desk.get(f"{LOG}{links(page, 'next')[0]}")
        assert shown(page) == [crowd[119]], given
        assert links(page, "next") == []


def test_the_index_and_not_the_table_is_walked(crowd: list[int], room: Room, bob: User) -> None:
    """Whatever else is sought; otherwise a page of a million messages takes seconds."""
    from django.db import connection

    begin = datetime(2026, 5, 1, tzinfo=UTC)
    end = begin + timedelta(days=1)
    for sought, index in (
        (Sought(room=room), "message_place"),
        (Sought(room=room, words="x"), "message_place"),
        (Sought(author=bob, room=room, start=begin), "message_author"),
        (Sought(room=room, start=begin, end=end, words="x"), "message_day"),
        (Sought(start=begin, end=end), "message_time"),
        (Sought(state=State.HIDDEN, author=bob, start=begin), "message_deleted"),
        (Sought(state=State.DELETED, author=bob, room=room, start=begin), "message_deleted_in_room"),
        (Sought(state=State.EDITED, author=bob, room=room, start=begin), "message_edited"),
        (Sought(), ""),
        (Sought(words="x"), ""),
    ):
        along = walk(sought)
        rows = along._ahead(Place(crowd[-1], end), ascending=False).filter(*along.sieves).values_list("pk")[:51]
        plan = rows.explain()
        if connection.vendor == "sqlite":
            assert "TEMP B-TREE FOR ORDER BY" not in plan, (sought, plan)  # only equal times may be sorted
            first = plan.splitlines()[0]
            assert (f"INDEX {index} (" in first) if index else "INTEGER PRIMARY KEY" in first, (sought, plan)


def test_nothing_is_counted_and_pages_take_few_queries(
    desk: Client, crowd: list[int], room: Room, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for given in ({}, {"room": room.slug}, {"q": "word 1", "state": "hidden"}, {"since": "2026-05-01"}):
        with django_assert_max_num_queries(14) as captured:
            assert desk.get(LOG, given).status_code == 200
        assert not [query for query in captured.captured_queries if "COUNT(*)" in query["sql"]]


def test_around_a_message(desk: Client, crowd: list[int], room: Room) -> None:
    page = desk.get(LOG, {"room": room.slug, "around": crowd[60]})
    assert shown(page) == crowd[35:85]
    assert re.findall(r'is-it[^>]*>.*?id="message-(\d+)"', page.content.decode(), re.DOTALL)[0] == str(crowd[60])
    assert links(page, "prev")
    assert links(page, "next")
