"""What an application has not read yet: bounded for sockets, read from disk as it is asked for by requests."""

import asyncio
from collections.abc import Callable
from io import BufferedIOBase
from typing import Any

Event = dict[str, Any]

UNREAD_FRAMES = 64
UNREAD_BYTES = 256 * 1024
BODY_CHUNK = 64 * 1024


class Inbox:
    """The unread events of one socket; `full` asks for a rest, `drained` is called when there is room again."""

    def __init__(self, drained: Callable[[], None]) -> None:
        self._drained = drained
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._bytes = 0
        self.full = False

    def put_nowait(self, event: Event) -> None:
        self._events.put_nowait(event)
        self._bytes += _size(event)
        self.full = self._events.qsize() >= UNREAD_FRAMES or self._bytes >= UNREAD_BYTES

    async def get(self) -> Event:
        event = await self._events.get()
        self._bytes -= _size(event)
        # Half empty before reading on, or every single frame would stop and start the socket.
        if self.full and self._events.qsize() <= UNREAD_FRAMES // 2 and self._bytes <= UNREAD_BYTES // 2:
            self.full = False
            self._drained()
        return event


class Body:
    """The events of one request: its body from Twisted's spool, which is on disk when it is large, then its end."""

    def __init__(self, spool: BufferedIOBase) -> None:
        self._spool = spool
        self._all_read = False
        self._gone = asyncio.Event()

    def put_nowait(self, event: Event) -> None:
        """Take the disconnect; Daphne's own copy of the body arrives empty, since the spool was taken from it."""
        if event["type"] == "http.disconnect":
            self._gone.set()
            self._spool.close()

    async def get(self) -> Event:
        if not self._all_read and not self._gone.is_set():
            chunk = self._spool.read(BODY_CHUNK)
            self._all_read = len(chunk) < BODY_CHUNK
            return {"type": "http.request", "body": chunk, "more_body": not self._all_read}
        await self._gone.wait()
        return {"type": "http.disconnect"}


def _size(event: Event) -> int:
    return len(event.get("text") or event.get("bytes") or b"")
