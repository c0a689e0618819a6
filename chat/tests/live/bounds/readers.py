"""Sockets that behave: one that says much, one that takes all that comes, and some that ask for what others ask for."""

import asyncio
import json

from websockets.asyncio.client import ClientConnection

from chat.tests.live.test_flood import Talker, Watcher

IN_FLIGHT = 16
PATIENCE = 30.0
EVERY_THREAD = 8  # that answers at once, at the most


class Reader(Watcher):
    """Takes all that comes, and keeps the words and the cursor."""

    def __init__(self, wire: ClientConnection) -> None:
        super().__init__(wire)
        self.bodies: list[str] = []
        self.seq = 0

    async def read(self) -> None:
        async for words in self.wire:
            heard = json.loads(words)
            if heard["type"] == "room.changes":
                self.seq = heard["seq"]
                self.bodies += [message["body"] for message in heard["messages"]]
            if self.awaited and self.awaited in str(words):
                self.seen.set()


async def open_room(talker: Talker, wire: ClientConnection, **fields: object) -> None:
    await ask(wire, "room.open", room=talker.room, **fields)


async def ask(wire: ClientConnection, kind: str, **fields: object) -> None:
    await wire.send(json.dumps({"type": kind, "ref": "asked", **fields}))


async def answered(wire: ClientConnection) -> None:
    """Until what was asked is."""
    async with asyncio.timeout(PATIENCE):
        while json.loads(await wire.recv()).get("ref") != "asked":
            pass


async def say_all(talker: Talker, saying: ClientConnection, bodies: list[str]) -> None:
    """So many at a time, and until all are answered."""
    answered = 0
    for said, body in enumerate(bodies):
        await saying.send(json.dumps(talker.post(body)))
        while said - answered >= IN_FLIGHT:
            answered += await _is_ok(saying)
    while answered < len(bodies):
        answered += await _is_ok(saying)


async def _is_ok(saying: ClientConnection) -> bool:
    async with asyncio.timeout(PATIENCE):
        heard = json.loads(await saying.recv())
    assert heard["type"] != "error", heard
    return bool(heard["type"] == "ok")


async def warm_up(talker: Talker, after: int) -> None:
    """Let each thread of the server once have in memory what answering about so many messages takes."""
    await asyncio.gather(*(_ask(talker, after) for _ in range(EVERY_THREAD)))


async def _ask(talker: Talker, after: int) -> None:
    async with talker.connect() as wire:
        for _ in range(3):
            await open_room(talker, wire, after=after)
            await answered(wire)
