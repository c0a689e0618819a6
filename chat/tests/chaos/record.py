"""What the database says happened: the rows at the end, and every change in commit order, kept by triggers."""

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

SQLITE_NOW = "(julianday('now') - 2440587.5) * 86400.0"
POSTGRES_NOW = "extract(epoch from clock_timestamp())"
COLUMNS = "at, room, kind, row, person, seq, client_id, body, state"
MESSAGE = (
    "{now}, NEW.room_id, 'message', NEW.id, NEW.author_id, NEW.seq, CAST(NEW.client_id AS text), NEW.body,"
    " CASE WHEN NEW.deleted_at IS NOT NULL THEN 'deleted' WHEN NEW.edited_at IS NOT NULL THEN 'edited' ELSE 'said' END"
)
MEMBERSHIP = "{now}, NEW.room_id, 'membership', NEW.id, NEW.user_id, NEW.seq, '', '', NEW.state"
WATCHED = {"chat_message": MESSAGE, "chat_membership": MEMBERSHIP}
INSERT = f"INSERT INTO chaos_log ({COLUMNS}) VALUES "  # noqa: S608 - our own words
LOG = f"SELECT {COLUMNS} FROM chaos_log ORDER BY n"  # noqa: S608 - our own words
TABLE = (
    "CREATE TABLE chaos_log (n {key}, at double precision, room bigint, kind text, row bigint, person bigint,"
    " seq bigint, client_id text, body text, state text)"
)


@dataclass(frozen=True, slots=True)
class RoomRow:
    id: int
    slug: str
    seq: int
    last_message: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    id: int
    room: int
    author: int
    seq: int
    client_id: str
    body: str | None  # None: a tombstone


@dataclass(frozen=True, slots=True)
class MembershipRow:
    room: int
    person: int
    is_in: bool
    seq: int
    last_read: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row, in commit order within its room. `at` is shortly before its commit."""

    at: float
    room: int
    kind: str  # message, membership
    row: int
    person: int
    seq: int
    client_id: str
    body: str | None  # None: a tombstone
    state: str  # said, edited, deleted; in, left, removed


@dataclass
class Record:
    """All of the database that is judged; `changes` begin when the triggers were installed."""

    rooms: dict[int, RoomRow] = field(default_factory=dict)
    messages: list[MessageRow] = field(default_factory=list)  # by id
    memberships: list[MembershipRow] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def install(database: str) -> None:
    """Have this database (a PostgreSQL URL or the path of an SQLite file) write down its changes from now on."""
    is_grown = "://" in database
    with _connected(database) as connection:
        for statement in _grown_triggers() if is_grown else _triggers():
            connection.execute(statement)
        connection.commit()


def _triggers() -> Iterator[str]:
    yield TABLE.format(key="INTEGER PRIMARY KEY AUTOINCREMENT")
    for table, values in WATCHED.items():
        for when in ("INSERT", "UPDATE OF seq"):
            name = f"chaos_{table}_{when[:6].lower()}"
            yield f"CREATE TRIGGER {name} AFTER {when} ON {table} BEGIN {INSERT}({values.format(now=SQLITE_NOW)}); END"


def _grown_triggers() -> Iterator[str]:
    yield TABLE.format(key="bigserial PRIMARY KEY")
    for table, values in WATCHED.items():
        body = f"BEGIN {INSERT}({values.format(now=POSTGRES_NOW)}); RETURN NULL; END"
        yield f"CREATE FUNCTION chaos_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
        yield (
            f"CREATE TRIGGER chaos_{table} AFTER INSERT OR UPDATE OF seq ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION chaos_{table}()"
        )


def read_record(database: str) -> Record:
    """The database as it stands. Raises what the driver raises when it cannot be reached."""
    with _connected(database) as connection:

        def rows(query: str) -> Sequence[tuple[Any, ...]]:
            return list(connection.execute(query).fetchall())

        rooms = rows("SELECT id, slug, seq, last_message_id FROM chat_room")
        messages = rows(
            "SELECT id, room_id, author_id, seq, CAST(client_id AS text), body, deleted_at IS NOT NULL"
            " FROM chat_message ORDER BY id"
        )
        memberships = rows("SELECT room_id, user_id, state, seq, last_read FROM chat_membership")
        changes = rows(LOG)
    return Record(
        rooms={row[0]: RoomRow(*row) for row in rooms},
        messages=[_message(*row) for row in messages],
        memberships=[MembershipRow(row[0], row[1], row[2] == "in", *row[3:]) for row in memberships],
        changes=[_change(*row) for row in changes],
    )


def _message(number: int, room: int, author: int, seq: int, client_id: str, body: str, is_deleted: bool) -> MessageRow:
    return MessageRow(number, room, author, seq, _uuid(client_id), None if is_deleted else body)


def _change(
    at: float, room: int, kind: str, row: int, person: int, seq: int, client_id: str, body: str, state: str
) -> Change:
    return Change(at, room, kind, row, person, seq, _uuid(client_id), None if state == "deleted" else body, state)


def _uuid(text: str) -> str:
    return str(uuid.UUID(text)) if text else ""


@contextmanager
def _connected(database: str) -> Iterator[Any]:
    connection: Any = psycopg.connect(database) if "://" in database else sqlite3.connect(database, timeout=30)
    with closing(connection):
        yield connection
