"""A person with a script instead of a hand: follows docs/protocol.md, on any of several addresses, whatever happens."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Sequence
from random import Random
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from chat.tests.chaos.diary import Diary, Line
from chat.tests.chaos.room import Room
from chat.tests.chaos.script import Script
from chat.tests.chaos.web import Refused, Unanswered, Web
from chat.tests.chaos.wire import Broken, Frame, Wire

BACKOFF = 0.2, 2.0  # seconds: the first ceiling of the jitter, and the last
JITTER = 0.5  # seconds before a list is loaded anew; the protocol says three
AHEAD_SECONDS = 2.0  # for which the heads may be ahead of a cursor
AGAIN_SECONDS = 0.5  # until the next try of what was refused for the moment
START_SECONDS = 60.0
SIGNED_OUT, BANNED = 4401, 4403


class Client:
    """One person, one line, kept up for as long as the client is entered; then `settle` and read its `diary`.

    `addresses`: origins (`http://localhost:8001`), one chosen at each new connection.
    """

    def __init__(self, handle: str, password: str, addresses: Sequence[str], random: Random) -> None:
        self.handle, self.password = handle, password
        self.addresses, self.random = addresses, random
        self.diary, self.web = Diary(handle), Web()
        self.rooms: dict[int, Room] = {}
        self.people: dict[str, int] = {}  # those who were heard live
        self.wire: Wire | None = None
        self.connected = asyncio.Event()
        self.script = Script(self)
        self._pause = 0.0  # until which one stays away
        self._living: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # of this line

    async def __aenter__(self) -> Self:
        """Signed in and greeted, with the rooms open. Raises TimeoutError."""
        async with asyncio.timeout(START_SECONDS):
            await self._sign_in()
            self._living = asyncio.create_task(self._live())
            self._living.add_done_callback(self._done)
            await self.connected.wait()
            while not all(room.is_open for room in self.rooms.values() if room.wanted):
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        """The line is closed; whatever it was doing ends."""
        if self._living is not None:
            self._living.cancel()
            (end,) = await asyncio.gather(self._living, return_exceptions=True)
            if isinstance(end, Exception):  # a frame that it could not understand
                self.diary.found("client", repr(end))
        await self.script.close()
        self.web.close()

    @property
    def is_connected(self) -> bool:
        return self.connected.is_set()

    async def run(self, stop: asyncio.Event) -> None:
        """Acts until `stop`; what is unanswered then goes on being sent in the background."""
        await self.script.run(stop)

    def nap(self, seconds: float) -> None:
        """Away, as a laptop that is shut."""
        if self.wire is not None:
            self._pause = time.time() + seconds
            self.diary.naps.append((time.time(), self._pause))
            self.wire.drop()

    def address(self) -> str:
        return self.random.choice(self.addresses)

    # --- The line

    async def _sign_in(self) -> None:
        while True:
            try:
                return await self.web.sign_in(self.address(), self.handle, self.password)
            except (Unanswered, Refused) as reason:
                await asyncio.sleep((reason.retry_after if isinstance(reason, Refused) else None) or AGAIN_SECONDS)

    async def _live(self) -> None:
        tries = refusals = 0
        while True:
            began = time.time()
            address = self.address()
            code = await self._visit(address)
            greeted, ended = self.is_connected, time.time()
            self._end_line()
            if greeted:
                self.diary.lines.append(Line(address, began, ended, code))
                tries = 0
            if code == BANNED:
                return self.diary.found("refused", "banned")
            refusals = refusals + 1 if code == SIGNED_OUT else 0
            if refusals == 2:
                self.diary.found("refused", "signed out")
                await self._sign_in()
            if refusals != 1:
                ceiling = min(BACKOFF[1], BACKOFF[0] * 2**tries)
                await asyncio.sleep(max(self.random.uniform(0, ceiling), self._pause - time.time()))
                tries += 1

    async def _visit(self, address: str) -> int | None:
        """One connection from its handshake to its end; the close code."""
        # The library's own pings and compression are none of the protocol's.
        options = {"ping_interval": None, "compression": None, "proxy": None, "max_size": None}
        headers = {"Cookie": self.web.cookies}
        url = address.replace("http", "ws", 1) + "/ws/"
        try:
            async with connect(
                url, origin=Origin(address), additional_headers=headers, open_timeout=5, close_timeout=0.2, **options
            ) as connection:
                self.wire = Wire(connection, self._hear)
                return await self.wire.listen()
        except (OSError, WebSocketException, TimeoutError):
            return None

    def _end_line(self) -> None:
        self.connected.clear()
        self.wire = None
        for room in self.rooms.values():
            room.is_open, room.ahead_since = False, None
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """For as long as this line lasts."""

        async def run() -> None:
            with contextlib.suppress(Broken):
                await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.diary.found("client", repr(error))

    # --- What it hears

    def _hear(self, frame: Frame) -> None:
        match frame["type"]:
            case "hello":
                self._greeted(frame)
            case "room.changes" | "room.resync" | "room.pulse" | "read.marked":
                self._hear_of(frame)
            case "room.joined":
                self._enter(frame["room"])
            case "room.left":
                self._leave(frame["room"])
            case "pong":
                self._compare(frame["heads"])
            case "error" if frame.get("ref") is None:
                self._pause = time.time() + (frame.get("retry_after") or 0)

    def _greeted(self, hello: Frame) -> None:
        self.diary.person = hello["user"]["id"]
        entries = {entry["id"]: entry for entry in hello["rooms"]}
        for gone in self.rooms.keys() - entries.keys():
            self._leave(gone)
        for entry in entries.values():
            self._enter(entry, epoch=hello["epoch"])
        self.connected.set()
        if self.wire is not None:
            self._spawn(self.wire.ping())

    def _enter(self, entry: Frame, epoch: str | None = None) -> None:
        room = self.rooms.get(entry["id"])
        if room is None:
            room = self.rooms[entry["id"]] = Room(self.diary, entry)
            room.wanted = self.script.wants_open(room)
        else:
            room.count(entry)
        if epoch is not None and room.epoch not in {"", epoch}:
            room.cursor = None
        if room.wanted:
            self._spawn(self.open(room))

    def _leave(self, room_id: int) -> None:
        if self.rooms.pop(room_id, None) is not None:
            self.diary.left += 1

    def _hear_of(self, frame: Frame) -> None:
        room = self.rooms.get(frame["room"])
        if room is None:
            self.diary.found("removal", f"{frame['type']} of room {frame['room']}, where it is not")
            return
        match frame["type"]:
            case "room.changes":
                self._take(room, frame)
            case "room.pulse":
                room.beat(frame)
            case "read.marked":
                room.count(frame)
            case "room.resync":
                self.diary.resyncs += 1
                room.is_open, room.cursor = False, None
                if frame.get("ref") is None:
                    self._spawn(self.open(room))

    def _take(self, room: Room, frame: Frame) -> None:
        is_reply = frame.get("ref") is not None
        for message in frame["messages"]:
            self.people[message["author"]["handle"]] = message["author"]["id"]
        if is_reply and not frame["more"]:
            room.is_open, room.since = True, time.time()
        if not room.take(frame):
            self.diary.found("gap", f"room {room.id}: after {frame['after']}, cursor {room.cursor}")
            room.is_open = False
            self._spawn(self.open(room))

    def _compare(self, heads: dict[str, int]) -> None:
        now = time.time()
        for room in [room for room in self.rooms.values() if room.is_open]:
            if heads.get(str(room.id), 0) <= (room.cursor or 0):
                room.ahead_since = None
            elif room.ahead_since is None:
                room.ahead_since = now
            elif now - room.ahead_since >= AHEAD_SECONDS:
                room.ahead_since = None
                self.diary.healed += 1
                self._spawn(self.open(room))

    # --- Opening a room

    async def open(self, room: Room) -> None:
        """Until it is live, or one is not in it any more. Raises Broken."""
        # One at a time: of two, the "load it anew" for one may come after the other has loaded it and asked again.
        async with room.opening:
            await self._open(room)

    async def _open(self, room: Room) -> None:
        while self.rooms.get(room.id) is room and room.wanted:
            if room.cursor is None and not await self._load(room):
                continue
            if self.wire is None:
                raise Broken
            reply = await self.wire.ask("room.open", room=room.id, after=room.cursor, epoch=room.epoch)
            if reply["type"] == "error":
                await asyncio.sleep(reply.get("retry_after") or AGAIN_SECONDS)
            elif reply["type"] == "room.changes" and not reply["more"]:
                return

    async def _load(self, room: Room) -> bool:
        """Whether the list is there now."""
        await asyncio.sleep(self.random.uniform(0, JITTER if room.rows else 0))
        try:
            page = await self.web.history(self.address(), room.slug)
        except (Unanswered, Refused) as reason:
            await asyncio.sleep((reason.retry_after if isinstance(reason, Refused) else None) or AGAIN_SECONDS)
            return False
        room.load(page)
        return True
