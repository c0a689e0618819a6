"""What every post asks and writes, in plain SQL: composing it anew each time costs the ORM ten times as much."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection

from chat.models.membership import Membership
from chat.models.message import Message
from chat.models.order import Restriction
from chat.models.room import Room

Row = tuple[Any, ...]


class Question(NamedTuple):
    sql: str
    values: list[Any]


def ask(*questions: Question) -> list[list[Row]]:
    """The rows of each, asked in this order; one trip to PostgreSQL for them all."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # takes one statement at a time
            return [cursor.execute(one.sql, one.values).fetchall() for one in questions]
        cursor.execute(";".join(one.sql for one in questions), [*chain(*(one.values for one in questions))])
        answers = [cursor.fetchall()]
        while cursor.nextset():
            answers.append(cursor.fetchall())
        return answers


# --- The room

FIELDS = Room._meta.concrete_fields
ROOM = f"SELECT {', '.join(str(field.column) for field in FIELDS)} FROM chat_room WHERE id = %s"  # noqa: S608 - ours
COUNTERS = ("seq", "header_seq", "members_seq", "last_message_id")
COUNT = f"UPDATE chat_room SET {', '.join(f'{name} = %s' for name in COUNTERS)} WHERE id = %s"  # noqa: S608


def lock_room(room_id: int, *questions: Question) -> tuple[Room, list[list[Row]]]:
    """In a transaction: the room, which nobody else changes until its end, and answers that were read under its lock.

    Raises Room.DoesNotExist.
    """
    # SQLite has no such words: there the transaction itself is the lock.
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    rows, *answers = ask(Question(ROOM + lock, [room_id]), *questions)
    if not rows:
        raise Room.DoesNotExist
    return _room(rows[0]), answers


def store_counters(room: Room) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [*(getattr(room, name) for name in COUNTERS), room.pk])


def _room(row: Row) -> Room:
    values = list(row)
    for place, convert, column in _converters(connection.vendor):
        values[place] = convert(values[place], column, connection)
    return Room.from_db(connection.alias, [field.attname for field in FIELDS], values)


@cache
def _converters(vendor: str) -> list[tuple[int, Any, Any]]:
    """SQLite knows no time zones."""
    columns = [(place, field.get_col(Room._meta.db_table)) for place, field in enumerate(FIELDS)]
    return [(place, convert, col) for place, col in columns for convert in connection.ops.get_db_converters(col)]


# --- Who posts, and what was said before

STANDING = f"""
    SELECT user_id, role, state, EXISTS (
        SELECT 1 FROM chat_restriction
        WHERE user_id = chat_membership.user_id AND kind = '{Restriction.Kind.MUTE.value}' AND lifted_at IS NULL
    ) FROM chat_membership WHERE room_id = %s AND user_id IN {{}}"""  # noqa: S608
SAID = "SELECT id FROM chat_message WHERE room_id = %s AND author_id IN {} AND client_id IN {}"


def standing(room_id: int, people: Collection[int]) -> Question:
    """What these people are in the room, and whether somebody muted them, here or anywhere."""
    return Question(STANDING.format(_places(people)), [room_id, *people])


def members(rows: Sequence[Row], room_id: int) -> tuple[dict[int, Membership], list[int]]:
    """What `standing` answered: memberships with as much as a permission asks, and who is muted somewhere."""
    found = {user: Membership(room_id=room_id, user_id=user, role=role, state=state) for user, role, state, _ in rows}
    return found, [user_id for user_id, _role, _state, is_muted in rows if is_muted]


def said(room_id: int, people: Collection[int], client_ids: Collection[uuid.UUID]) -> Question:
    """The ids of what these people have said in the room under one of these client ids: of nothing, mostly."""
    keys = [_stored(client_id) for client_id in client_ids]
    return Question(SAID.format(_places(people), _places(keys)), [room_id, *people, *keys])


# --- Saying it


@dataclass(slots=True)
class Words:
    """A message that is about to be stored: a Message takes longer to make than to write."""

    room_id: int
    seq: int
    author_id: int
    client_id: uuid.UUID
    body: str
    html: str
    markup: int
    created_at: datetime
    kind: str = Message.Kind.TEXT.value
    pk: int = 0  # once it is stored


TYPES = {
    "room_id": "bigint",
    "seq": "bigint",
    "author_id": "bigint",
    "client_id": "uuid",
    "body": "text",
    "html": "text",
    "markup": "smallint",
    "created_at": "timestamptz",
    "kind": "text",
}
SAY = f"INSERT INTO chat_message (mentions_room, deleted_reason, {', '.join(TYPES)}) "
VALUES = f"(FALSE, '', {', '.join(['%s'] * len(TYPES))})"
COLUMNS = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
# One value: psycopg takes longer to find two hundred places in a statement than the server to run it.
GIVEN = f"SELECT FALSE, '', given.* FROM json_to_recordset(%s) AS given({COLUMNS}) RETURNING seq, id"  # noqa: S608


def say(messages: Sequence[Words]) -> None:
    """Store new messages in their order, and give them their ids."""
    rows = [tuple(getattr(one, name) for name in TYPES) for one in messages]
    if connection.vendor == "sqlite":
        places = ", ".join([VALUES] * len(rows))
        values = [value for row in rows for value in map(_stored, row)]
        question = Question(f"{SAY}VALUES {places} RETURNING seq, id", values)
    else:
        given = [dict(zip(TYPES, row, strict=True)) for row in rows]
        question = Question(SAY + GIVEN, [json.dumps(given, default=str, ensure_ascii=False)])
    (stored,) = ask(question)
    ids: dict[int, int] = dict(stored)
    for one in messages:
        one.pk = ids[one.seq]


def _stored(value: Any) -> Any:
    """As the database takes it: SQLite knows neither these ids nor time zones."""
    if connection.vendor != "sqlite":
        return value
    if isinstance(value, uuid.UUID):
        return value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _places(values: Collection[Any]) -> str:
    return f"({', '.join(['%s'] * len(values))})"
