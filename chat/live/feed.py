"""One followed room in one process: reads the log once, encodes once, and hands the same bytes to every socket."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from chat import changes, metrics
from chat.errors import NotFound
from chat.live import protocol
from chat.live.chapters import Chapter, read_chapter
from chat.live.pulse import Pulses

if TYPE_CHECKING:
    from chat.live.hub import Hub
    from chat.live.socket import Socket

log = logging.getLogger(__name__)

LINGER_SECONDS = 30.0
FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds between tries of a failing read
HELD_LIMIT = 64  # chapters kept for a socket that is opening the room; past it it reads for itself
BROKEN = 1011
GATHER_SECONDS = 0.005  # at most so long a chapter waits for posts that are being committed here
TURN = 256  # sockets served before the loop may do something else

Entry = dict[str, Any]


class Follower:
    """A socket with the room open. `cursor`: everything up to it was delivered.

    `held` collects chapters while the socket's own read is under way; `is_behind` after one was not delivered.
    """

    def __init__(self, feed: "Feed", socket: "Socket") -> None:
        self.feed, self.socket = feed, socket
        self.cursor = 0
        self.held: list[Chapter] | None = []
        self.is_behind = False
        self.is_opening = True  # its room.open is not answered yet

    @property
    def is_catching_up(self) -> bool:
        return self.held is not None

    def take(self, chapter: Chapter) -> bool:
        """Whether the socket has it now."""
        if self.held is not None:
            if len(self.held) < HELD_LIMIT:
                self.held.append(chapter)
        elif not self.is_behind and chapter.seq > self.cursor:
            return self._deliver(chapter)
        return False

    def _deliver(self, chapter: Chapter) -> bool:
        if chapter.frame is None or chapter.after > self.cursor:
            self.catch_up()
            return False
        if self.socket.push(chapter.frame):
            self.cursor = chapter.seq
            return True
        self.is_behind = True
        return False

    def settle(self, cursor: int) -> None:
        """Its own read came to `cursor`: go on with what was held, and with the others from there."""
        held, self.held, self.cursor, self.is_opening = self.held or [], None, cursor, False
        for chapter in held:
            if self.take(chapter):
                metrics.DELIVERIES.add(chapter.size)
        if not self.is_catching_up and not self.is_behind and self.cursor < self.feed.position:
            self.catch_up()

    def catch_up(self) -> None:
        """Read alone from the cursor on, holding what the others get meanwhile."""
        self.held, self.is_behind = [], False
        self.feed.hub.spawn(self.feed.catch_up(self))

    def detach(self) -> None:
        self.feed.detach(self)


class Feed:
    """`position`: everything up to it has been read. Exists while somebody in this process is in the room."""

    def __init__(self, hub: "Hub", room_id: int) -> None:
        self.hub, self.room_id = hub, room_id
        self.position = -1  # not known yet
        self.target = 0  # how far the log is known to go
        self.newest = 0  # id of the newest message that pulses were given
        self.is_short = False  # what was read so far lacks older messages than the newest in it
        self.members: set[Socket] = set()
        self.followers: dict[Socket, Follower] = {}
        self.pulses = Pulses(self)
        self.idle_since: float | None = hub.now()
        self._reading: asyncio.Task[None] | None = None
        self._heard_at: float | None = None  # when the oldest news behind what is being read came

    # --- Who listens

    def admit(self, socket: "Socket", entry: Entry) -> None:
        """A socket of somebody who is in the room; where the log stands comes along."""
        self.members.add(socket)
        self.idle_since = None
        if self.position < 0:
            self.position, self.newest = entry["seq"], entry["last_message"]
            self.pulses.start(self.position)
        self.reach(max(entry["seq"], self.target))

    def dismiss(self, socket: "Socket") -> None:
        self.members.discard(socket)
        self._rest()

    def attach(self, socket: "Socket") -> Follower:
        """Everything read from now on is held for the socket until it settles."""
        self.idle_since = None
        follower = self.followers[socket] = Follower(self, socket)
        return follower

    def detach(self, follower: Follower) -> None:
        if self.followers.get(follower.socket) is follower:
            del self.followers[follower.socket]
            self._rest()

    def _rest(self) -> None:
        if not self.members and not self.followers:
            self.idle_since = self.hub.now()

    def is_over(self) -> bool:
        return self.idle_since is not None and self.hub.now() - self.idle_since >= LINGER_SECONDS

    def close(self) -> None:
        self.pulses.close()
        if self._reading is not None:
            self._reading.cancel()

    # --- Reading

    def aim(self, seq: int) -> None:
        """The log goes at least to `seq`. Costs nothing when that is no news."""
        if seq > self.target:
            self.target = seq
            self._heard_at = self._heard_at or (self.hub.now() if self.position >= 0 else None)
        if self.position >= 0 and self.target > self.position and self._reading is None:
            self._reading = self.hub.spawn(self._read_on())

    def reach(self, seq: int) -> None:
        """The database said that the log goes to `seq`."""
        self.hub.heads[self.room_id] = max(self.hub.heads.get(self.room_id, 0), seq)
        self.aim(seq)

    async def _read_on(self) -> None:
        try:
            while self.position < self.target:
                await self._gather()
                promised = self.target
                heard_at, self._heard_at = self._heard_at, None
                chapter = await self.read(self.position, whole=bool(self.followers), newest=self.newest)
                if chapter.more:
                    self.target = max(self.target, chapter.seq + 1)
                elif self.target == promised > chapter.seq:
                    self.target = chapter.seq  # the ring promised more than there is; later rings still count
                await self._deliver(chapter)
                if heard_at is not None:
                    metrics.FEED_LAG.observe(self.hub.now() - heard_at)
        finally:
            self._reading = self._heard_at = None

    async def _gather(self) -> None:
        """What is being posted here comes into the same chapter: a frame of many is as dear as of one."""
        posting = self.hub.posting.get(self.room_id)
        if posting is not None:
            await asyncio.wait({posting}, timeout=GATHER_SECONDS)

    async def read(self, after: int, *, whole: bool = True, newest: int | None = None) -> Chapter:
        """Tries until the database answers, always from the same position."""
        delay = FIRST_RETRY
        while True:
            try:
                chapter = await self.hub.reads.run(read_chapter, self.room_id, after, whole, newest, self.is_short)
                metrics.FEED_READS["read"].add()
                return chapter
            except NotFound:
                self.hub.remove(self)
                raise asyncio.CancelledError from None
            except Exception:
                metrics.FEED_READS["failed"].add()
                log.warning("room %s could not be read after %s; trying again", self.room_id, after, exc_info=True)
            await asyncio.sleep(delay)
            delay = min(2 * delay, LAST_RETRY)

    async def _deliver(self, chapter: Chapter) -> None:
        self.position, self.is_short = max(self.position, chapter.seq), chapter.is_short
        self.newest = max(self.newest, chapter.newest or 0)
        self.reach(self.position)
        for user_id in chapter.ended:
            self.hub.lose(user_id, self.room_id)
        self.pulses.add(chapter.news, chapter.seq)
        for user_id in chapter.came:
            self.hub.look_at(user_id)
            self.hub.presence.renew(user_id)
        delivered = 0
        for served, follower in enumerate(list(self.followers.values()), 1):
            if self.followers.get(follower.socket) is follower:
                delivered += self._give(follower, chapter)
            if served % TURN == 0:
                await asyncio.sleep(0)
        metrics.DELIVERIES.add(delivered * chapter.size)

    def _give(self, follower: Follower, chapter: Chapter) -> bool:
        try:
            return follower.take(chapter)
        except Exception:
            # One broken connection must not keep the others from their words.
            log.exception("a socket could not be written to")
            follower.socket.end(BROKEN)
            return False

    # --- Catching up alone

    async def catch_up(self, follower: Follower) -> None:
        socket = follower.socket
        rows = 0
        while rows <= changes.RESYNC_ROWS:
            chapter = await self.read(follower.cursor)
            if self.followers.get(socket) is not follower:
                return
            if socket.user.pk in chapter.ended:
                return socket.lose(self.room_id)
            self.aim(chapter.seq)
            if chapter.frame is None or not socket.push(chapter.frame):
                follower.held, follower.is_behind = None, True
                return
            metrics.DELIVERIES.add(chapter.size)
            follower.cursor = chapter.seq
            rows += chapter.size
            if not chapter.more:
                return follower.settle(chapter.seq)
        self._give_up(follower)

    def _give_up(self, follower: Follower) -> None:
        metrics.RESYNCS.add()
        follower.socket.close_room(self.room_id)
        follower.socket.send(protocol.resync(room=self.room_id, seq=self.target))

    def restart(self, head: int, newest: int) -> None:
        """The log is another one, from a backup: every reader loads it anew."""
        self.position = self.target = self.hub.heads[self.room_id] = head
        self.newest = newest
        for follower in list(self.followers.values()):
            self._give_up(follower)

    # --- What need not be caught up on

    def typed(self, user_id: int) -> None:
        frame = protocol.typing(room=self.room_id, user=user_id)
        for follower in list(self.followers.values()):
            if not follower.is_opening and follower.socket.user.pk != user_id:
                follower.socket.push(frame)
