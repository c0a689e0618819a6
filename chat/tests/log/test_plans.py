"""No reading walks a table: how both databases go about what is asked all the time, where much is stored."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from chat import actions, changes, overview
from chat.formatting import VERSION
from chat.live.rights import read_rights
from chat.models import Membership, Mention, Message, Room
from chat.views.find import entered
from chat.window import window

pytestmark = pytest.mark.django_db

ROOMS, MESSAGES, PEOPLE = 4, 6000, 300
BEGAN, ENDED = 1500, 5500  # the room is younger than the others, and fell silent before them
FEW = 1000  # rows of the large tables that one statement may touch; the room has so many
LARGE = {"chat_message", "chat_mention", "chat_membership", "accounts_user", "django_session"}
FIRST = datetime(2026, 3, 1, tzinfo=UTC)

Statement = tuple[str, Any]


@dataclass
class Town:
    """Bob has read nothing of the room; of the messages every fourth is in it and every fourtieth names him."""

    bob: User
    room: Room
    ids: list[int]
    browser: Client

    @property
    def key(self) -> str:
        return self.browser.cookies[settings.SESSION_COOKIE_NAME].value

    def page(self, end: str = "") -> None:
        assert self.browser.get(f"{self.room.get_absolute_url()}{end}").status_code == 200

    def identity(self) -> sessions.Identity:
        found = sessions.identify(self.key)
        assert found is not None
        return found

    def say(self, body: str) -> int:
        return actions.post_message(actor=self.bob, room_id=self.room.pk, client_id=uuid.uuid4(), body=body).message_id


@pytest.fixture
def town(alice: User, bob: User, room: Room) -> Town:
    others = [actions.create_room(actor=alice, name=f"Room {number}") for number in range(1, ROOMS)]
    people = User.objects.bulk_create(User(handle=f"person-{number}", name="Person") for number in range(PEOPLE))
    Membership.objects.bulk_create(
        Membership(room=each, user=person, seq=1, joined_at=FIRST) for each in (room, *others) for person in people
    )
    Membership.objects.bulk_create(Membership(room=each, user=bob, seq=1, joined_at=FIRST) for each in others)
    said = Message.objects.bulk_create(talk([room, *others], [alice, *people]))
    Mention.objects.bulk_create(Mention(message=message, user=bob) for message in said[::400])
    ids = {each.pk: [message.pk for message in said if message.room_id == each.pk] for each in (room, *others)}
    for each in (room, *others):
        Room.objects.filter(pk=each.pk).update(seq=each.seq, last_message_id=ids[each.pk][-1])
    Session.objects.bulk_create(
        Session(session_key=uuid.uuid4().hex, session_data="", expire_date=timezone.now()) for _person in people
    )
    browser = Client()
    browser.force_login(bob)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # Or it walks through all of so small a town as soon as through a part of it.
            cursor.execute("SET LOCAL random_page_cost = 1.1")
    room.refresh_from_db()
    return Town(bob, room, ids[room.pk], browser)


def talk(rooms: list[Room], people: list[User]) -> Iterator[Message]:
    """The people in turn, a message a minute, in the rooms in turn, but for the first while it is not in use."""
    for number in range(MESSAGES):
        room = rooms[number % ROOMS if BEGAN <= number < ENDED else 1 + number % (ROOMS - 1)]
        room.seq += 1
        yield Message(
            room=room,
            author=people[number % len(people)],
            seq=room.seq,
            client_id=uuid.uuid4(),
            body=f"Number {number}",
            html=f"<p>Number {number}</p>",
            markup=VERSION,
            created_at=FIRST + timedelta(minutes=number),
        )


# What people and sockets ask all the time, each in a town of its own.
READINGS: dict[str, Callable[[Town], object]] = {
    "the newest page": lambda town: town.page("messages/?before=9000000000"),
    "an older page": lambda town: town.page(f"messages/?before={town.ids[700]}"),
    "the beginning": lambda town: town.page(f"messages/?before={town.ids[20]}"),
    "a newer page": lambda town: town.page(f"messages/?after={town.ids[100]}&limit=100"),
    "a room with much unread": lambda town: town.page(),
    "a permalink": lambda town: town.page(f"messages/{town.ids[700]}/"),
    "a day": lambda town: town.page("2026-03-04/"),
    "the front page": lambda town: town.browser.get("/"),
    "changes over HTTP": lambda town: town.page(f"changes/?after={town.room.seq - 200}"),
    "the window behind what was read": lambda town: read_to_the_end(town),
    "a cursor far behind": lambda town: town.page(f"changes/?after={town.room.seq - 800}"),
    "a feed": lambda town: changes.read(town.room.pk, town.room.seq - 3),
    "a pulse": lambda town: changes.read_ids(town.room.pk, town.room.seq - 3, town.ids[-4]),
    "the clock": lambda town: changes.heads(range(town.room.pk + ROOMS)),
    "a socket's hello": lambda town: overview.overview(town.bob.pk),
    "whose session it is": lambda town: town.identity(),
    "the rights of sockets": lambda town: read_rights([town.identity()], renew=True),
    "a read mark": lambda town: actions.mark_read(actor=town.bob, room_id=town.room.pk, message_id=town.ids[900]),
    "a post": lambda town: town.say("hello @person-7"),
    "an edit": lambda town: actions.edit_message(actor=town.bob, message_id=town.say("a"), body="b @person-8"),
    "a delete": lambda town: actions.delete_message(actor=town.bob, message_id=town.say("a")),
}


def read_to_the_end(town: Town) -> None:
    actions.mark_read(actor=town.bob, room_id=town.room.pk, message_id=town.ids[-1])
    assert len(window(entered(town.bob, town.room.slug)).messages) == 50


def test_no_reading_walks_a_table(town: Town) -> None:
    complaints = []
    for name, read in READINGS.items():
        asked = statements_of(lambda read=read: read(town))
        assert any("FROM" in sql for sql, _parameters in asked), name
        complaints += [f"{name}: {found}\n{sql}" for sql, parameters in asked if (found := walk(sql, parameters))]
    assert not complaints, "\n\n".join(complaints)


def test_a_walk_is_seen(town: Town) -> None:
    (asked,) = statements_of(lambda: list(Message.objects.filter(body__contains="nowhere")[:10]))
    assert walk(*asked)


def statements_of(read: Callable[[], object]) -> list[Statement]:
    asked: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        if sql.startswith("SELECT"):
            asked.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        read()
    return asked


def walk(sql: str, parameters: Any, few: int = FEW) -> str:
    """What is wrong with the way the database goes; empty for nothing."""
    return {"sqlite": walk_of_sqlite, "postgresql": walk_of_postgresql}[connection.vendor](sql, parameters, few)


def walk_of_sqlite(sql: str, parameters: Any, _few: int) -> str:
    """It tells how it would go, not how far: any walk through a table or an index is one too many."""
    tables = {alias: table for table, alias in re.findall(r'(?:FROM|JOIN) "?(\w+)"? "?(\w+)"?', sql)}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        steps = [row[3] for row in cursor.fetchall()]
    walked = {name for step in steps for name in re.findall(r"^SCAN (\w+)", step)}
    return "; ".join(steps) if LARGE & (walked | {tables.get(name, "") for name in walked}) else ""


def walk_of_postgresql(sql: str, parameters: Any, few: int) -> str:
    """It tells how far it went."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
        (answer,) = cursor.fetchone()
    went = list(scans((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]))
    return f"{went}" if sum(rows for table, _way, rows in went if table in LARGE) > few else ""


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    """Each table that was read, by what, and how many of its rows were looked at, those that did not fit included."""
    if "Relation Name" in node:
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        way = f"{node['Node Type']} {node.get('Index Name', '')}".strip()
        yield node["Relation Name"], way, (node["Actual Rows"] + removed) * node["Actual Loops"]
    for inner in node.get("Plans", []):
        yield from scans(inner)
