"""What a scripted client writes down for the oracle: what it said, what it was told, and what it showed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """Something that must not be: one word for the table (lost, doubled, order, …), and what and where."""

    kind: str
    words: str


@dataclass
class Edit:
    """New words for a message of one's own; None: it is deleted."""

    body: str | None
    sent: int = 0  # how many times, on whatever line
    seq: int | None = None  # its `ok`
    refused: str | None = None  # the code of a final refusal
    began: float = 0.0
    ended: float | None = None


@dataclass
class Post:
    """One message from its first send on. `message` and `seq` are those of the first `ok`."""

    room: int
    client_id: str
    body: str
    began: float = field(default_factory=time.time)
    ended: float | None = None  # when it was answered
    sent: int = 0
    message: int | None = None
    seq: int | None = None
    refused: str | None = None
    edits: list[Edit] = field(default_factory=list)  # in the order they were meant

    @property
    def is_acked(self) -> bool:
        return self.message is not None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A frame (or a page of history, `by` "page") that says what happened in a room up to `seq`."""

    at: float
    room: int
    after: int
    seq: int
    more: bool
    by: str  # changes, pulse, page


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of unread messages that the client was told, true at `seq`."""

    at: float
    room: int
    seq: int
    last_read: int
    unread: int


@dataclass(frozen=True, slots=True)
class Line:
    """One connection, from its hello to its end."""

    address: str
    began: float
    ended: float
    code: int | None  # None: it broke, or the client took it for dead


@dataclass(frozen=True, slots=True)
class Showing:
    """The first time a message was in the list. `live`: it came on a line that had the room open since `since`."""

    at: float
    live: bool
    since: float


@dataclass
class Shown:
    """A list as it stands at the end, oldest first, and where in the log it is."""

    room: int
    cursor: int
    messages: list[tuple[int, int, str | None]]  # id, seq, body (None: a tombstone)
    unread: int = 0


@dataclass
class Diary:
    handle: str
    person: int = 0  # its id, once it was greeted
    posts: list[Post] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    shown_first: dict[int, Showing] = field(default_factory=dict)  # by message id
    versions: dict[tuple[int, int], str | None] = field(default_factory=dict)  # (id, seq) -> body as delivered
    lists: list[Shown] = field(default_factory=list)  # filled by settle()
    findings: list[Finding] = field(default_factory=list)  # what the client itself saw at once: gaps, orders
    naps: list[tuple[float, float]] = field(default_factory=list)  # when it stayed away of its own will, time.time()
    healed: int = 0  # how often the heads of a pong were ahead of an open room for too long
    resyncs: int = 0
    left: int = 0  # how often it went or was put out of a room

    def found(self, kind: str, words: str) -> None:
        self.findings.append(Finding(kind, f"{self.handle}: {words}"))

    @property
    def acked(self) -> Iterator[Post]:
        return (post for post in self.posts if post.is_acked)
