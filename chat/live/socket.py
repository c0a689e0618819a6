"""One connected tab as its process knows it: whose it is, which rooms it has, what it was told."""

import asyncio
from typing import TYPE_CHECKING, Any

from accounts.models import User
from accounts.sessions import Identity
from chat import metrics
from chat.live import protocol
from chat.live.frames import Frame
from chat.live.writer import UNSENT_LIMIT, Writer
from chat.rendering import person

if TYPE_CHECKING:
    from chat.live.feed import Follower
    from chat.live.hub import Hub

ABORT_SECONDS = 5.0  # how long a close may take before the connection is cut
PLACES_KEPT = 200  # rooms it is not in, of which it is known when that was last looked at
OLDEST_READING = 60.0  # seconds; the database answers or fails long before

Entry = dict[str, Any]


class Socket:
    """Belongs to one hub, from its hello to its end. Only ever used on the hub's loop."""

    def __init__(self, hub: "Hub", identity: Identity, user: User, writer: Writer) -> None:
        self.hub, self.identity, self.user, self.writer = hub, identity, user, writer
        self.rooms: dict[int, int] = {}  # the rooms it is in -> last_read as it was told
        self.counted: dict[int, tuple[int, int]] = {}  # room -> seq and newest message of the counts it was told
        self.open: dict[int, Follower] = {}
        self.mutes: dict[int, Entry] = {}  # rooms it was told that it may not write in -> until when and why
        self.mutes_read = 0.0  # when the reading of mutes began that it was told of last
        self.marking: set[int] = set()  # rooms with a read.mark under way
        self.touched: dict[int, float] = {}  # room -> when its place in `rooms` was last set
        self.missed_pulses: set[int] = set()
        self.missed_presence: dict[int, dict[int, Entry]] = {}  # room -> who was there as it was last told
        self.is_greeted = self.is_ending = False
        self.flows = asyncio.Event()  # not while too much is unsent
        self.flows.set()
        self.began = hub.now()
        self.gone = asyncio.Event()

    @property
    def person(self) -> Entry:
        return person(self.user)

    # --- Words

    def send(self, frame: Frame) -> None:
        """A reply, or a word that is never repeated: said whatever is unsent. Who asks waits for `flows`."""
        if not self.is_ending:
            self.writer.write(frame)
            if self.writer.unsent() > UNSENT_LIMIT:
                self._lag()

    def push(self, frame: Frame) -> bool:
        """A word that the socket can catch up on: not said, and False, while too much is unsent."""
        if self.is_ending:
            return False
        if self.writer.offer(frame):
            return True
        self._lag()
        return False

    def _lag(self) -> None:
        self.flows.clear()
        self.hub.lags(self)

    # --- Rooms

    def gain(self, entry: Entry, *, tell: bool = True) -> None:
        """The person is in this room; `entry` is its line in `hello`."""
        room_id = entry["id"]
        if room_id in self.rooms or self.is_ending:
            return
        self.note(room_id, entry["last_read"], entry["seq"], entry["last_message"])
        if entry["muted"]:
            self.mutes[room_id] = entry["muted"]
        self.mutes_read = self.hub.now()
        self.hub.feed(room_id).admit(self, entry)
        if tell:
            self.send(protocol.joined(entry))

    def note(self, room_id: int, last_read: int, seq: int, last_message: int) -> None:
        """The socket is being told of counts that are true at `seq` and include everything up to `last_message`."""
        self.rooms[room_id] = last_read
        self.counted[room_id] = seq, last_message
        self._touch(room_id)
        self.missed_pulses.discard(room_id)

    def mute(self, room_id: int, muted: Entry | None) -> None:
        """Say that the person may not write in a room, until when and why; None: may write again."""
        if muted == self.mutes.get(room_id):
            return
        if muted is None:
            del self.mutes[room_id]
        else:
            self.mutes[room_id] = muted
        self.send(protocol.muted(room=room_id, muted=muted))

    def lose(self, room_id: int) -> None:
        """The right to this room has ended: nothing more of it, but one word that says so."""
        had = self.rooms.pop(room_id, None) is not None
        self.mutes.pop(room_id, None)
        self.counted.pop(room_id, None)
        had = self.close_room(room_id) or had
        self._touch(room_id)
        self.missed_pulses.discard(room_id)
        self.hub.dismiss(self, room_id)
        if had:
            self.send(protocol.left(room=room_id))

    def attach(self, room_id: int) -> "Follower":
        """The first step of opening a room, again if it is open."""
        follower = self.open[room_id] = self.hub.feed(room_id).attach(self)
        self._touch(room_id)
        return follower

    def close_room(self, room_id: int) -> bool:
        follower = self.open.pop(room_id, None)
        if follower is not None:
            follower.detach()
            self.hub.presence.leave(room_id, self)
            if room_id in self.rooms:
                if self._lacks(follower):
                    self.missed_pulses.add(room_id)  # what it had not got yet is told as a count
                    self.hub.lags(self)
                self.counted[room_id] = follower.feed.position, follower.feed.newest
        self.missed_presence.pop(room_id, None)
        return follower is not None

    def _touch(self, room_id: int) -> None:
        """What was read before this must not speak of the room; nothing read is as old as what is forgotten here."""
        now = self.touched[room_id] = self.hub.now()
        if len(self.touched) > len(self.rooms) + PLACES_KEPT:  # as by somebody who asks for rooms that never were
            self.touched = {
                place: at for place, at in self.touched.items() if place in self.rooms or now - at < OLDEST_READING
            }

    def _lacks(self, follower: "Follower") -> bool:
        """Whether something was said that the socket was not told: a room that is open, or opening, gets no pulses."""
        feed = follower.feed
        if follower.is_opening:
            return feed.newest > self.counted.get(feed.room_id, (0, 0))[1]
        return follower.cursor < feed.position or feed.is_short

    # --- The end

    def end(self, code: int) -> None:
        """Deliver nothing more, close with `code`, and cut the connection if that takes too long."""
        if not self.is_ending:
            self.is_ending = True
            metrics.CLOSED.get(str(code), metrics.CLOSED["other"]).add()
            self.hub.forget(self)
            self.hub.spawn(self._close(code))

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(ABORT_SECONDS):
                await self.writer.close(code)
                await self.gone.wait()
        except TimeoutError:
            self.writer.abort()
