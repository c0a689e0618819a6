"""What a socket may still see and say: sessions, bans, memberships, mutes; read anew when bell or clock says so."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts import sessions
from accounts.models import User
from accounts.sessions import Identity
from chat import overview
from chat.live import protocol

if TYPE_CHECKING:
    from chat.live.hub import Hub
    from chat.live.socket import Socket

log = logging.getLogger(__name__)

CHUNK = 500  # people asked about in one query

Entry = dict[str, Any]


@dataclass(frozen=True)
class Rights:
    lapsed: dict[Identity, int]
    memberships: dict[tuple[int, int], int]  # (person, room) -> last_read
    mutes: dict[int, overview.Mutes]
    people: dict[int, User]


def read_rights(identities: Collection[Identity], renew: bool) -> Rights:
    """In a thread: six queries for any 500 people. `renew`: their rows too, for new names."""
    user_ids = {identity.user_id for identity in identities}
    people = User.objects.in_bulk(user_ids) if renew else {}
    return Rights(sessions.lapsed(identities), overview.memberships(user_ids), overview.mutes(user_ids), people)


async def look_at(hub: "Hub", user_ids: Iterable[int], *, renew: bool) -> None:
    """Bring the sockets of these people to what the database says of them."""
    waiting = list(user_ids)
    while waiting:
        chunk, waiting = waiting[:CHUNK], waiting[CHUNK:]
        began = hub.now()
        sockets = [socket for user_id in chunk for socket in hub.people.get(user_id, ()) if socket.is_greeted]
        rights = await hub.reads.run(read_rights, {socket.identity for socket in sockets}, renew)
        for socket in sockets:
            socket.user = rights.people.get(socket.user.pk, socket.user)
            if socket.identity in rights.lapsed:
                socket.end(rights.lapsed[socket.identity])
        await _compare(hub, [socket for socket in sockets if not socket.is_ending], rights, began)


async def _compare(hub: "Hub", sockets: list["Socket"], rights: Rights, began: float) -> None:
    held: dict[int, dict[int, int]] = {}
    for (user_id, room_id), last_read in rights.memberships.items():
        held.setdefault(user_id, {})[room_id] = last_read
    for socket in sockets:
        now = held.get(socket.user.pk, {})
        for room_id in (socket.rooms.keys() | socket.open.keys()) - now.keys():
            if socket.touched.get(room_id, 0) < began:
                socket.lose(room_id)
        tell_mutes(socket, rights.mutes.get(socket.user.pk, {}), began)
        if _news(socket, now, began):
            await tell(hub, socket.user.pk)


def tell_mutes(socket: "Socket", theirs: overview.Mutes, began: float) -> None:
    """Not from a reading older than the one it was told of: looks by bell and by clock may overtake each other."""
    if began < socket.mutes_read:
        return
    socket.mutes_read = began
    for room_id in socket.rooms if theirs or socket.mutes else ():
        socket.mute(room_id, overview.muted(theirs, room_id))


def _news(socket: "Socket", now: dict[int, int], began: float) -> list[int]:
    """Rooms the socket does not know of, or knows another last_read of."""
    return [
        room_id
        for room_id, last_read in now.items()
        if socket.rooms.get(room_id) != last_read and _may_be_told(socket, room_id, began)
    ]


def _may_be_told(socket: "Socket", room_id: int, began: float) -> bool:
    """Not while the socket's own read.mark is under way, nor with what was read before it was told last."""
    return room_id not in socket.marking and socket.touched.get(room_id, 0) < began


async def tell(hub: "Hub", user_id: int, *, missed: bool = False) -> None:
    """New rooms and read pointers to all tabs of a person; with `missed`, also counts instead of lost pulses."""
    began = hub.now()
    entries: list[Entry] = await hub.reads.run(overview.overview, user_id)
    for socket in list(hub.people.get(user_id, ())):
        for entry in entries:
            room_id = entry["id"]
            if not socket.is_greeted or not _may_be_told(socket, room_id, began):
                continue
            if room_id not in socket.rooms:
                socket.gain(entry)
            elif socket.rooms[room_id] != entry["last_read"] or (missed and room_id in socket.missed_pulses):
                tell_counts(socket, entry)


def tell_counts(socket: "Socket", entry: Entry) -> None:
    socket.note(entry["id"], entry["last_read"], entry["seq"], entry["last_message"])
    counts = {name: entry[name] for name in ("seq", "last_message", "last_read", "unread", "mentions")}
    socket.send(protocol.read_marked(room=entry["id"], **counts))
