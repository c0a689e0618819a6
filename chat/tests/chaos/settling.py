"""The end of the play: nothing unanswered, every list at its head, every count told; then the diaries are complete."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from chat.tests.chaos.client import Client
from chat.tests.chaos.oracle import crowding
from chat.tests.chaos.record import Record, read_record
from chat.tests.chaos.room import Room
from chat.tests.chaos.web import Refused
from chat.tests.chaos.wire import Broken

EVERY = 0.05  # seconds between two looks
LIVE_SECONDS = 10.0  # in which what was acknowledged must have come by itself


class Unsettled(Exception):
    """What is still missing after all patience, in words."""


async def settle(clients: Sequence[Client], database: str, seconds: float) -> None:
    """Fills `diary.lists`. Raises Unsettled."""
    until = time.monotonic() + seconds
    await _none(lambda: [word for client in clients for word in _unanswered(client)], until)
    await _none(lambda: [word for client in clients for word in _unopened(client)], until)
    await _arrived(clients, until)
    await _pointed(clients, await asyncio.to_thread(read_record, database), until)
    unread = {(client.handle, room.id): room.unread for client, room in _shut(clients)}
    for client, room in _shut(clients):
        client.script.reopen(room)
    await _none(lambda: [word for client in clients for word in _unopened(client)], until)
    await _at_heads(clients, until)
    for client in clients:
        for room in list(client.rooms.values()):
            if (client.handle, room.id) not in unread:
                await _patiently(partial(client.script.mark, room), until)
            shown = room.shown()
            client.diary.lists.append(replace(shown, unread=unread.get((client.handle, room.id), shown.unread)))


async def _none(missing: Callable[[], list[str]], until: float) -> None:
    while found := missing():
        if time.monotonic() > until:
            raise Unsettled("; ".join(found))
        await asyncio.sleep(EVERY)


def _unanswered(client: Client) -> Iterator[str]:
    if client.script.errands:
        yield f"{client.handle} waits for {len(client.script.errands)} answers"
    if client.script.strolls:
        yield f"{client.handle} has {len(client.script.strolls)} questions open"


def _unopened(client: Client) -> Iterator[str]:
    if not client.is_connected:
        yield f"{client.handle} is not connected"
    for room in client.rooms.values():
        if room.wanted and not room.is_open:
            yield f"{client.handle} cannot open {room.slug}"


def _shut(clients: Sequence[Client]) -> list[tuple[Client, Room]]:
    return [(client, room) for client in clients for room in client.rooms.values() if not room.wanted]


async def _arrived(clients: Sequence[Client], until: float) -> None:
    """By the live way, or the pulse, before anybody asks: what does not come by itself is a finding."""
    newest: dict[int, int] = defaultdict(int)
    for client in clients:
        for post in client.diary.acked:
            newest[post.room] = max(newest[post.room], post.message or 0)

    def behind() -> list[tuple[Client, Room]]:
        rooms = [(client, room) for client in clients for room in client.rooms.values()]
        return [(client, room) for client, room in rooms if room.newest < newest[room.id]]

    with contextlib.suppress(Unsettled):
        soon = min(until, time.monotonic() + LIVE_SECONDS * crowding())
        await _none(lambda: [room.slug for _client, room in behind()], soon)
    for client, room in behind():
        way = "live" if room.is_open else "by pulse"
        client.diary.found("late", f"{room.slug} stands at {room.newest}, {newest[room.id]} did not come {way}")


async def _pointed(clients: Sequence[Client], record: Record, until: float) -> None:
    """Where each has read to in a room that is shut is told by itself, as after a return to it in the last moment."""
    reads = {(member.person, member.room): member.last_read for member in record.memberships if member.is_in}

    def wrong() -> list[tuple[Client, Room]]:
        return [each for each in _shut(clients) if each[1].last_read != reads.get((each[0].diary.person, each[1].id))]

    with contextlib.suppress(Unsettled):
        soon = min(until, time.monotonic() + LIVE_SECONDS * crowding())
        await _none(lambda: [room.slug for _client, room in wrong()], soon)
    for client, room in wrong():
        client.diary.found("late", f"{room.slug}: it was not told where it has read to, but {room.last_read}")


async def _at_heads(clients: Sequence[Client], until: float) -> None:
    while True:
        for client in clients:
            for room in list(client.rooms.values()):
                await _patiently(partial(client.open, room), until)
        cursors: dict[int, set[int]] = defaultdict(set)
        for client in clients:
            for room in client.rooms.values():
                cursors[room.id].add(room.cursor or 0)
        if all(len(each) == 1 for each in cursors.values()):
            return
        if time.monotonic() > until:
            raise Unsettled(f"the clients end at different places: {dict(cursors)}")
        await asyncio.sleep(EVERY)


async def _patiently(work: Callable[[], Awaitable[None]], until: float) -> None:
    """Again on the next line when this one breaks."""
    while True:
        try:
            return await work()
        except (Broken, Refused) as reason:
            if time.monotonic() > until:
                raise Unsettled(f"no answer: {reason!r}") from None
            await asyncio.sleep(4 * EVERY)
