"""One connection: commands and their replies by `ref`, pings, and the judgement that nobody is there any more."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

PING_SECONDS = 1.0
SILENCE = 5.0  # seconds without a frame after which nobody is there; the protocol lets a client wait for 60
REPLY_SECONDS = 8.0  # for the answer to a command, while other frames come

Frame = dict[str, Any]


class Broken(Exception):
    """The connection ended before the answer came: whether it was done is not known."""


class Wire:
    """`hear` gets every frame, in order, before the reply to a command is handed to who asked."""

    def __init__(self, connection: ClientConnection, hear: Callable[[Frame], None]) -> None:
        self.connection, self.hear = connection, hear
        self.began = time.time()
        self._replies: dict[str, asyncio.Future[Frame]] = {}
        self._at_once: dict[str, Callable[[Frame], None]] = {}
        self._refs = 0
        self._over = asyncio.Event()

    async def listen(self) -> int | None:
        """Until it ends; the close code, None when it broke or fell silent."""
        reading = asyncio.create_task(self._read())
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        finally:
            reading.cancel()
            over.cancel()
            self.drop()
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(Broken)
                    reply.exception()  # who asked may be gone

    async def _read(self) -> int | None:
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    frame = json.loads(await self.connection.recv())
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None
            except TimeoutError:
                return None
            self.hear(frame)
            if frame["type"] == "ok" and (at_once := self._at_once.get(frame["ref"])):
                at_once(frame)
            if (reply := self._replies.pop(frame.get("ref") or "", None)) and not reply.done():
                reply.set_result(frame)

    async def ask(self, kind: str, at_once: Callable[[Frame], None] | None = None, **fields: Any) -> Frame:
        """The reply, an `error` included. `at_once` takes an `ok` before any later frame is heard. Raises Broken."""
        self._refs += 1
        ref = f"r{self._refs}"
        reply = self._replies[ref] = asyncio.get_running_loop().create_future()
        if at_once:
            self._at_once[ref] = at_once
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._send(kind, ref=ref, **fields)
                return await reply
        except TimeoutError:
            self.drop()  # words get lost on this line, though some may still come
            raise Broken from None
        finally:
            self._replies.pop(ref, None)
            self._at_once.pop(ref, None)

    async def tell(self, kind: str, **fields: Any) -> None:
        """Without an answer. Raises Broken."""
        await self._send(kind, **fields)

    async def _send(self, kind: str, **fields: Any) -> None:
        if self._over.is_set():
            raise Broken
        try:
            await self.connection.send(json.dumps({"type": kind, **fields}))
        except ConnectionClosed:
            raise Broken from None

    async def ping(self) -> None:
        """For ever, so that something must come back."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.ask("ping")

    def drop(self) -> None:
        """It is over, whatever the other side thinks."""
        self._over.set()
        self.connection.transport.abort()
