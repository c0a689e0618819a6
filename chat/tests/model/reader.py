"""The rules of the browser's list in Python: cursor, window, rows, and what waits for a request or an edit to end."""

from dataclasses import dataclass, field
from typing import Any

MOST_ROWS, KEPT_ROWS = 12, 8  # the page has more; rows are to be dropped often here

Versions = dict[int, int]  # message -> the seq of what is shown of it


@dataclass(frozen=True)
class Page:
    """A history answer: `rows` is everything from the first to the last id, as it was at `cursor`."""

    rows: Versions
    at_start: bool
    at_end: bool
    cursor: int = 0

    @property
    def first(self) -> int | None:
        return min(self.rows, default=None)

    @property
    def last(self) -> int | None:
        return max(self.rows, default=None)

    def as_vector(self) -> dict[str, Any]:
        rows = [[place, self.rows[place]] for place in sorted(self.rows)]
        edges = {"first": self.first, "last": self.last, "atStart": self.at_start, "atEnd": self.at_end}
        return {"rows": rows, "cursor": self.cursor, **edges}


@dataclass
class Reader:
    cursor: int
    first: int | None
    last: int | None
    at_start: bool
    at_end: bool
    rows: Versions
    held: dict[int, int | None] = field(default_factory=dict)
    aside: Versions | None = None
    is_nearer_end: bool = True

    @classmethod
    def of(cls, page: Page) -> "Reader":
        return cls(page.cursor, page.first, page.last, page.at_start, page.at_end, dict(page.rows))

    def snapshot(self) -> dict[str, Any]:
        rows = [[place, self.rows[place]] for place in sorted(self.rows)]
        edges = {"first": self.first, "last": self.last, "atStart": self.at_start, "atEnd": self.at_end}
        return {"rows": rows, "cursor": self.cursor, **edges}

    # --- What the line brings

    def changes(self, after: int, seq: int, messages: list[list[int]]) -> None:
        if after > self.cursor:
            return
        for place, version in messages:
            self.put(place, version)
        self.cursor = max(self.cursor, seq)

    def put(self, place: int, version: int) -> None:
        if self.aside is not None:
            self.aside[place] = max(version, self.aside.get(place, 0))
        if version <= self.rows.get(place, -1):
            return
        if place in self.held:
            self.held[place] = max(version, self.held[place] or 0)
        elif place in self.rows or self._is_inside(place):
            is_new = place not in self.rows
            self.rows[place] = version
            if is_new:
                self._came(place)

    def _is_inside(self, place: int) -> bool:
        if self.first is None or self.last is None or place > self.last:
            return self.at_end
        return place >= self.first

    def _came(self, place: int) -> None:
        if place == max(self.rows):
            self.first, self.last = self.first if self.first is not None else place, place
        self._trim(is_start=self.is_nearer_end)

    def _trim(self, *, is_start: bool) -> None:
        if len(self.rows) <= MOST_ROWS:
            return
        order = sorted(self.rows)
        kept = order[-KEPT_ROWS:] if is_start else order[:KEPT_ROWS]
        self.rows = {place: self.rows[place] for place in kept}
        if is_start:
            self.first, self.at_start = kept[0], False
        else:
            self.last, self.at_end = kept[-1], False

    # --- What is edited waits

    def hold(self, place: int) -> None:
        self.held[place] = None

    def release(self, place: int) -> None:
        if version := self.held.pop(place, None):
            self.put(place, version)

    # --- What requests bring

    def ask(self) -> None:
        self.aside = self.aside if self.aside is not None else {}

    def fail(self) -> None:
        self.aside = None

    def add_page(self, page: Page, *, is_older: bool) -> None:
        self.rows = {**page.rows, **self.rows}
        if is_older:
            self.at_start, self.first = page.at_start, page.first if page.rows else self.first
        else:
            self.at_end, self.last = page.at_end, page.last if page.rows else self.last
        self._trim(is_start=not is_older)
        self._loaded()

    def replace(self, page: Page) -> None:
        self.rows = dict(page.rows)
        self.first, self.last, self.at_start, self.at_end = page.first, page.last, page.at_start, page.at_end
        self._loaded()

    def reload(self, page: Page) -> None:
        """The list afresh, and its cursor with it, even a lower one."""
        self.replace(page)
        self.cursor = page.cursor

    def _loaded(self) -> None:
        aside, self.aside = self.aside or {}, None
        for place, version in aside.items():
            self.put(place, version)
