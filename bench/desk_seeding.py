"""A year of a busy site, in a process of its own; prints what addresses need: `python -m bench.desk_seeding N`."""

import json
import os
import random
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bench.seeding import session

PEOPLE, ROOMS, PRIVATE = 400, 60, 20
YEAR = timedelta(days=365)
BATCH = 20_000
SENTENCE = (
    "the tide turns early and the ferry waits for nobody but the baker who brings bread across to market on fridays "
    "while gulls look on from lamp posts and somebody counts berths again"
)
INSERT = (
    "INSERT INTO chat_message (room_id, author_id, seq, client_id, body, html, markup, kind, mentions_room, "
    "created_at, edited_at, deleted_at, deleted_by_id, deleted_reason) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, 'text', %s, %s, %s, %s, %s, %s)"
)


def main(messages: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    rooms, people, moderator = furnish()
    talk(rooms, people, moderator, messages)
    remember()
    print(json.dumps({"session": session(moderator), **samples(messages)}))


def furnish() -> tuple[list[Any], list[Any], Any]:
    """The site, its rooms (the last of them private), its people and one who moderates."""
    from django.contrib.auth.models import Group

    from accounts.models import User
    from chat import actions
    from chat.groups import MODERATORS

    owner = actions.set_up(
        site_name="Bench", handle="owner", name="Owner", email="", password=uuid.uuid4().hex, room_name="Hall"
    )
    for number in range(ROOMS):
        kind = "private" if number >= ROOMS - PRIVATE else "public"
        actions.create_room(actor=owner, name=f"Room {number}", kind=kind)
    moderator = User.objects.create_user("moderator", None, name="Moderator", is_staff=True)
    moderator.groups.add(Group.objects.get(name=MODERATORS))
    people = [User.objects.create_user(f"person-{number}", None, name=f"Person {number}") for number in range(PEOPLE)]
    from chat.models import Room

    return list(Room.objects.order_by("pk")), people, moderator


def talk(rooms: list[Any], people: list[Any], moderator: Any, messages: int) -> None:
    """Six of ten in the first room, the others anywhere; busy people and quiet ones; past the actions, which would
    take an hour."""
    from django.db import connection, transaction
    from django.utils import timezone

    chance, now = random.Random(20261122), timezone.now()
    seqs = {room.pk: room.seq for room in rooms}
    for start in range(0, messages, BATCH):
        numbers = range(start, min(start + BATCH, messages))
        rows = list(said(numbers, messages, rooms, people, moderator, seqs, chance, now))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(INSERT, rows)
        print(f"  {numbers.stop:,} of {messages:,} messages", file=sys.stderr, flush=True)
    for room in rooms:
        newest = room.messages.order_by("-pk").values_list("pk", flat=True).first() or 0
        type(room).objects.filter(pk=room.pk).update(seq=seqs[room.pk], last_message_id=newest)


def said(
    numbers: range,
    messages: int,
    rooms: list[Any],
    people: list[Any],
    moderator: Any,
    seqs: dict[int, int],
    chance: random.Random,
    now: datetime,
) -> Iterator[tuple[Any, ...]]:
    from django.db import connection

    from chat.formatting import VERSION

    def stored(at: datetime | None) -> Any:
        return at and connection.ops.adapt_datetimefield_value(at)

    for number in numbers:
        room = rooms[0] if chance.random() < 0.6 else chance.choice(rooms)
        author = people[int(len(people) * chance.random() ** 3)]
        seqs[room.pk] += 1
        at = now - YEAR * ((messages - number) / messages)
        fate = number % 200
        edited, gone = fate in {3, 77}, fate in {50, 51}
        hider = (moderator if fate == 50 else author).pk if gone else None
        body = "" if gone else words(number, chance)
        yield (
            *(room.pk, author.pk, seqs[room.pk], uuid.UUID(int=chance.getrandbits(128)).hex, body, f"<p>{body}</p>"),
            *(VERSION, False, stored(at), stored(at if edited else None), stored(at if gone else None), hider),
            "Advertising" if fate == 50 else "",
        )


def words(number: int, chance: random.Random) -> str:
    rare = " quetzalcoatl" if number == 7 else ""
    return f"{number} " + " ".join(chance.choices(SENTENCE.split(), k=chance.randint(3, 24))) + rare


def remember() -> None:
    """What was changed is kept as revisions, what was hidden is in the audit."""
    from chat.models import AuditEntry, Message, Revision

    changed = Message.objects.filter(edited_at__isnull=False) | Message.objects.filter(deleted_at__isnull=False)
    revisions, acts = [], []
    for row in changed.iterator():
        cause = "edit" if not row.is_deleted else "hide" if row.is_hidden else "delete"
        kept = {"message": row, "author_id": row.author_id, "body": f"Before: {row.pk} the first words"}
        revisions.append(Revision(cause=cause, made_at=row.deleted_at or row.created_at, **kept))
        if row.is_hidden:
            where = {"room_id": row.room_id, "person_id": row.author_id, "target": f"message:{row.pk}"}
            acts.append(AuditEntry(verb="message.hide", actor_id=row.deleted_by_id or 0, reason="Advertising", **where))
    Revision.objects.bulk_create(revisions, batch_size=1000)
    AuditEntry.objects.bulk_create(acts, batch_size=1000)


def samples(messages: int) -> dict[str, Any]:
    """What stands in the addresses of the measured pages."""
    from django.utils import timezone

    from chat.models import Message, Room

    rooms = Room.objects.filter(kind="public").order_by("pk")
    big, small = rooms[0], rooms[5]
    middle = Message.objects.filter(room=big, pk__gte=messages // 2).order_by("pk")[0].pk
    hidden = Message.objects.filter(room=big, deleted_at__isnull=False, pk__gte=messages // 2).order_by("pk")[0].pk
    day = timezone.now().date() - timedelta(days=180)
    return {
        "big": big.slug,
        "small": small.slug,
        "middle": middle,
        "hidden": hidden,
        "since": day.isoformat(),
        "until": (day + timedelta(days=7)).isoformat(),
        "busy": "person-0",
        "quiet": f"person-{PEOPLE - 1}",
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
