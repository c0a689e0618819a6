"""Tabs that talk to the real consumer over a real hub and database, with the bell and without."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from django.conf import settings
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import limits
from chat.live import doorbell, hub
from chat.models import Room
from chat.routing import websocket
from chat.tests.live import wires
from chatsite.testing.clock import Clock

ORIGIN = b"http://testserver"
PATIENCE = 20.0  # of a machine that runs four other tests beside

Frame = dict[str, Any]


async def act(job: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run database work beside the loop, as another door would, and leave no connection behind."""

    def work() -> Any:
        try:
            return job(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Closed(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"closed {code}")
        self.code = code


class Tab:
    """One browser tab: sends commands, sorts replies from events, keeps what it was not asked about."""

    def __init__(self, cookie: str | None, *, origin: bytes | None = ORIGIN, extensions: Frame | None = None) -> None:
        headers = [(b"origin", origin)] if origin is not None else []
        if cookie is not None:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        self.wire = wires.wire(websocket, "/ws/", headers)
        if extensions is not None:
            self.wire.scope["extensions"] = extensions
        self.kept: list[Frame] = []
        self.hello: Frame = {}
        self.closed: int | None = None

    async def connect(self) -> "Tab":
        accepted, _ = await self.wire.connect(timeout=PATIENCE)
        assert accepted
        self.hello = await self.expect("hello")
        return self

    async def next(self, patience: float = PATIENCE) -> Frame:
        """The next frame from the wire. Raises Closed, TimeoutError."""
        async with asyncio.timeout(patience):
            event = await self.wire.output_queue.get()
        if event["type"] == "websocket.close":
            self.closed = event.get("code", 1000)
            raise Closed(self.closed)
        return json.loads(event["text"])

    async def expect(self, kind: str, patience: float = PATIENCE, **fields: Any) -> Frame:
        """The first frame of this kind with these fields, kept or coming; others are kept."""
        for frame in self.kept:
            if fits(frame, kind, fields):
                self.kept.remove(frame)
                return frame
        until = time.monotonic() + patience
        while True:
            frame = await self.next(max(0.01, until - time.monotonic()))
            if fits(frame, kind, fields):
                return frame
            self.kept.append(frame)

    async def nothing(self, kind: str, seconds: float = 0.4, **fields: Any) -> None:
        """No frame of this kind comes for so long."""
        kept, self.kept = self.kept, []
        with contextlib.suppress(TimeoutError):
            frame = await self.expect(kind, seconds, **fields)
            raise AssertionError(f"unexpected {frame}")
        self.kept = kept + self.kept

    async def ask(self, kind: str, **fields: Any) -> Frame:
        """Send a command and return the reply to it."""
        ref = uuid.uuid4().hex
        await self.say(kind, ref=ref, **fields)
        until = time.monotonic() + PATIENCE
        while True:
            frame = await self.next(max(0.01, until - time.monotonic()))
            if frame.get("ref") == ref:
                return frame
            self.kept.append(frame)

    async def say(self, kind: str, **fields: Any) -> None:
        await self.wire.send_json_to({"type": kind, **fields})

    async def open(self, room: Room, **fields: Any) -> Frame:
        return await self.ask("room.open", room=room.pk, **fields)

    async def post(self, room: Room, body: str = "Hello", **fields: Any) -> Frame:
        fields.setdefault("client_id", str(uuid.uuid4()))
        return await self.ask("message.post", room=room.pk, body=body, **fields)

    async def message(self, body: str, patience: float = PATIENCE) -> Frame:
        """The message with this body, out of a live change."""
        until = time.monotonic() + patience
        while True:
            frame = await self.expect("room.changes", max(0.01, until - time.monotonic()))
            for message in frame["messages"]:
                if message["body"] == body:
                    return message

    async def code(self, patience: float = PATIENCE) -> int:
        """The close code, once it comes."""
        try:
            while True:
                self.kept.append(await self.next(patience))
        except Closed as closed:
            return closed.code

    async def leave(self, code: int = 1000) -> None:
        if not self.wire.future.done():
            await self.wire.send_input({"type": "websocket.disconnect", "code": code})
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.wire.future, PATIENCE)


def fits(frame: Frame, kind: str, fields: Frame) -> bool:
    return frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items())


@pytest_asyncio.fixture
async def tab() -> AsyncIterator[Callable[..., Any]]:
    """`await tab(alice)`: a connected tab of that person; all are closed in the end, and nothing may be left."""
    tabs: list[Tab] = []

    async def connect(person: User | None, **options: Any) -> Tab:
        cookie = options.pop("cookie", None) or (await act(cookie_of, person) if person else None)
        tabs.append(Tab(cookie, **options))
        return await tabs[-1].connect() if person else tabs[-1]

    yield connect
    for one in tabs:
        await one.leave()
    await wires.close()
    assert asyncio.get_running_loop() not in hub._hubs
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "chat/" in repr(task)]
    assert left == []


@pytest.fixture(params=["bell", "null"])
def bell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The whole suite passes without a doorbell too; with it, no clock may help out."""
    if request.param == "null":
        for name in ("ring", "ring_user", "ring_typing"):
            monkeypatch.setattr(doorbell, name, lambda *event: None)
    monkeypatch.setattr(hub, "POSITION_SECONDS", 0.1 if request.param == "null" else 60)
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 0.2 if request.param == "null" else 60)
    return str(request.param)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's clocks run so fast that a test need not wait for them."""
    monkeypatch.setattr(hub, "POSITION_SECONDS", 0.1)
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 0.2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limits, "time", made)
    return made


@pytest.fixture
def limited(settings: Settings, clock: Clock) -> Clock:
    """Limits as on a site, with a clock that stands still."""
    settings.POST_RATE, settings.ADDRESS_SOCKETS = (20, 2.0), 60
    return clock
