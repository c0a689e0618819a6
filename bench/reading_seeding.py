"""A year of talk to read in, made by a process of its own; prints what addresses need: `… bench.reading_seeding N`."""

import json
import os
import random
import sys
import uuid
from datetime import datetime, timedelta
from typing import Any

from bench.desk_seeding import INSERT, YEAR, words
from bench.seeding import session

PEOPLE, ROOMS, MINE = 400, 60, 20  # MINE: rooms of the reader, besides the two that are measured
LARGEST = 0.077  # of all messages
BLOCK = 10_000  # messages that are made one by one; the others are copies of them, later
UNREAD, FAR_BEHIND = 20, 5_000
HERE = 30  # people who have the largest room open

# Copies of a block: in the same order, with the numbers that follow, so many seconds later. {} is what differs.
COPY = """
INSERT INTO chat_message (room_id, author_id, seq, client_id, body, html, markup, kind, mentions_room,
    created_at, edited_at, deleted_at, deleted_by_id, deleted_reason)
SELECT said.room_id, author_id, said.seq + %s * counted.number, {uuid}, body, html, markup, kind, mentions_room,
    {created_at}, {edited_at}, {deleted_at}, deleted_by_id, deleted_reason
FROM chat_message said
JOIN (SELECT room_id, COUNT(*) AS number FROM chat_message WHERE id BETWEEN %s AND %s GROUP BY room_id) counted
    ON counted.room_id = said.room_id
WHERE said.id BETWEEN %s AND %s ORDER BY said.id
"""
LATER = {
    "sqlite": ("lower(hex(randomblob(16)))", "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', {}, '+{} seconds')"),
    "postgresql": ("gen_random_uuid()", "{} + interval '{} seconds'"),
}
NAMED = """
INSERT INTO chat_mention (message_id, user_id) SELECT id, %s FROM chat_message WHERE html LIKE %s
AND room_id IN (SELECT room_id FROM chat_membership WHERE user_id = %s)
"""


def main(messages: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    rooms, people = furnish()
    reader, blocks = people[0], max(1, messages // BLOCK)
    first, last = talk(rooms, people, min(messages, BLOCK), YEAR / blocks)
    for number in range(1, blocks):
        repeat(first, last, number, YEAR.total_seconds() / blocks)
        print(f"  {(number + 1) * BLOCK:,} of {messages:,} messages", file=sys.stderr, flush=True)
    settle(rooms, reader)
    sit(rooms[0], people)
    print(json.dumps({"session": session(reader), "reader": reader.pk, **samples(rooms)}))


def furnish() -> tuple[list[Any], list[Any]]:
    """The rooms, of which the first becomes the largest, and the people: all in the first two, the reader in more."""
    from django.utils import timezone

    from accounts.models import User
    from chat import actions
    from chat.models import Membership, Room

    owner = actions.set_up(
        site_name="Bench", handle="owner", name="Owner", email="", password=uuid.uuid4().hex, room_name="Hall"
    )
    for number in range(ROOMS):
        actions.create_room(actor=owner, name=f"Room {number}")
    people = [User.objects.create_user(f"person-{number}", None, name=f"Person {number}") for number in range(PEOPLE)]
    rooms, now = list(Room.objects.order_by("pk")), timezone.now()
    places = [(room, person) for room in rooms[:2] for person in people] + [(room, people[0]) for room in rooms[2:MINE]]
    Membership.objects.bulk_create(
        [Membership(room=room, user=person, seq=room.seq, joined_at=now) for room, person in places]
    )
    return rooms, people


def talk(rooms: list[Any], people: list[Any], messages: int, span: timedelta) -> tuple[int, int]:
    """The first block, past the actions, which would take minutes. Ids of its first and last message."""
    from django.db import connection, transaction
    from django.utils import timezone

    from chat.models import Message

    chance, begin = random.Random(20261123), timezone.now() - YEAR
    before = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = []
    for number in range(messages):
        room = rooms[0] if chance.random() < LARGEST else chance.choice(rooms[1:])
        room.seq += 1
        rows.append(said(number, room, people, chance, begin + span * (number / messages)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)
    return before + 1, Message.objects.order_by("-pk").values_list("pk", flat=True)[0]


def said(number: int, room: Any, people: list[Any], chance: random.Random, at: datetime) -> tuple[Any, ...]:
    """A row: one in fifty names the reader, one in a hundred is edited, one in two hundred is hidden."""
    from django.db import connection

    from chat.formatting import VERSION, format_body

    def stored(moment: datetime | None) -> Any:
        return moment and connection.ops.adapt_datetimefield_value(moment)

    author, fate = people[int(len(people) * chance.random() ** 3)], number % 200
    edited, hidden = fate in {3, 77}, fate == 50
    body = "" if hidden else ("@person-0 " if fate % 50 == 9 else "") + words(number, chance)
    return (
        *(room.pk, author.pk, room.seq, uuid.UUID(int=chance.getrandbits(128)).hex, body),
        *(format_body(body, {"person-0": people[0].pk}) if body else "", VERSION, False, stored(at)),
        *(stored(at) if edited else None, stored(at) if hidden else None, people[-1].pk if hidden else None),
        "Advertising" if hidden else "",
    )


def repeat(first: int, last: int, number: int, seconds: float) -> None:
    from django.db import connection

    fresh, later = LATER[connection.vendor]
    times = {name: later.format(name, number * seconds) for name in ("created_at", "edited_at", "deleted_at")}
    with connection.cursor() as cursor:
        cursor.execute(COPY.format(uuid=fresh, **times), [number, first, last, first, last])


def settle(rooms: list[Any], reader: Any) -> None:
    """The rooms' counters, who is named, how far the reader has read; and what PostgreSQL does in its own time."""
    from django.db import connection
    from django.db.models import Max, OuterRef, Subquery

    from chat.models import Membership, Message, Room

    for room_id, seq, newest in Message.objects.values_list("room").annotate(Max("seq"), Max("pk")):
        Room.objects.filter(pk=room_id).update(seq=seq, last_message_id=newest)
    newest = Room.objects.filter(pk=OuterRef("room")).values("last_message_id")
    Membership.objects.filter(user=reader).update(last_read=Subquery(newest))
    for room, behind in ((rooms[0], UNREAD), (rooms[1], FAR_BEHIND)):
        newest_first = Message.objects.filter(room=room).order_by("-pk").values_list("pk", flat=True)
        place = (newest_first[behind : behind + 1] or newest_first.reverse())[0]
        Membership.objects.filter(user=reader, room=room).update(last_read=place)
    with connection.cursor() as cursor:
        cursor.execute(NAMED, [reader.pk, '%class="mention"%', reader.pk])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")


def sit(room: Any, people: list[Any]) -> None:
    """Some have the room open, in a process that never ends."""
    from django.utils import timezone

    from chat.models import Connection, ProcessLease

    now = timezone.now()
    lease = ProcessLease.objects.create(started_at=now, expires_at=now + YEAR)
    Connection.objects.bulk_create([Connection(lease=lease, user=person, room=room) for person in people[:HERE]])


def samples(rooms: list[Any]) -> dict[str, Any]:
    """What stands in the addresses: the largest room, one far from read, and an empty one."""
    from chat.models import Message, Room

    largest, behind = Room.objects.get(pk=rooms[0].pk), rooms[1]
    ids = list(Message.objects.filter(room=largest).order_by("pk").values_list("pk", flat=True))
    days = Message.objects.filter(room=largest).dates("created_at", "day")
    return {
        "largest": largest.slug,
        "held": len(ids),
        "behind": behind.slug,
        "ids": ids,
        "days": [str(day) for day in days],
        "cursor": max(0, largest.seq - 200),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
