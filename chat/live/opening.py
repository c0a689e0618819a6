"""How a socket begins: its hello, and the five steps of opening a room: attach, head, right, rows, answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts import sessions
from accounts.models import User
from accounts.sessions import Identity
from chat import changes, formatting, limits, metrics, overview
from chat.live import leases, protocol
from chat.live.chapters import encode_batch
from chat.live.leases import Elsewhere
from chat.live.protocol import RoomOpen

if TYPE_CHECKING:
    from uuid import UUID

    from chat.live.feed import Follower
    from chat.live.hub import Hub
    from chat.live.socket import Socket
    from chat.live.writer import Writer

Entry = dict[str, Any]


@dataclass(frozen=True)
class Welcome:
    identity: Identity
    user: User
    epoch: str


def read_welcome(session_key: str | None) -> Welcome | int:
    """In a thread: whose session this is, or the code to close with instead. Raises RateLimited."""
    found = sessions.signed_in(session_key)
    if found is None:
        return sessions.SIGNED_OUT
    identity, user = found
    limits.spend_handshake(identity.user_id, identity.session_key)
    if sessions.banned(identity.user_id):
        return sessions.BANNED
    return Welcome(identity, user, changes.current_epoch())


async def greet(hub: "Hub", welcome: Welcome, writer: "Writer") -> "Socket":
    """Known to the hub first, then the rooms are read, so that no change falls between."""
    socket = hub.receive(welcome.identity, welcome.user, writer)
    try:
        rooms = await hub.openings.run(overview.overview, welcome.user.pk)
    except BaseException:
        hub.forget(socket)
        raise
    # What the log has taken from it meanwhile it would not take again: the feed is past that.
    rooms = [entry for entry in rooms if entry["id"] not in socket.touched]
    limit = formatting.LIMIT
    socket.send(protocol.hello(epoch=welcome.epoch, user=socket.person, body_limit=limit, rooms=rooms))
    for entry in rooms:
        socket.gain(entry, tell=False)
    socket.is_greeted = True
    metrics.OPENED.add()
    return socket


@dataclass(frozen=True)
class Opened:
    answer: changes.Batch | changes.Resync
    batch: bytes
    entry: Entry | None  # of a room the socket did not know it was in
    elsewhere: Elsewhere | None


def _read(user: User, asked: RoomOpen, is_known: bool, lease: "UUID | None", is_covered: bool) -> Opened:
    answer = changes.open_room(user, asked.room, after=asked.after, epoch=asked.epoch)
    # After the right, so that who has just come is listed, too; what it is ahead of the answer is caught up on.
    entries = [] if is_known else overview.overview(user.pk, [asked.room])
    batch = encode_batch(answer) if isinstance(answer, changes.Batch) else b""
    elsewhere = None if is_covered else leases.in_room(lease, asked.room)
    return Opened(answer, batch, entries[0] if entries else None, elsewhere)


async def open_room(socket: "Socket", asked: RoomOpen) -> None:
    """Attach first, so that what is read after the head is held; then nothing falls between. Raises ChatError."""
    hub, presence = socket.hub, socket.hub.presence
    follower = socket.attach(asked.room)
    try:
        is_known, is_covered = asked.room in socket.rooms, presence.knows(asked.room)
        opened = await hub.openings.run(_read, socket.user, asked, is_known, presence.lease, is_covered)
    except BaseException:
        socket.close_room(asked.room)
        raise
    if socket.open.get(asked.room) is not follower:
        # The right ended, or the log was replaced, while this was read. Every command is answered: by what holds now.
        return None if socket.is_ending else await open_room(socket, asked)
    if opened.entry is not None:
        socket.gain(opened.entry)
    _answer(socket, follower, asked, opened)


def _answer(socket: "Socket", follower: "Follower", asked: RoomOpen, opened: Opened) -> None:
    presence, answer = socket.hub.presence, opened.answer
    if isinstance(answer, changes.Resync):
        metrics.RESYNCS.add()
        socket.close_room(asked.room)
        socket.send(protocol.resync(room=asked.room, seq=answer.seq, ref=asked.ref))
        return
    if opened.elsewhere is not None:
        presence.learn(asked.room, opened.elsewhere)
    presence.enter(asked.room, socket)
    socket.send(protocol.changes(opened.batch, ref=asked.ref, here=presence.show(asked.room)))
    socket.missed_presence.pop(asked.room, None)  # it has just been shown everybody
    if answer.more:
        socket.close_room(asked.room)  # not live yet: the client asks again from there
    else:
        follower.feed.reach(answer.seq)
        follower.settle(answer.seq)
