"""What a process counts while it works, in memory that its siblings on this machine can read. Imports nothing of ours.

One file per process in a shared folder, mapped: counting is an addition in memory, and any process can tell the
numbers of all. A process holds its file's lock; the numbers of one that has ended are not told any more.
"""

import contextlib
import fcntl
import logging
import mmap
import os
import threading
import time
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

PLACES = 1000  # processes of one folder
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # bounds of the histograms

HEAD = LAYOUT, PID, STARTED = 0, 1, 2  # the first cells of every board

_guard = threading.Lock()
_size = len(HEAD)
_cells = memoryview(bytearray(8 * 1024)).cast("d")  # until the process publishes
_file: IO[bytes] | None = None
_map: mmap.mmap | None = None
_folder: Path | None = None


class Number:
    """One cell: a counter that only rises, or a gauge that is set. From any thread."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def add(self, amount: float = 1) -> None:
        with _guard:
            _cells[self.place] += amount

    def set(self, value: float) -> None:
        with _guard:
            _cells[self.place] = value

    def value(self) -> float:
        """What this process has counted."""
        return _cells[self.place]


class Histogram:
    """How often something took how long: a cell per bound, one for what is above, one for the sum."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def observe(self, seconds: float) -> None:
        bucket = self.place + bisect_left(SECONDS, seconds)
        with _guard:
            _cells[bucket] += 1
            _cells[self.place + len(SECONDS) + 1] += seconds

    def count(self) -> float:
        """How often, in this process."""
        return sum(_cells[self.place : self.place + len(SECONDS) + 1])


@dataclass(frozen=True)
class Family:
    """One metric by name: its cells begin at `place`, one run of `width` for each value of its only label."""

    kind: str  # counter, gauge or histogram
    name: str
    help: str
    place: int
    width: int
    label: str | None
    values: Sequence[str]


FAMILIES: list[Family] = []


def _family(kind: str, name: str, text: str, width: int, label: str | None, values: Sequence[str]) -> Family:
    global _size
    family = Family(kind, f"chatrooms_{name}", text, _size, width, label, values)
    _size += width * len(values)
    FAMILIES.append(family)
    return family


def _number(kind: str, name: str, text: str) -> Number:
    return Number(_family(kind, name, text, 1, None, [""]).place)


def _numbers(kind: str, name: str, text: str, label: str, *values: str) -> dict[str, Number]:
    family = _family(kind, name, text, 1, label, values)
    return {value: Number(family.place + index) for index, value in enumerate(values)}


def _histogram(name: str, text: str) -> Histogram:
    return Histogram(_family("histogram", name, text, len(SECONDS) + 2, None, [""]).place)


def _histograms(name: str, text: str, label: str, *values: str) -> dict[str, Histogram]:
    width = len(SECONDS) + 2
    family = _family("histogram", name, text, width, label, values)
    return {value: Histogram(family.place + width * index) for index, value in enumerate(values)}


# --- What is counted. The order is the layout; every process of one version has the same. ----------------------------

CODES = (
    *("invalid", "unauthenticated", "forbidden", "reauthenticate", "not_found", "conflict"),
    *("too_large", "rate_limited", "unavailable"),
)
CLOSES = ("1011", "4400", "4401", "4403", "4408", "4429", "other")
LANES = ("commands", "openings", "reads")

POSTS = _numbers("counter", "posts", "Posts, by what became of them.", "outcome", "new", "repeated", "refused")
DELIVERIES = _number("counter", "deliveries", "Changed messages handed to sockets: one message to one socket is one.")
BELLS_RUNG = _number("counter", "bells_rung", "Rings that went out for the channel layer.")
BELLS_LOST = _number("counter", "bells_lost", "Rings that the channel layer did not take.")
BELLS_HEALED = _number("counter", "bells_healed", "Changes of a room found by comparing positions, not by a ring.")
FEED_READS = _numbers("counter", "feed_reads", "Reads of rooms' logs for sockets.", "outcome", "read", "failed")
RESYNCS = _number("counter", "resyncs", "Readers told to load a room anew.")
OPENED = _number("counter", "sockets_opened", "Sockets that were greeted.")
CLOSED = _numbers("counter", "sockets_closed", "Sockets closed by the server, by code; 4408 are slow.", "code", *CLOSES)
SKIPPED = _number("counter", "sockets_skipped", "Sockets that took too little and were skipped until they had.")
COMMANDS = _numbers(
    "counter", "commands", "Commands of sockets, by what became of them.", "outcome", "ok", "refused", "failed"
)
REFUSALS = _numbers("counter", "refusals", "Refusals at sockets and pages, by code.", "code", *CODES)
REQUESTS = _numbers("counter", "requests", "Requests for pages, by status.", "status", "2xx", "3xx", "4xx", "5xx")

FEED_LAG = _histogram("feed_lag_seconds", "From hearing of a change to its last socket here.")
LOCK = _histogram("lock_seconds", "Waiting for a room's lock, or on SQLite for the turn to write.")
WRITE = _histogram("write_seconds", "One change of a room's log, with the wait for its lock and the commit.")
QUEUED = _histograms("queue_seconds", "Database jobs of sockets waiting for a thread.", "lane", *LANES)
WORKED = _histograms("job_seconds", "Database jobs of sockets at work, with rendering.", "lane", *LANES)
COMMAND = _histogram("command_seconds", "Commands of sockets, from their frame to their answer.")
REQUEST = _histogram("request_seconds", "Requests for pages.")
QUERIES = _histogram("request_database_seconds", "Queries of one request together.")

SOCKETS = _number("gauge", "sockets", "Open sockets.")
PEOPLE = _number("gauge", "people", "People with an open socket in this process.")
ROOMS = _number("gauge", "rooms_followed", "Rooms whose log is followed.")
BEHIND = _number("gauge", "rooms_behind", "Followed rooms with changes that are known of and not read yet.")
LAGGING = _number("gauge", "sockets_lagging", "Sockets that are skipped just now.")
UNSENT = _number("gauge", "unsent_bytes", "Bytes that skipped sockets have not taken.")
DEPTH = _numbers("gauge", "queue_depth", "What waits just now.", "queue", *LANES, "posts")
HEARS = _number("gauge", "layer_heard", "1 while the channel layer is heard, 0 while positions are compared instead.")
LOOP = _number("gauge", "loop_delay_seconds", "How late the event loop was, the last time it was asked.")


# --- The boards of all processes -------------------------------------------------------------------------------------


def publish(folder: Path) -> None:
    """From now on count where the other processes of this folder can read it. Without a place: only for oneself."""
    global _folder
    _folder = folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _take_place(folder)
    except OSError as error:
        log.warning("the metrics of this process are told by itself only: %s", error.strerror)


def _take_place(folder: Path) -> None:
    global _file, _map, _cells
    for number in range(1, PLACES):
        file = open(folder / str(number), "a+b")  # noqa: SIM115 - held open: its lock says that we live
        if not _locked(file, fcntl.LOCK_EX):
            file.close()
            continue
        file.truncate(0)
        file.write(bytes(8 * _size))  # not a hole: on a full disk, filling it through the map would end the process
        file.flush()
        mapped = mmap.mmap(file.fileno(), 8 * _size)
        with _guard:
            cells = memoryview(mapped).cast("d")
            cells[len(HEAD) :] = _cells[len(HEAD) : _size]
            cells[PID], cells[STARTED], cells[LAYOUT] = os.getpid(), time.time(), layout()
            _file, _map, _cells = file, mapped, cells
        return
    log.warning("the metrics of this process are told by itself only: every place is taken")


def _locked(file: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def layout() -> float:
    """A number for what stands in which cell: another version's board must not be read as ours."""
    words = repr([(family.name, family.place, family.values) for family in FAMILIES] + [SECONDS])
    return float(zlib.crc32(words.encode()))


def _leave_to_parent() -> None:
    """A fork takes the mapping and the lock along; they are the parent's."""
    global _guard, _cells, _file, _map
    _guard = threading.Lock()
    if _file is None or _map is None:
        _cells = memoryview(bytearray(8 * 1024)).cast("d")
        return
    _cells.release()
    _map.close()
    _file.close()
    _cells, _file, _map = memoryview(bytearray(8 * 1024)).cast("d"), None, None
    if _folder is not None:
        publish(_folder)


os.register_at_fork(after_in_child=_leave_to_parent)


@dataclass(frozen=True)
class Board:
    """The numbers of one process as they are now; `name` stays the same when a process is started again."""

    name: str
    cells: Sequence[float]

    @property
    def pid(self) -> int:
        return int(self.cells[PID])


def boards() -> Iterator[Board]:
    """Of every living process that counts in our folder; of this one alone when it counts nowhere."""
    if _file is None or _folder is None:
        cells = _cells[:_size].tolist()
        cells[PID] = os.getpid()
        yield Board("1", cells)
        return
    for path in sorted(_folder.iterdir(), key=lambda path: path.name.zfill(4)):
        with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
            if not _locked(file, fcntl.LOCK_SH):  # somebody holds it: alive
                cells = memoryview(file.read()).cast("d").tolist()
                if cells[:1] == [layout()]:
                    yield Board(path.name, cells)
