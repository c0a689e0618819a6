"""What a scripted client does by itself: nothing that a person's page would not do."""

import asyncio
from random import Random
from typing import Any, cast

import pytest

from chat.tests.chaos.client import Client
from chat.tests.chaos.room import Room
from chat.tests.chaos.web import Page
from chat.tests.chaos.wire import Wire

HEAD = 46
ENTRY = {"id": 7, "slug": "harbour", "kind": "public", "seq": HEAD, "last_message": 12, "last_read": 12, "unread": 0}


class InTurn:
    """A server that answers one question after the other, and takes a moment for each."""

    def __init__(self, client: Client) -> None:
        self.client, self.turn = client, asyncio.Lock()

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        assert kind == "room.open"
        async with self.turn:
            await asyncio.sleep(0.01)
            answer = self.answer(fields["after"]) | {"ref": "r", "room": fields["room"]}
            self.client._hear(answer)
            return answer

    def answer(self, after: int) -> dict[str, Any]:
        if after < HEAD:
            return {"type": "room.resync", "seq": HEAD}
        return {"type": "room.changes", "after": after, "seq": HEAD, "more": False, "messages": []}


async def test_two_who_want_a_room_open_do_not_open_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("ada", "", ["http://localhost"], Random(1))
    room = client.rooms[7] = Room(client.diary, ENTRY)
    room.cursor = 17
    client.wire = cast(Wire, InTurn(client))

    delays = iter((0.0, 0.1))

    async def history(*_: Any) -> Page:
        await asyncio.sleep(next(delays))
        return Page(HEAD, "e", True, [])

    monkeypatch.setattr(client.web, "history", history)
    await asyncio.gather(client.open(room), client.open(room))
    assert client.diary.findings == []
    assert (room.cursor, room.is_open, client.diary.resyncs) == (HEAD, True, 1)
    client.web.close()
