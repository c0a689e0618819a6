"""What a client does with its hands: acts chosen by chance, and errands that are run until somebody answers."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from chat.tests.chaos.diary import Edit, Post
from chat.tests.chaos.room import Room
from chat.tests.chaos.web import Refused, Unanswered
from chat.tests.chaos.wire import Broken, Frame

if TYPE_CHECKING:
    from chat.tests.chaos.client import Client

PAUSE = 0.1, 0.5  # seconds between two acts
NAP = 2.0, 8.0  # seconds
UNDER_WAY = 8  # unanswered errands, above which nothing new is begun
BY_WEB = 0.15  # of the errands with a line, and all without one for so long:
WAIT_FOR_LINE = 1.0
AGAIN_SECONDS = 0.3
ALWAYS_OPEN = {"harbour"}  # by which the time of a recovery is told
REVOLVING = "new-pier"  # public, and people come and go
GUARDED = "night-ferry"  # private: its owner brings people in and puts them out
OWNER = "ada"
WORDS = ("fair wind", "over the pier", "the ferry is late", "bring the rope", "tell the crew", "high tide", "again")
LONG = 150  # words, once in a while

ACTS = {
    "post": 60,
    "edit": 9,
    "delete": 4,
    "again": 3,
    "read": 8,
    "shut": 3,
    "older": 3,
    "type": 3,
    "come_or_go": 5,
    "bring_or_put_out": 12,
    "nap": 1,
}


class Script:
    """The acts of one client. `errands` are what is not answered yet."""

    def __init__(self, client: "Client") -> None:
        self.client, self.random, self.diary = client, client.random, client.diary
        self.errands: set[asyncio.Task[None]] = set()
        self.strolls: set[asyncio.Task[None]] = set()  # what is tried once: nobody waits for it
        self.said = 0
        self.is_busy: set[int] = set()  # posts (by identity) with an edit under way

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.random.uniform(*PAUSE)):
                    await stop.wait()
            if len(self.errands) < UNDER_WAY and not stop.is_set():
                (act,) = self.random.choices(list(ACTS), weights=list(ACTS.values()))
                getattr(self, act)()

    async def close(self) -> None:
        tasks = self.errands | self.strolls
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wants_open(self, room: Room) -> bool:
        return room.slug in ALWAYS_OPEN or self.random.random() < 0.6

    # --- Acts

    def post(self) -> None:
        rooms = [room for room in self.client.rooms.values() if room.slug in ALWAYS_OPEN or self.random.random() < 0.5]
        if rooms:
            self.say(self.random.choice(rooms))

    def say(self, room: Room) -> Post:
        self.said += 1
        post = Post(room.id, str(uuid.UUID(int=self.random.getrandbits(128), version=4)), self._words())
        self.diary.posts.append(post)
        self._errand(self._post(room, post))
        return post

    def edit(self) -> None:
        if post := self._own():
            self._alter(post, Edit(f"{self._words()} edited"))

    def delete(self) -> None:
        if post := self._own():
            self._alter(post, Edit(None))

    def again(self) -> None:
        """What was answered long ago, as somebody would who did not hear the answer."""
        acked = [post for post in self.diary.posts[-20:] if post.is_acked and post.room in self.client.rooms]
        if acked:
            post = self.random.choice(acked)
            self._errand(self._post(self.client.rooms[post.room], post))

    def read(self) -> None:
        if room := self._some(lambda room: bool(room.is_open and room.rows)):
            self._stroll(self.mark(room))

    def shut(self) -> None:
        """A room is closed and only counted from then on, or opened again."""
        if room := self._some(lambda room: room.slug not in ALWAYS_OPEN):
            self._stroll(self._close(room) if room.is_open else self._reopen(room))

    def reopen(self, room: Room) -> None:
        """Also one that was to be shut and is still open, because its last mark was refused."""
        self._stroll(self._reopen(room))

    def older(self) -> None:
        if room := self._some(lambda room: room.is_open and room.first > 0 and room.aside is None):
            self._stroll(self._look_back(room))

    def type(self) -> None:
        if (room := self._some(lambda room: room.is_open)) and self.client.wire:
            self._stroll(self.client.wire.tell("typing", room=room.id))

    def come_or_go(self) -> None:
        if self.client.handle == OWNER:
            return
        is_in = any(room.slug == REVOLVING for room in self.client.rooms.values())
        self._stroll(self._give(f"/rooms/{REVOLVING}/{'leave' if is_in else 'join'}/"))

    def bring_or_put_out(self) -> None:
        others = {handle: number for handle, number in self.client.people.items() if handle != OWNER}
        if self.client.handle != OWNER or not others:
            return
        handle = self.random.choice(sorted(others))
        if self.random.random() < 0.5:
            self._stroll(self._give(f"/rooms/{GUARDED}/members/", handle=handle))
        else:
            self._stroll(self._give(f"/rooms/{GUARDED}/members/{others[handle]}/remove/"))

    def nap(self) -> None:
        self.client.nap(self.random.uniform(*NAP))

    # --- Errands: until answered

    async def _post(self, room: Room, post: Post) -> None:
        fields = {"room": room.id, "client_id": post.client_id, "body": post.body}
        path = f"/rooms/{room.slug}/messages/"
        try:
            answer = await self._until_answered(post, "message.post", fields, path)
        except Refused as refusal:
            if not post.is_acked:
                post.ended, post.refused = time.time(), refusal.code
            return
        if post.is_acked and post.message != answer["message"]:
            self.diary.found("doubled", f"{post.client_id} was {post.message} and is {answer['message']}")
        if not post.is_acked:
            post.ended, post.message, post.seq, post.refused = time.time(), answer["message"], answer["seq"], None

    def _alter(self, post: Post, edit: Edit) -> None:
        post.edits.append(edit)
        self.is_busy.add(id(post))
        self._errand(self._change(post, edit))

    async def _change(self, post: Post, edit: Edit) -> None:
        edit.began = time.time()
        room = self.client.rooms.get(post.room)
        kind = "message.delete" if edit.body is None else "message.edit"
        fields = {"message": post.message} | ({} if edit.body is None else {"body": edit.body})
        path = f"/rooms/{room.slug}/messages/{post.message}/{kind[8:]}/" if room else ""
        try:
            edit.seq = (await self._until_answered(edit, kind, fields, path))["seq"]
        except Refused as refusal:
            edit.refused = refusal.code
        edit.ended = time.time()
        self.is_busy.discard(id(post))

    async def _until_answered(self, what: Post | Edit, kind: str, fields: Frame, path: str) -> Frame:
        """The `ok`. The same words under the same id, by any way, as often as it takes. Raises Refused."""
        while True:
            what.sent += 1
            try:
                if path and (self.random.random() < BY_WEB or not await self._has_line()):
                    words = {name: value for name, value in fields.items() if name in {"client_id", "body"}}
                    return await self.client.web.give(self.client.address(), path, **words)
                return await self._by_wire(kind, fields)
            except (Broken, Unanswered):
                await asyncio.sleep(self.random.uniform(0, AGAIN_SECONDS))
            except Refused as refusal:
                if refusal.code not in {"rate_limited", "unavailable"}:
                    raise
                await asyncio.sleep(refusal.retry_after or AGAIN_SECONDS)

    async def _has_line(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_FOR_LINE):
                await self.client.connected.wait()
        return self.client.is_connected

    async def _by_wire(self, kind: str, fields: Frame, at_once: Callable[[Frame], None] | None = None) -> Frame:
        if self.client.wire is None or not self.client.is_connected:
            raise Broken
        reply = await self.client.wire.ask(kind, at_once, **fields)
        if reply["type"] == "error":
            raise Refused(0, reply["code"], reply.get("retry_after"))
        return reply

    # --- Strolls: tried once

    async def mark(self, room: Room) -> None:
        newest = max(room.rows, default=room.last_read)

        def told(reply: Frame) -> None:
            room.count({**reply, "last_read": max(room.last_read, newest)})

        await self._by_wire("read.mark", {"room": room.id, "message": newest}, told)

    async def _close(self, room: Room) -> None:
        room.wanted = False
        await self.mark(room)
        await self._by_wire("room.close", {"room": room.id}, lambda _ok: room.shut())

    async def _reopen(self, room: Room) -> None:
        room.wanted = True
        await self.client.open(room)

    async def _look_back(self, room: Room) -> None:
        room.aside = {}
        try:
            page = await self.client.web.history(self.client.address(), room.slug, room.first)
            if room.cursor is not None:
                room.extend(page)
        finally:
            room.aside = None

    async def _give(self, path: str, **fields: str) -> None:
        await self.client.web.give(self.client.address(), path, **fields)

    # --- What they are made of

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        self._start(work, self.errands)

    def _stroll(self, work: Coroutine[Any, Any, None]) -> None:
        async def once() -> None:
            with contextlib.suppress(Broken, Unanswered, Refused):
                await work

        self._start(once(), self.strolls)

    def _start(self, work: Coroutine[Any, Any, None], among: set["asyncio.Task[None]"]) -> None:
        task = asyncio.create_task(work)
        among.add(task)

        def done(task: "asyncio.Task[None]") -> None:
            among.discard(task)
            if not task.cancelled() and (error := task.exception()):
                self.diary.found("client", repr(error))

        task.add_done_callback(done)

    def _own(self) -> Post | None:
        """One of the latest that are there to be changed."""
        there = [
            post
            for post in self.diary.posts[-30:]
            if post.is_acked
            and id(post) not in self.is_busy
            and all(edit.body is not None for edit in post.edits)
            and post.room in self.client.rooms
        ]
        return self.random.choice(there) if there else None

    def _some(self, fits: Any) -> Room | None:
        rooms = [room for room in self.client.rooms.values() if fits(room)]
        return self.random.choice(rooms) if rooms else None

    def _words(self) -> str:
        count = LONG if self.random.random() < 0.02 else self.random.randint(2, 12)
        return " ".join([self.client.handle, str(self.said), *self.random.choices(WORDS, k=count)])
