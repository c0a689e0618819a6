"""The socket's door: who may come in, then each command in the order sent: parse, act, reply."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import languages
from chat import actions, limits, metrics, posting, trail
from chat.errors import ChatError, Invalid, RateLimited, Unauthenticated, Unavailable
from chat.live import doorbell, hub, opening, protocol
from chat.live.protocol import (
    Command,
    MessageDelete,
    MessageEdit,
    MessagePost,
    Ping,
    ReadMark,
    RoomClose,
    RoomOpen,
    Typing,
)
from chat.live.socket import Socket
from chat.live.writer import Writer, writer_for
from chatsite import addresses

log = logging.getLogger(__name__)

OPEN_ROOMS = 50
MALFORMED_FRAMES = 10
MALFORMED, FLOODING, TRY_AGAIN = 4400, 4429, 1013

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket. Its process's hub hears the bell for it, so it has no layer channel and no dispatch of its own."""

    hub: hub.Hub
    socket: Socket | None = None
    writer: Writer

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        self.scope, self.base_send, self.line = scope, send, posting.Line()
        await receive()  # websocket.connect
        if not is_our_origin(header(scope, b"origin")):
            return await send({"type": "websocket.close"})  # before the accept: a plain 403
        await send({"type": "websocket.accept", "subprotocol": None})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as life:
                self.writer = writer_for(scope, send, life)
                await self._listen(receive)

    async def _listen(self, receive: Receive) -> None:
        try:
            languages.speak(languages.of_browser(*asked_in(self.scope)))
            with trail.of_socket():
                await self._seated(receive)
        finally:
            self.writer.finish()

    async def _seated(self, receive: Receive) -> None:
        """Every address has so many sockets; one too many is refused before anything is read for it."""
        source = addresses.source(addresses.of_scope(self.scope))
        try:
            limits.take_seat(source)
        except RateLimited as error:
            await self._refuse(error, FLOODING)
            return await self._converse(receive)  # until it has gone
        try:
            await self._live(receive)
        finally:
            limits.leave_seat(source)

    async def _live(self, receive: Receive) -> None:
        self.hub = hub.current()
        self.hub.enter()
        try:
            await self._begin()
            await self._converse(receive)
        finally:
            self._note_end()
            await self.hub.leave(self.socket)

    def _note_end(self) -> None:
        if self.socket is not None:
            about = {"person": self.socket.user.pk, "seconds": round(self.hub.now() - self.socket.began)}
            log.info("socket of person %(person)s ended after %(seconds)s s", about, extra={"about": about})

    async def _begin(self) -> None:
        """Hello, or the reason why not and a close."""
        key = session_key(self.scope)
        try:
            limits.check_session(key)
            welcome = await self.hub.openings.run(opening.read_welcome, key)
            if isinstance(welcome, int):
                return await self._refuse(Unauthenticated(_("Sign in first.")), welcome)
            limits.check_sockets(len(self.hub.people.get(welcome.user.pk, ())))
            self.socket = await opening.greet(self.hub, welcome, self.writer)
            languages.speak(languages.of_person(welcome.user))
            log.info("socket opened", extra={"about": {"person": welcome.user.pk}})
        except RateLimited as error:
            await self._refuse(error, FLOODING)
        except Exception:
            log.exception("a socket could not be greeted")
            await self._refuse(unavailable(), TRY_AGAIN)

    async def _refuse(self, error: ChatError, code: int) -> None:
        metrics.REFUSALS[error.code].add()
        self.writer.write(protocol.error(None, error))
        await self.writer.close(code)

    async def _converse(self, receive: Receive) -> None:
        malformed = 0
        while (event := await receive())["type"] == "websocket.receive":
            if self.socket is None or self.socket.is_ending:
                continue
            if limits.is_flooding(self.socket.user.pk):
                self.socket.end(FLOODING)
                continue
            try:
                await self._obey(self.socket, protocol.decode(event.get("text")))
            except protocol.Refused as refusal:
                await self.line.answered()
                metrics.REFUSALS[refusal.code].add()
                self.socket.send(protocol.error(refusal.ref, refusal))
                malformed += refusal.malformed
                if malformed >= MALFORMED_FRAMES:
                    self.socket.end(MALFORMED)
            await self.socket.flows.wait()  # who does not take the answers is not asked what else he wants
        await self.line.answered()
        self.writer.finish()

    async def _obey(self, socket: Socket, command: Command) -> None:
        """In the order sent, and answered in it; of posts in a row the next is taken before the last is answered."""
        began = socket.hub.now()
        try:
            if isinstance(command, MessagePost):
                await self.line.admit(command.room)
                self.line.add(post_message(socket, command, began))
                return
            await self.line.answered()
            await COMMANDS[type(command)](socket, command)
        except Exception as error:
            await self.line.answered()
            conclude(socket, command, began, error)
        else:
            conclude(socket, command, began)


def conclude(socket: Socket, command: Command, began: float, error: BaseException | None = None) -> None:
    """Count what became of a command, and say so when it was not done."""
    outcome = "ok"
    if isinstance(error, ChatError):
        outcome = "refused"
        metrics.REFUSALS[error.code].add()
        socket.send(protocol.error(command.ref, error))
    elif error is not None:
        outcome = "failed"
        log.error("%s failed", type(command).__name__, exc_info=error)
        socket.send(protocol.error(command.ref, unavailable()))
    metrics.COMMANDS[outcome].add()
    metrics.COMMAND.observe(socket.hub.now() - began)


# --- One function per command --------------------------------------------------------------------


async def open_room(socket: Socket, command: RoomOpen) -> None:
    if command.room not in socket.open and len(socket.open) >= OPEN_ROOMS:
        raise Invalid(_("At most %d rooms can be open at once. Close one first.") % OPEN_ROOMS)
    limits.spend_open(socket.user.pk)
    await opening.open_room(socket, command)


async def close_room(socket: Socket, command: RoomClose) -> None:
    socket.close_room(command.room)
    socket.send(protocol.ok(command.ref))


def post_message(socket: Socket, command: MessagePost, began: float) -> posting.Answer:
    """Waits for nothing: it is answered when its answer is there."""
    limits.check_post(socket.user.pk)
    is_member = command.room in socket.rooms
    post = actions.Post(socket.user, command.client_id, command.body, get_language() or "", is_member)
    answer = posting.post_message(socket.hub, command.room, post)
    answer.add_done_callback(partial(answer_post, socket, command, began))
    return answer


def answer_post(socket: Socket, command: MessagePost, began: float, answer: posting.Answer) -> None:
    if answer.cancelled():
        return  # the hub has ended, and the socket before it
    error = answer.exception()
    if error is None:
        posted = answer.result()
        socket.send(protocol.ok(command.ref, message=posted.message_id, seq=posted.seq))
    conclude(socket, command, began, error)


async def edit(socket: Socket, command: MessageEdit) -> None:
    limits.spend_change(socket.user.pk)
    seq = await socket.hub.commands.run(
        actions.edit_message, actor=socket.user, message_id=command.message, body=command.body
    )
    socket.send(protocol.ok(command.ref, seq=seq))


async def delete(socket: Socket, command: MessageDelete) -> None:
    limits.spend_change(socket.user.pk)
    seq = await socket.hub.commands.run(actions.delete_message, actor=socket.user, message_id=command.message)
    socket.send(protocol.ok(command.ref, seq=seq))


async def mark_read(socket: Socket, command: ReadMark) -> None:
    limits.spend_change(socket.user.pk)
    socket.marking.add(command.room)
    try:
        reading = await socket.hub.commands.run(
            actions.mark_read,
            actor=socket.user,
            room_id=command.room,
            message_id=command.message,
            back=command.back,
        )
        if command.room in socket.rooms:
            socket.note(command.room, reading.last_read, reading.seq, reading.last_message)
    finally:
        socket.marking.discard(command.room)
    counts = {"last_message": reading.last_message, "unread": reading.unread, "mentions": reading.mentions}
    socket.send(protocol.ok(command.ref, seq=reading.seq, **counts))


async def typing(socket: Socket, command: Typing) -> None:
    """Only where the room is open, and no answer either way."""
    if command.room in socket.open and limits.may_type(socket.user.pk, command.room):
        doorbell.ring_typing(command.room, socket.user.pk)


async def ping(socket: Socket, command: Ping) -> None:
    heads = {room_id: socket.hub.heads[room_id] for room_id in socket.open if room_id in socket.hub.heads}
    socket.send(protocol.pong(command.ref, heads=heads))


COMMANDS: dict[type[Command], Callable[[Socket, Any], Awaitable[None]]] = {
    RoomOpen: open_room,
    RoomClose: close_room,
    MessageEdit: edit,
    MessageDelete: delete,
    ReadMark: mark_read,
    Typing: typing,
    Ping: ping,
}


# --- The handshake -------------------------------------------------------------------------------


def header(scope: Event, name: bytes) -> str | None:
    """The header's one value; a repeated one is nobody's honest request and counts as wrong."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def is_our_origin(origin: str | None) -> bool:
    """Scheme, host and port, exactly as the site's addresses say."""
    return origin is not None and origin.lower() in settings.SITE_URLS


def session_key(scope: Event) -> str | None:
    return parse_cookie(_cookies(scope)).get(settings.SESSION_COOKIE_NAME)


def asked_in(scope: Event) -> tuple[str, str]:
    """What a browser says about the language it wants: cookies and Accept-Language."""
    return _cookies(scope), header(scope, b"accept-language") or ""


def _cookies(scope: Event) -> str:
    return "; ".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"cookie")


def unavailable() -> Unavailable:
    return Unavailable(_("The server cannot do that just now. Nothing was lost; try again."), retry_after=1)
