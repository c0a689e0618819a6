"""What reading asks of the database, timed without a server, in a process of its own; takes and prints JSON:
`python -m bench.reading_asking history TIMES`, or `pages` for how many queries each page makes."""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chatsite.collector import put_aside

AGAIN = 3

Reading = Callable[[int], object]  # given the number of a place
Statement = tuple[str, Any]  # and its parameters


def main(what: str, times: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
    import django

    django.setup()
    given = json.load(sys.stdin)
    print(json.dumps(history(given, times) if what == "history" else pages(given)))


def history(given: dict[str, Any], times: int) -> dict[str, dict[str, Any]]:
    """Of each kind of reading its queries and, at each of so many random places, the milliseconds it took, those of the
    database in it and, on PostgreSQL, what of those went into planning and into getting there and back; kinds take
    turns."""
    kinds = readings(given)
    found: dict[str, dict[str, Any]] = {name: {} for name in kinds}
    put_aside()  # as the server does
    for place in range(times):
        for name, read in kinds.items():
            at = partial(read, place)
            asked = statements(at)
            took = {"ms": fastest(at), "database": fastest(partial(again, asked)), **parts(asked)}
            for part, milliseconds in took.items():
                found[name].setdefault(part, []).append(milliseconds)
            found[name]["queries"] = len(asked)
    return found


def parts(asked: list[Statement]) -> dict[str, float]:
    """Of the database's milliseconds, where it can tell."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return {}
    trips = fastest(partial(again, [("SELECT 1", None)] * len(asked)))
    return {"planning": sum(planning(statement) for statement in asked), "trips": trips}


def planning(statement: Statement) -> float:
    from django.db import connection

    sql, parameters = statement
    taken = []
    with connection.cursor() as cursor:
        for _again in range(AGAIN):
            cursor.execute(f"EXPLAIN (SUMMARY, FORMAT JSON) {sql}", parameters)
            taken.append(cursor.fetchone()[0][0]["Planning Time"])
    return min(taken)


def fastest(read: Callable[[], object]) -> float:
    """Of AGAIN times, in milliseconds: what neighbours on the machine took is not ours."""
    return min(timed(read) for _again in range(AGAIN))


def timed(read: Callable[[], object]) -> float:
    began = time.perf_counter()
    read()
    return (time.perf_counter() - began) * 1000


def again(asked: list[Statement]) -> None:
    """The same statements and all their rows, without objects."""
    from django.db import connection

    with connection.cursor() as cursor:
        for sql, parameters in asked:
            cursor.execute(sql, parameters)
            cursor.fetchall()


def readings(given: dict[str, Any]) -> dict[str, Reading]:
    """The right and the rows of each, as objects, nothing drawn."""
    from accounts.models import User
    from chat import overview
    from chat.models import Room

    reader = User.objects.get(pk=given["reader"])
    room_id = Room.objects.get(slug=given["largest"]).pk
    return {
        **windows(given, reader),
        "resume of 200": lambda _place: resume(reader, room_id, given["cursor"]),
        "rooms and counts (hello)": lambda _place: overview.overview(reader.pk),
    }


def windows(given: dict[str, Any], reader: Any) -> dict[str, Reading]:
    """From the slug on, as a page begins."""
    from accounts.zones import zone_of
    from chat.views.find import entered
    from chat.window import window

    largest = given["largest"]

    def opened(slug: str, **place: Any) -> object:
        return window(entered(reader, slug), **place)

    def any_of(name: str, place: int) -> Any:
        return random.Random(place).choice(given[name])

    def day(place: int) -> datetime:
        return datetime.fromisoformat(any_of("days", place)).replace(tzinfo=zone_of(reader))

    return {
        "newest page": lambda _place: opened(largest),
        "older page": lambda place: opened(largest, before=any_of("ids", place)),
        "around a message": lambda place: opened(largest, around=any_of("ids", place)),
        "a day": lambda place: opened(largest, since=day(place)),
        "first unread of many": lambda _place: opened(given["behind"]),
    }


def resume(reader: Any, room_id: int, after: int) -> None:
    from chat import changes

    more = True
    while more:
        batch = changes.open_room(reader, room_id, after=after)
        assert isinstance(batch, changes.Batch)
        after, more = batch.seq, batch.more


def pages(given: dict[str, Any]) -> dict[str, int]:
    """How many queries stand behind each address; with a second look, as the first one notes the session."""
    from django.conf import settings
    from django.test import Client

    browser = Client(headers={"host": settings.SITE_URL.partition("://")[2]})
    browser.cookies[settings.SESSION_COOKIE_NAME] = given["session"]

    def look(address: str) -> None:
        status = browser.get(address).status_code
        assert status == 200, f"{address} answers {status}"

    found = {}
    for name, address in given["addresses"].items():
        look(address)
        found[name] = len(statements(partial(look, address)))
    return found


def statements(read: Callable[[], object]) -> list[Statement]:
    """What it asks of the database."""
    from django.db import connection

    asked: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        read()
    return asked


if __name__ == "__main__":
    main(sys.argv[1], int((sys.argv[2:] or ["1"])[0]))
