"""A TCP proxy of the tests' own, in a thread: it passes, delays, trickles, holds, cuts and refuses at their word."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Self, cast

from chatsite.testing.ports import bound_socket

CHUNK = 16 * 1024
ROAD = 256  # chunks under way, before the sender has to wait
PATIENCE = 10.0
PULSES = 20  # in how many pieces a second a trickle comes
ABORTIVE = struct.pack("ii", 1, 0)  # SO_LINGER: the close is a reset

Road = asyncio.Queue[tuple[float, bytes]]
UP, DOWN = "up", "down"  # from the client to the server, and back


@dataclass(frozen=True)
class Weather:
    """How bytes travel, in all connections, those that are open included. What is held comes when it is fair again."""

    delay: float = 0.0  # seconds
    rate: int | None = None  # bytes a second
    held: frozenset[str] = frozenset()  # the ways on which nothing arrives, while both ends think they are connected


FAIR = Weather()


class Proxy:
    """Stands before `target`, a port of this machine, and keeps its own port over refuse() and admit().

    With `tls` it speaks that to its clients, for servers that cannot.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.target, self.tls = target, tls
        with bound_socket() as sock:
            self.port: int = sock.getsockname()[1]
        self.accepted = 0
        self.weather = FAIR
        self._lines: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None

    # What a test says.

    def fair(self) -> None:
        """Everything passes, what was held first."""
        self.turn(FAIR)

    def slow(self, milliseconds: float) -> None:
        """Each way takes so long."""
        self.turn(Weather(delay=milliseconds / 1000))

    def trickle(self, bytes_per_second: int) -> None:
        self.turn(Weather(rate=bytes_per_second))

    def swallow(self) -> None:
        """A black hole: connections are accepted and stay open, and nothing arrives."""
        self.turn(Weather(held=frozenset({UP, DOWN})))

    def half_open(self, dead: str) -> None:
        """On the way `dead` (UP or DOWN) nothing arrives; on the other everything does."""
        self.turn(Weather(held=frozenset({dead})))

    def cut(self) -> None:
        """A reset for every open connection. New ones are let in."""
        self._do(self._cut())

    def refuse(self) -> None:
        """New connections are refused, as where nobody listens. Open ones stay."""
        self._do(self._close_door())

    def admit(self) -> None:
        self._do(self._open_door())

    def down(self) -> None:
        """Nobody is there any more: open connections are reset, new ones refused."""
        self.refuse()
        self.cut()

    def up(self) -> None:
        """As if nothing had been."""
        self.fair()
        self.admit()

    def turn(self, weather: Weather) -> None:
        self._do(self._turn(weather))

    @property
    def open(self) -> int:
        """How many clients are connected."""
        return len(self._lines)

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.admit()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._do(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    # In the thread.

    async def _open_door(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)

    async def _close_door(self) -> None:
        if self._server is not None:
            # Whoever is being let in must be in before it closes, or asyncio would forget them, open as they are.
            for listening in self._server.sockets:
                self.loop.remove_reader(listening.fileno())
            await asyncio.sleep(0)
            self._server.close()
            self._server = None

    async def _turn(self, weather: Weather) -> None:
        async with self._changed:
            self.weather = weather
            self._changed.notify_all()

    async def _cut(self) -> None:
        await _ended(self._lines)

    async def _end(self) -> None:
        await _ended(asyncio.all_tasks() - {asyncio.current_task()})

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.accepted += 1
        line = cast(asyncio.Task[None], asyncio.current_task())
        self._lines.add(line)
        writers = [client]
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self.target)
            writers.append(server)
            await _all(
                *(self._depart(reader, ups := Road(ROAD)), self._arrive(UP, ups, server)),
                *(self._depart(answers, downs := Road(ROAD)), self._arrive(DOWN, downs, client)),
            )
        except (OSError, asyncio.CancelledError):
            for writer in writers:
                _reset(writer)
        finally:
            self._lines.discard(line)
            for writer in writers:
                writer.close()

    async def _depart(self, reader: asyncio.StreamReader, road: Road) -> None:
        """Reading goes on while earlier bytes are under way, or a delay would be a rate."""
        while chunk := await reader.read(CHUNK):
            await road.put((self.loop.time(), chunk))
        await road.put((self.loop.time(), b""))

    async def _arrive(self, way: str, road: Road, writer: asyncio.StreamWriter) -> None:
        """A side that sends no more is told on; the other may go on sending."""
        while True:
            sent_at, chunk = await road.get()
            async with self._changed:
                await self._changed.wait_for(lambda: way not in self.weather.held)
            await asyncio.sleep(max(0.0, sent_at + self.weather.delay - self.loop.time()))
            if not chunk:
                return writer.write_eof() if writer.can_write_eof() else writer.close()
            await self._write(chunk, writer)

    async def _write(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        while chunk:
            rate = self.weather.rate
            size = max(1, rate // PULSES) if rate else len(chunk)
            if rate:
                await asyncio.sleep(size / rate)
            writer.write(chunk[:size])
            await writer.drain()
            chunk = chunk[size:]


async def _all(*works: Coroutine[Any, Any, None]) -> None:
    """Returns when all have; raises with the first that fails, and leaves none behind."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        await _ended(tasks)


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
    writer.transport.abort()
