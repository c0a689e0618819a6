"""Who is here: each process's lease and connections in the database, joins and leaves told in bundles."""

import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chat.live import leases, protocol
from chat.live.frames import Frame
from chat.live.leases import Elsewhere, People

if TYPE_CHECKING:
    from chat.live.feed import Follower
    from chat.live.hub import Hub
    from chat.live.socket import Socket

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
BUNDLE_SECONDS = 1.0  # a room hears, and the database is told, at most so often
LEASE_SECONDS = 15.0
RENEW_SECONDS = 5.0

Entry = dict[str, Any]

NOBODY: Entry = {}


class Presence:
    """People, not sockets: a person is here while any window of theirs, in any process, has the room open."""

    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.lease: UUID | None = None
        self._local: dict[int, dict[int, list[Socket]]] = {}  # room -> person -> windows
        self._elsewhere: Elsewhere = {}
        self._known_rooms: set[int] = set()  # rooms that `_elsewhere` covers
        self._told: dict[int, People] = {}
        self._shown: dict[int, set[int]] = {}  # room -> people whom somebody who opened it since the last telling saw
        self._told_at: dict[int, float] = {}
        self._due: set[int] = set()
        self._written: leases.Places | None = set()  # None: perhaps what was to be written, perhaps what was before
        self._written_at = self._renewed_at = float("-inf")

    # --- Coming and going in this process

    def enter(self, room_id: int, socket: "Socket") -> None:
        windows = self._local.setdefault(room_id, {}).setdefault(socket.user.pk, [])
        if socket not in windows:
            windows.append(socket)
            self._due.add(room_id)

    def leave(self, room_id: int, socket: "Socket") -> None:
        people = self._local.get(room_id, {})
        windows = people.get(socket.user.pk, [])
        if socket in windows:
            windows.remove(socket)
            self._due.add(room_id)
        if not windows:
            people.pop(socket.user.pk, None)
        if not people:
            self._local.pop(room_id, None)

    def show(self, room_id: int) -> list[Entry]:
        """The people in the room now, by name, for somebody who opens it: of each of them a leave will be told."""
        here = self._here(room_id)
        self._shown.setdefault(room_id, set()).update(here)
        return sorted(here.values(), key=lambda person: (person["name"], person["id"]))

    def knows(self, room_id: int) -> bool:
        """Whether other processes' connections in this room are known; if not, ask `leases.in_room` and `learn`."""
        return room_id in self._known_rooms

    def learn(self, room_id: int, found: Elsewhere) -> None:
        for lease_id, theirs in found.items():
            mine = self._elsewhere.setdefault(lease_id, leases.Theirs(version=-1))
            mine.rooms[room_id] = theirs.rooms.get(room_id, {})
        self._known_rooms.add(room_id)

    def renew(self, user_id: int) -> None:
        """A person's name or picture may be another one: ask again for other processes' windows of theirs."""
        for theirs in self._elsewhere.values():
            if any(user_id in people for people in theirs.rooms.values()):
                theirs.version = -1

    def _here(self, room_id: int) -> People:
        people = {}
        for theirs in self._elsewhere.values():
            people.update(theirs.rooms.get(room_id, {}))
        for user_id, windows in self._local.get(room_id, {}).items():
            people[user_id] = windows[0].person
        return people

    # --- The clock

    async def tick(self) -> None:
        """Twice a second: exchange with the other processes, then tell the rooms."""
        try:
            await self._exchange()
        finally:
            self._tell_rooms()

    async def _exchange(self) -> None:
        now = self.hub.now()
        wanted = {(user_id, room_id) for room_id, people in self._local.items() for user_id in people}
        renew = now - self._renewed_at >= RENEW_SECONDS and bool(wanted or self.lease)
        write = wanted != self._written and now - self._written_at >= BUNDLE_SECONDS
        rooms = set(self._local)
        if write or renew:
            written, self._written = self._written, None  # who gave up waiting does not know what became of it
            self.lease = await self.hub.reads.run(leases.write, self.lease, wanted, written, LEASE_SECONDS)
            self._written, self._renewed_at = wanted, now
            self._written_at = now if write else self._written_at
        known = {lease_id: theirs.version for lease_id, theirs in self._elsewhere.items()}
        if rooms:
            self._take_in(rooms, await self.hub.reads.run(leases.changed, self.lease, known, rooms))

    def _take_in(self, rooms: set[int], found: "leases.Found") -> None:
        for lease_id in [lease_id for lease_id in self._elsewhere if lease_id not in found.alive]:
            self._due |= set(self._elsewhere.pop(lease_id).rooms)
        for lease_id, theirs in found.changed.items():
            old = self._elsewhere.get(lease_id, leases.Theirs(version=-1))
            self._due |= set(theirs.rooms) | set(old.rooms)
            late = {room_id: people for room_id, people in old.rooms.items() if room_id in set(self._local) - rooms}
            if late:  # opened while we were asking: ask again
                theirs = leases.Theirs(-1, theirs.rooms | late)
            self._elsewhere[lease_id] = theirs
        self._known_rooms &= set(self._local)

    # --- Telling

    def _tell_rooms(self) -> None:
        now = self.hub.now()
        for room_id in list(self._due):
            if now - self._told_at.get(room_id, float("-inf")) >= BUNDLE_SECONDS:
                self._due.discard(room_id)
                self._tell(room_id, now)

    def _tell(self, room_id: int, now: float) -> None:
        here, told = self._here(room_id), self._told.get(room_id, {})
        # Seen by somebody and perhaps gone before anybody was told of them: the leave is news, and so is the coming.
        told = dict.fromkeys(self._shown.pop(room_id, ()), NOBODY) | told
        if room_id not in self._local:
            self._told.pop(room_id, None)
            self._told_at.pop(room_id, None)
            return
        self._told[room_id] = here
        frame = difference(room_id, told, here)
        if frame is not None:
            self._told_at[room_id] = now
            for follower in self.hub.feed(room_id).followers.values():
                self._tell_one(follower, frame, told)

    def _tell_one(self, follower: "Follower", frame: Frame, told: People) -> None:
        socket, room_id = follower.socket, follower.feed.room_id
        if follower.is_opening or room_id in socket.missed_presence:
            return
        if not socket.push(frame):
            socket.missed_presence[room_id] = told

    def make_good(self, socket: "Socket") -> None:
        """The socket takes words again: tell it what changed since it stopped."""
        missed, socket.missed_presence = socket.missed_presence, {}
        for room_id, told in missed.items():
            frame = difference(room_id, told, self._told.get(room_id, {}))
            if frame is not None and not socket.push(frame):
                socket.missed_presence[room_id] = told

    # --- The end

    async def close(self) -> None:
        if self.lease is not None:
            await self.hub.reads.run(leases.give_up, self.lease)


def difference(room_id: int, told: People, here: People) -> Frame | None:
    joined = [person for user_id, person in here.items() if told.get(user_id) != person]
    left = [user_id for user_id in told if user_id not in here]
    return protocol.presence(room=room_id, joined=joined, left=left) if joined or left else None
