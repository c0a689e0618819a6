"""What goes out to one socket, in order, never waiting for it, and never more than a bound unsent."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from chat.live.frames import Frame

UNSENT_LIMIT = 256 * 1024  # bytes; past it a socket is skipped and catches up later by its cursor

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Transport(Protocol):
    """What our Daphne protocol puts into scope["extensions"]["chatsite.writer"]."""

    def write(self, frame: bytes) -> None: ...
    def offer(self, frame: bytes, bound: int) -> bool: ...
    def unsent(self) -> int: ...
    def abort(self) -> None: ...
    def finish(self) -> None: ...


class Writer(Protocol):
    """`offer` writes the frame unless too much is unsent already, and says whether it did."""

    def write(self, frame: Frame) -> None: ...
    def offer(self, frame: Frame) -> bool: ...
    def unsent(self) -> int: ...
    def abort(self) -> None: ...
    def finish(self) -> None: ...
    async def close(self, code: int) -> None: ...


class DirectWriter:
    """Straight to the transport: the frame's bytes were built once for everybody."""

    def __init__(self, transport: Transport, send: Send) -> None:
        self._transport, self._send = transport, send
        self.unsent = transport.unsent
        self.abort = transport.abort
        self.finish = transport.finish

    def write(self, frame: Frame) -> None:
        self._transport.write(frame.wire)

    def offer(self, frame: Frame) -> bool:
        return self._transport.offer(frame.wire, UNSENT_LIMIT)

    async def close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})


class QueuedWriter:
    """For any other ASGI server: one task awaits `send`, frame by frame. `line` ends the application."""

    def __init__(self, send: Send, line: asyncio.Timeout) -> None:
        self._send, self._line = send, line
        self._queue: deque[Frame] = deque()
        self._unsent = 0
        self._task: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> None:
        self._queue.append(frame)
        self._unsent += len(frame.payload)
        if self._task is None:
            self._task = asyncio.ensure_future(self._drain())

    def offer(self, frame: Frame) -> bool:
        if self._unsent > UNSENT_LIMIT:
            return False
        self.write(frame)
        return True

    def unsent(self) -> int:
        return self._unsent

    def abort(self) -> None:
        """ASGI has no word for it: the application ends, told of no disconnect, and so must the line."""
        self.finish()
        self._line.reschedule(0)

    def finish(self) -> None:
        self._queue.clear()
        self._unsent = 0
        if self._task is not None:
            self._task.cancel()

    async def close(self, code: int) -> None:
        """After what is queued, so a last word arrives before the close."""
        if self._task is not None:
            await self._task
        with contextlib.suppress(Exception):  # the connection is gone, and servers say so in errors of their own
            await self._send({"type": "websocket.close", "code": code})

    async def _drain(self) -> None:
        try:
            while self._queue:
                frame = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": frame.text})
                self._unsent -= len(frame.payload)
        except Exception:
            self._queue.clear()  # the connection is gone; its disconnect is on the way
            self._unsent = 0
        finally:
            self._task = None


def writer_for(scope: dict[str, Any], send: Send, line: asyncio.Timeout) -> Writer:
    transport = (scope.get("extensions") or {}).get("chatsite.writer")
    return QueuedWriter(send, line) if transport is None else DirectWriter(transport, send)
