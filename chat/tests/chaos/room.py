"""One room as a client has it: its list, its cursor, what is unread; and whether what comes may be so."""

import asyncio
import time
from typing import Any

from chat.tests.chaos.diary import Counted, Delivered, Diary, Showing, Shown
from chat.tests.chaos.web import Page, Row

ENOUGH = 100  # counts stop there

Frame = dict[str, Any]


class Room:
    """`cursor` is None until a list was loaded. What is wrong with a frame is written into the diary."""

    def __init__(self, diary: Diary, entry: Frame) -> None:
        self.diary = diary
        self.id: int = entry["id"]
        self.slug: str = entry["slug"]
        self.is_private = entry["kind"] == "private"
        self.wanted = True  # to be open, or else only counted
        self.is_open = False
        self.opening = asyncio.Lock()
        self.since = 0.0  # when this line opened it
        self.cursor: int | None = None
        self.epoch = ""
        self.first = 0  # what is older is not loaded
        self.rows: dict[int, Row] = {}
        self.aside: dict[int, Row] | None = None  # older rows that changed while older history is asked for
        self.ahead_since: float | None = None
        self.last_read = 0
        self.counted = {"seq": 0, "last_message": 0, "unread": 0}  # by the server
        self.uncounted: dict[int, int] = {}  # what was said after that: message -> author
        self.count(entry)

    # --- The list

    def load(self, page: Page) -> None:
        """The newest window, instead of what was there."""
        self._deliver(page.cursor, page.cursor, False, "page")
        self.cursor, self.epoch = page.cursor, page.epoch
        self.rows = {row.id: row for row in self._checked(page)}
        self.first = 0 if page.at_start or not page.rows else page.rows[0].id
        for row in page.rows:
            self._show(row, live=False)
            self._tally(row.id, row.author)

    def extend(self, page: Page) -> None:
        """An older page; what changed while it was asked for counts more."""
        self._deliver(page.cursor, page.cursor, False, "page")
        aside, self.aside = self.aside or {}, None
        for row in self._checked(page):
            newer = aside.get(row.id, row)
            if row.id < self.first:
                self.rows[row.id] = newer if newer.seq > row.seq else row
        self.first = 0 if page.at_start else min([self.first, *(row.id for row in page.rows)])

    def _checked(self, page: Page) -> list[Row]:
        ids = [row.id for row in page.rows]
        if sorted(set(ids)) != ids:
            self.diary.found("doubled" if len(set(ids)) < len(ids) else "order", f"page of room {self.id}: {ids}")
        return page.rows

    def take(self, frame: Frame) -> bool:
        """Put the changes in their places; False when something is missing before them."""
        after, seq, cursor = frame["after"], frame["seq"], self.cursor
        self._deliver(after, seq, frame["more"], "changes")
        self._check(frame)
        if cursor is None or after > cursor:
            return False
        for message in frame["messages"]:
            self._put(message, cursor)
        self.cursor = max(cursor, seq)
        return True

    def _check(self, frame: Frame) -> None:
        places = [(message["seq"], message["id"]) for message in frame["messages"]]
        inside = all(frame["after"] < seq <= frame["seq"] for seq, _id in places)
        if not inside or places != sorted(set(places)) or frame["after"] > frame["seq"]:
            self.diary.found("frame", f"room {self.id}: {frame['after']} to {frame['seq']} has {places}")

    def _put(self, message: Frame, cursor: int) -> None:
        self._tally(message["id"], message["author"]["id"])
        body = None if message["deleted_at"] else message["body"]
        row = Row(message["id"], message["seq"], message["author"]["id"], body)
        said = self.diary.versions.setdefault((row.id, row.seq), body)
        if said != body:
            self.diary.found("words", f"message {row.id} at {row.seq} was {said!r} and is {body!r}")
        if row.id < self.first:
            if self.aside is not None:
                self.aside[row.id] = row
            return
        present = self.rows.get(row.id)
        if present is None:
            self._require_place(row, is_pristine=not (message["edited_at"] or message["deleted_at"]), cursor=cursor)
        if present is None or row.seq > present.seq:
            self.rows[row.id] = row
        if present is None:
            self._show(row, live=self.is_open)

    def _require_place(self, row: Row, *, is_pristine: bool, cursor: int) -> None:
        """What nobody touched comes in the order of the log: not above what stands there, not when it had passed."""
        newest = max(self.rows, default=0)
        if is_pristine and (row.id < newest or row.seq <= cursor):
            self.diary.found("order", f"room {self.id}: {row.id} (seq {row.seq}) after {newest}, cursor {cursor}")

    def _show(self, row: Row, *, live: bool) -> None:
        if row.id not in self.diary.shown_first:
            self.diary.shown_first[row.id] = Showing(time.time(), live, self.since)

    def shown(self) -> Shown:
        """As it stands."""
        messages = [(row.id, row.seq, row.body) for row in sorted(self.rows.values(), key=lambda row: row.id)]
        return Shown(self.id, self.cursor or 0, messages, self.unread)

    def _deliver(self, after: int, seq: int, more: bool, by: str) -> None:
        self.diary.delivered.append(Delivered(time.time(), self.id, after, seq, more, by))

    # --- What is unread

    @property
    def newest(self) -> int:
        """The newest message it knows of."""
        return max([self.counted["last_message"], *self.rows, *self.uncounted])

    @property
    def unread(self) -> int:
        others = sum(author != self.diary.person for author in self.uncounted.values())
        return min(ENOUGH, self.counted["unread"] + others)

    def count(self, told: Frame) -> None:
        """The server's own count, true at its `seq`; it includes everything up to `last_message`."""
        self.diary.counted.append(Counted(time.time(), self.id, told["seq"], told["last_read"], told["unread"]))
        if told["seq"] >= self.counted["seq"]:
            self.counted, self.last_read = told, told["last_read"]
            newer = {message: who for message, who in self.uncounted.items() if message > told["last_message"]}
            self.uncounted = newer

    def shut(self) -> None:
        """From now on pulses tell, not the list."""
        self.is_open = False

    def beat(self, pulse: Frame) -> None:
        """Somebody said something while it was closed."""
        self._deliver(pulse["after"], pulse["seq"], False, "pulse")
        for entry in pulse["messages"]:
            self._tally(entry["id"], entry["author"])

    def _tally(self, message: int, author: int) -> None:
        """Once for each id, in whatever order they come."""
        if message > self.counted["last_message"]:
            self.uncounted[message] = author
