"""Rings the bell and hears it: the only user of the channel layer. A ring carries numbers, never words.

A lost ring costs seconds, never messages: hubs compare positions with the database by themselves.
"""

import asyncio
import atexit
import logging
import os
import threading
import uuid
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import SyncToAsync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from chat import metrics

log = logging.getLogger(__name__)

PEOPLE = "people"
SEND_SECONDS = 2.0  # a hung layer holds one ring for so long, and the ring gets one second try
LAST_SECONDS = 1.0  # how long an ending process waits for its last rings

Event = dict[str, Any]
Loop = asyncio.AbstractEventLoop

ME = uuid.uuid4().hex  # tells a process its own rings, of which it has been told directly

_listeners: dict[Loop, Callable[[Event], None]] = {}
_ringers: "WeakKeyDictionary[Loop, Ringer]" = WeakKeyDictionary()
_own_loop: Loop | None = None
_guard = threading.Lock()


# --- Ringing: from any thread, never waiting, never raising ---------------------------------------


def ring(room_id: int, seq: int, kind: str) -> None:
    """The room's log has come to `seq`."""
    event = {"type": "room.changed", "room": room_id, "seq": seq, "kind": kind}
    _announce(room_group(room_id), ("room", room_id), event)


def ring_user(user_id: int) -> None:
    """Something about this person changed: sessions, rights, rooms or how far they have read."""
    _announce(PEOPLE, ("person", user_id), {"type": "person.changed", "user": user_id, "from": ME})


def ring_typing(room_id: int, user_id: int) -> None:
    event = {"type": "room.typing", "room": room_id, "user": user_id, "from": ME}
    _announce(room_group(room_id), ("typing", room_id, user_id), event)


def room_group(room_id: int) -> str:
    return f"room.{room_id}"


def listen(loop: Loop, hear: Callable[[Event], None]) -> None:
    """The hub of this loop wants every ring of its own process, on its loop, without the way through the layer."""
    _listeners[loop] = hear


def unlisten(loop: Loop) -> None:
    _listeners.pop(loop, None)


async def finish(loop: Loop) -> None:
    """Those rings of this loop that are under way arrive, or are given up after a second."""
    if loop in _ringers:
        await _ringers[loop].finish(LAST_SECONDS)


def _announce(group: str, key: tuple[Any, ...], event: Event) -> None:
    metrics.BELLS_RUNG.add()
    try:
        listeners = list(_listeners.items()) or [(_serving_loop() or _loop_of_our_own(), _hear_nothing)]
        for loop, hear in listeners[1:]:
            loop.call_soon_threadsafe(hear, event)
        home, hear = listeners[0]
        home.call_soon_threadsafe(_ring_on, home, hear, group, key, event)  # each call wakes the loop: one for both
    except Exception:
        metrics.BELLS_LOST.add()
        log.warning("a ring was lost", exc_info=True)


def _serving_loop() -> Loop | None:
    """The loop of the ASGI server, when a view rings before any socket is there."""
    loop: Loop | None = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    return loop if loop is not None and loop.is_running() else None


def _loop_of_our_own() -> Loop:
    """A process without a hub (WSGI, a command) rings from one thread, so that it keeps one connection."""
    global _own_loop
    with _guard:
        if _own_loop is None:
            _own_loop = asyncio.new_event_loop()
            threading.Thread(target=_own_loop.run_forever, name="doorbell", daemon=True).start()
        return _own_loop


def _forget_own_loop() -> None:
    global _own_loop, _guard
    _own_loop, _guard = None, threading.Lock()  # a fork takes the object along, but not its thread


def _finish_rings() -> None:
    loop = _own_loop
    if loop is not None and loop in _ringers:
        try:
            asyncio.run_coroutine_threadsafe(_ringers[loop].finish(LAST_SECONDS), loop).result(2 * LAST_SECONDS)
        except Exception:
            log.info("the last rings were not heard")


os.register_at_fork(after_in_child=_forget_own_loop)
atexit.register(_finish_rings)


def _hear_nothing(event: Event) -> None:
    """There is no hub here."""


def _ring_on(loop: Loop, hear: Callable[[Event], None], group: str, key: tuple[Any, ...], event: Event) -> None:
    if type(get_channel_layer()) is not InMemoryChannelLayer:  # whose one process has been told directly
        if loop not in _ringers:
            _ringers[loop] = Ringer()
        _ringers[loop].ring(group, key, event)
    hear(event)


class Ringer:
    """Publishes for one loop: the first ring of a key at once; while it is under way only the newest waits."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, ...], Event | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ring(self, group: str, key: tuple[Any, ...], event: Event) -> None:
        if key in self._waiting:
            waiting = self._waiting[key]
            if waiting is None or waiting.get("seq", 0) <= event.get("seq", 0):
                self._waiting[key] = event
            return
        self._waiting[key] = None
        task = asyncio.ensure_future(self._publish(group, key, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, group: str, key: tuple[Any, ...], event: Event | None) -> None:
        try:
            while event is not None:
                await _send(group, event)
                event, self._waiting[key] = self._waiting[key], None
        finally:
            del self._waiting[key]

    async def finish(self, seconds: float) -> None:
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()


async def _send(group: str, event: Event) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    for attempt in range(2):  # the first use of a connection that died with its server fails
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await layer.group_send(group, event)
        except Exception as error:
            if attempt or isinstance(error, TimeoutError):
                metrics.BELLS_LOST.add()
                log.warning("a ring did not reach the channel layer: %r", error)
                return


def channel_layer() -> Any:
    """The layer for the ear of a hub, or None when there is none."""
    return get_channel_layer()
