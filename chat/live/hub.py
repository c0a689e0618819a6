"""One per event loop: which sockets follow which rooms, what the bell says, and the clocks that need no bell."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from itertools import cycle
from typing import Any

from accounts import sessions
from accounts.models import User
from accounts.sessions import Identity
from chat import changes, metrics
from chat.live import doorbell, gauges, rights
from chat.live import presence as presence_clock
from chat.live.doorbell import Event, room_group
from chat.live.ear import Ear
from chat.live.feed import Feed
from chat.live.lanes import Lane
from chat.live.presence import Presence
from chat.live.socket import Socket
from chat.live.writer import UNSENT_LIMIT, Writer

log = logging.getLogger(__name__)

POSITION_SECONDS = 2.0
DEAF_POSITION_SECONDS = 0.5  # while the channel layer cannot be heard
RIGHTS_SECONDS, RIGHTS_PARTS = 3.0, 10
SEEN_SECONDS = 300.0  # sessions with an open socket are in use, though no page is asked for
LOOK_SECONDS = 0.1  # rings about people are answered together, at most so often
LAG_SECONDS = 0.5
DRAIN_SECONDS = 30.0  # a socket that has not taken its words by then is closed
COMMAND_THREADS, OPENING_THREADS, READ_THREADS = 8, 4, 4
TOO_SLOW = 4408

_hubs: dict[asyncio.AbstractEventLoop, "Hub"] = {}


def current() -> "Hub":
    """The hub of the running loop; the first socket starts it."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Context().run(Hub, loop)  # its clocks are not the first socket's work
    return _hubs[loop]


class Hub:
    """Used on its loop only. Sockets are counted by `enter` and `leave`; the last one's leave ends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.now = loop, loop.time
        self.commands, self.reads = Lane("commands", COMMAND_THREADS), Lane("reads", READ_THREADS)
        self.openings = Lane("openings", OPENING_THREADS)  # not behind writers that wait for a locked database
        self.people: dict[int, set[Socket]] = {}
        self.feeds: dict[int, Feed] = {}
        self.heads: dict[int, int] = {}
        self.presence = Presence(self)
        self.ear = Ear(self._hear, self._check_now)
        self.connected = self.posts_waiting = 0
        self.posting: dict[int, asyncio.Task[None]] = {}  # room -> who commits what is being posted there
        self._lagging: dict[Socket, float] = {}
        self._asked_about: set[int] = set()
        self._parts = cycle(range(RIGHTS_PARTS))
        self._position_wanted, self._look_wanted = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._start()

    # --- Beginning and end

    def _start(self) -> None:
        doorbell.listen(self.loop, self._hear)
        self.ear.start()
        self.ear.join(doorbell.PEOPLE)
        self._repeat(self._compare_positions, self._until_positions)
        self._repeat(self._review_part, lambda: asyncio.sleep(RIGHTS_SECONDS / RIGHTS_PARTS))
        self._repeat(self._review_asked, self._until_asked)
        self._repeat(self._note_seen, lambda: asyncio.sleep(SEEN_SECONDS))
        self._repeat(gauges.measure(self), lambda: asyncio.sleep(gauges.SECONDS))
        self._repeat(self._chase, lambda: asyncio.sleep(LAG_SECONDS))
        self._repeat(self.presence.tick, lambda: asyncio.sleep(presence_clock.TICK_SECONDS))

    def enter(self) -> None:
        """A connection that may become a socket; `leave` must follow."""
        self.connected += 1

    async def leave(self, socket: Socket | None) -> None:
        if socket is not None:
            self.forget(socket)
            socket.gone.set()
        self.connected -= 1
        if self.connected == 0:
            # At once, not in the task: the next socket may start the next hub before that begins.
            del _hubs[self.loop]
            doorbell.unlisten(self.loop)
            # Not cut short with the server's task: the lease must go, or our people linger.
            await asyncio.shield(asyncio.ensure_future(self._stop()))

    async def _stop(self) -> None:
        for feed in self.feeds.values():
            feed.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.ear.close()
        await doorbell.finish(self.loop)
        try:
            await self.presence.close()
        except Exception:
            log.warning("the lease could not be given up; it will run out", exc_info=True)
        await asyncio.gather(self.commands.close(), self.openings.close(), self.reads.close())
        gauges.clear()

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self.loop.create_task(work, context=Context())  # log lines of shared work name no single socket
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task of the hub failed", exc_info=task.exception())

    def _repeat(self, work: Callable[[], Awaitable[None]], wait: Callable[[], Awaitable[Any]]) -> None:
        async def run() -> None:
            while True:
                await wait()
                try:
                    await work()
                except Exception:
                    log.warning("%s failed; it will be tried again", work.__name__, exc_info=True)
                    await asyncio.sleep(LAG_SECONDS)

        self.spawn(run())

    # --- Sockets and rooms

    def receive(self, identity: Identity, user: User, writer: Writer) -> Socket:
        socket = Socket(self, identity, user, writer)
        self.people.setdefault(user.pk, set()).add(socket)
        return socket

    def forget(self, socket: Socket) -> None:
        """Deliver nothing more to it."""
        for room_id in list(socket.open):
            socket.close_room(room_id)
        for room_id in list(socket.rooms):
            self.dismiss(socket, room_id)
        socket.rooms.clear()
        self._lagging.pop(socket, None)
        socket.flows.set()
        theirs = self.people.get(socket.user.pk, set())
        theirs.discard(socket)
        if not theirs:
            self.people.pop(socket.user.pk, None)

    def feed(self, room_id: int) -> Feed:
        if room_id not in self.feeds:
            self.feeds[room_id] = Feed(self, room_id)
            self.ear.join(room_group(room_id))
        return self.feeds[room_id]

    def dismiss(self, socket: Socket, room_id: int) -> None:
        if room_id in self.feeds:
            self.feeds[room_id].dismiss(socket)

    def lose(self, user_id: int, room_id: int) -> None:
        """The person's membership has ended, in the log's own order."""
        for socket in list(self.people.get(user_id, ())):
            socket.lose(room_id)

    def remove(self, feed: Feed) -> None:
        """The room is gone, or nobody follows it any more."""
        for socket in {*feed.members, *feed.followers}:
            socket.lose(feed.room_id)
        self.feeds.pop(feed.room_id, None)
        self.heads.pop(feed.room_id, None)
        self.ear.leave(room_group(feed.room_id))
        feed.close()

    # --- The bell

    def _hear(self, event: Event) -> None:
        match event:
            case {"type": "room.changed", "room": room_id, "seq": seq} if room_id in self.feeds:
                self.feeds[room_id].aim(seq)
            case {"type": "person.changed", "user": user_id}:
                self.look_at(user_id)
            case {"type": "room.typing", "room": room_id, "user": user_id} if room_id in self.feeds:
                self.feeds[room_id].typed(user_id)

    def look_at(self, user_id: int) -> None:
        """Read this person's rights and pointers again soon, together with others asked about."""
        if user_id in self.people:
            self._asked_about.add(user_id)
            self._look_wanted.set()

    # --- The clocks

    def _check_now(self) -> None:
        self._position_wanted.set()

    async def _until_positions(self) -> None:
        seconds = POSITION_SECONDS if self.ear.hears else DEAF_POSITION_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # on 3.11, wait_for may swallow the cancel that ends us
                await self._position_wanted.wait()
        self._position_wanted.clear()

    async def _compare_positions(self) -> None:
        """One query tells of every ring that was lost."""
        for over in [feed for feed in self.feeds.values() if feed.is_over()]:
            self.remove(over)
        known = {room_id: (feed.position, feed.target) for room_id, feed in self.feeds.items()}
        if not known:
            return
        for room_id, head in (await self.reads.run(changes.heads, list(known))).items():
            position, target = known[room_id]
            feed = self.feeds.get(room_id)
            if feed is None:
                continue
            if head < position:
                room = await self.reads.run(changes.head, room_id)
                feed.restart(room.seq, room.last_message_id)
            elif head > max(target, feed.target):
                metrics.BELLS_HEALED.add()
                self.ear.rejoin(room_group(room_id))
            feed.reach(head)

    async def _until_asked(self) -> None:
        await self._look_wanted.wait()
        self._look_wanted.clear()

    async def _review_asked(self) -> None:
        asked, self._asked_about = self._asked_about, set()
        try:
            await rights.look_at(self, asked, renew=True)
        except Exception:
            self._asked_about |= asked  # with their new names, which the clock's look would not read
            self._look_wanted.set()
            raise
        await asyncio.sleep(LOOK_SECONDS)

    async def _review_part(self) -> None:
        """Everybody in RIGHTS_SECONDS, but not at once: what is said meanwhile would wait behind it."""
        part = next(self._parts)
        if theirs := [user_id for user_id in self.people if user_id % RIGHTS_PARTS == part]:
            await rights.look_at(self, theirs, renew=False)

    async def _note_seen(self) -> None:
        keys = {socket.identity.session_key for sockets in self.people.values() for socket in sockets}
        await self.commands.run(sessions.seen, keys)

    # --- Slow readers

    def lags(self, socket: Socket) -> None:
        if socket not in self._lagging:
            self._lagging[socket] = self.now()
            metrics.SKIPPED.add()

    def lagging(self) -> list[Socket]:
        return list(self._lagging)

    async def _chase(self) -> None:
        for socket, since in list(self._lagging.items()):
            if socket not in self._lagging:
                continue  # gone while another was served
            if socket.writer.unsent() <= UNSENT_LIMIT // 4:
                del self._lagging[socket]
                socket.flows.set()
                await self._catch_up(socket)
            elif self.now() - since > DRAIN_SECONDS:
                socket.end(TOO_SLOW)

    async def _catch_up(self, socket: Socket) -> None:
        for follower in list(socket.open.values()):
            if follower.is_behind:
                follower.catch_up()
        self.presence.make_good(socket)
        if socket.missed_pulses:
            await self._count_for(socket)

    async def _count_for(self, socket: Socket) -> None:
        """It gets no pulse of these rooms until it is told: what fails, or must wait, is tried again."""
        try:
            await rights.tell(self, socket.user.pk, missed=True)
        finally:
            if socket.missed_pulses & socket.rooms.keys():
                self._lagging.setdefault(socket, self.now())
