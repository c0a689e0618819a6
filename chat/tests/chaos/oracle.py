"""Whether what the clients were promised is what the database holds, and what they showed was never wrong."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from chat.tests.chaos import rights
from chat.tests.chaos.diary import Diary, Edit, Finding, Post, Shown
from chat.tests.chaos.record import Change, MessageRow, Record

SOON = 5.0  # seconds in which every connected member has what was committed
ENOUGH = 100  # counts of unread messages stop there

Fault = tuple[float, float]  # begin and end, time.time()


def crowding() -> float:
    """How many times the work that waits for this machine's processors is what they can do; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def judge(diaries: Sequence[Diary], record: Record, faults: Sequence[Fault] = (), soon: float = SOON) -> list[Finding]:
    """Every broken promise. `faults`, and a longer `soon` (seconds), excuse what is late, nothing else."""
    found = [finding for diary in diaries for finding in diary.findings]
    for of_record in (numbers, places):
        found += of_record(record)
    for diary in diaries:
        for rule in RULES:
            found += (Finding(one.kind, f"{diary.handle}: {one.words}") for one in rule(diary, record))
        found += (Finding("late", f"{diary.handle}: {words}") for words in late(diary, record, faults, soon))
    return found


# --- The record by itself


def numbers(record: Record) -> Iterator[Finding]:
    """Each change took a higher seq than all before it, and what stands there is the last of its changes."""
    heads: dict[int, int] = defaultdict(int)
    latest: dict[tuple[str, int], Change] = {}
    for change in record.changes:
        if change.seq <= heads[change.room]:
            yield Finding("number", f"room {change.room}: seq {change.seq} after {heads[change.room]} ({change.kind})")
        heads[change.room] = max(heads[change.room], change.seq)
        latest[change.kind, change.row] = change
    for room, seq in heads.items():
        if record.rooms[room].seq != seq:
            yield Finding("number", f"room {room} stands at {record.rooms[room].seq}, its last change was {seq}")
    for message in record.messages:
        last = latest.get(("message", message.id))
        if last is not None and (message.seq, message.body) != (last.seq, last.body):
            yield Finding("number", f"message {message.id} is at {message.seq}, changed last by {last}")


def places(record: Record) -> Iterator[Finding]:
    """Ids are places: they rise in the order of the commits."""
    newest: dict[int, int] = defaultdict(int)
    for change in record.changes:
        if change.state == "said":
            if change.row <= newest[change.room]:
                words = f"message {change.row} was stored after {newest[change.room]}"
                yield Finding("order", f"room {change.room}: {words}")
            newest[change.room] = max(newest[change.room], change.row)
    for room, message in newest.items():
        if record.rooms[room].last_message != message:
            yield Finding("order", f"room {room} calls {record.rooms[room].last_message} its newest, not {message}")


# --- What was acknowledged


def stored(diary: Diary, record: Record) -> Iterator[Finding]:
    """Each acknowledged client_id once, under the id that was answered; the others at most once."""
    rows: dict[str, list[MessageRow]] = defaultdict(list)
    for row in record.messages:
        if row.author == diary.person:
            rows[row.client_id].append(row)
    for post in diary.posts:
        found = [row.id for row in rows[post.client_id]]
        if len(found) > 1:
            yield Finding("doubled", f"{post.client_id} is {found}")
        if post.is_acked and (post.message not in found or rows[post.client_id][0].room != post.room):
            yield Finding("lost", f"{post.client_id} was acknowledged as {post.message} and is {found or 'not there'}")
    said = [change for change in record.changes if change.state == "said" and change.person == diary.person]
    for body, times in Counter(change.body for change in said).items():
        if times > 1:
            yield Finding("doubled", f"{body!r} was stored {times} times")
    for message in {post.message for post in diary.acked} - {change.row for change in said}:
        yield Finding("record", f"nobody wrote down how {message} was stored")


def worded(diary: Diary, record: Record) -> Iterator[Finding]:
    """With the words that its author's acknowledged acts left, and never with others."""
    rows = {row.id: row for row in record.messages}
    versions: dict[int, list[Change]] = defaultdict(list)
    for change in record.changes:
        if change.kind == "message":
            versions[change.row].append(change)
    for post in diary.acked:
        meant = {post.body, *(edit.body for edit in post.edits)}
        for change in versions[post.message or 0]:
            if change.body not in meant:
                yield Finding("words", f"message {change.row} was {change.body!r} at {change.seq}, nobody said so")
        row = rows.get(post.message or 0)
        if row is not None and row.body not in final(post):
            yield Finding("words", f"message {row.id} ends as {row.body!r}, not as {final(post)}")
        seqs = {change.seq for change in versions[post.message or 0]}
        answered = {post.seq, *(edit.seq for edit in post.edits if edit.seq is not None)}
        if seqs and not answered <= seqs:
            yield Finding("number", f"message {post.message} was acknowledged at {answered - seqs}, changed at {seqs}")


def final(post: Post) -> set[str | None]:
    """How it may end. An edit that was sent twice may be done again after a later one: nothing tells it apart."""
    if any(edit.body is None and edit.seq is not None for edit in post.edits):
        return {None}
    last: Edit | None = None
    open_ends: set[str | None] = set()
    for edit in post.edits:
        if edit.seq is not None:
            last = edit
        if edit.sent > 1 or edit.seq is None:
            open_ends.add(edit.body)
    return open_ends | {last.body if last else post.body}


# --- What was shown and told


def told(diary: Diary, record: Record) -> Iterator[Finding]:
    """Each version that was delivered is one that was committed."""
    versions = {(change.row, change.seq): change.body for change in record.changes if change.kind == "message"}
    said = {change.row for change in record.changes if change.state == "said"}
    for (message, seq), body in diary.versions.items():
        if message in said and (message, seq) not in versions:
            yield Finding("words", f"message {message} came at {seq}, where it was not changed")
        elif versions.get((message, seq), body) != body:
            yield Finding("words", f"message {message} at {seq} came as {body!r}, is {versions[message, seq]!r}")


def listed(diary: Diary, record: Record) -> Iterator[Finding]:
    """Each list is the end of the room's: the same ids in the same order, as they now are."""
    watched = {change.row for change in record.changes if change.kind == "message"}
    for shown in diary.lists:
        yield from _differences(shown, record, watched)


def _differences(shown: Shown, record: Record, watched: set[int]) -> Iterator[Finding]:
    ids = [message for message, _seq, _body in shown.messages]
    first = min(ids, default=0)
    rows = {row.id: row for row in record.messages if row.room == shown.room and row.id >= first}
    where = f"list of room {shown.room}"
    if shown.cursor != record.rooms[shown.room].seq:
        yield Finding("list", f"{where} ends at {shown.cursor}, the room at {record.rooms[shown.room].seq}")
    if len(ids) > len(set(ids)):
        yield Finding("doubled", f"{where} has {[one for one, times in Counter(ids).items() if times > 1]} twice")
    if ids != sorted(ids):
        yield Finding("order", f"{where} is {ids}")
    if missing := sorted(rows.keys() - set(ids)):
        yield Finding("list", f"{where} lacks {missing}")
    for message, seq, body in shown.messages:
        row = rows.get(message)
        if row is None:
            yield Finding("list", f"{where} has {message}, which is not there")
        elif seq != row.seq or (body != row.body if message in watched else (body is None) != (row.body is None)):
            yield Finding("list", f"{where} has {message} at {seq} as {body!r}, it is at {row.seq} as {row.body!r}")


def unread(diary: Diary, record: Record) -> Iterator[Finding]:
    """Every count that was told was true at its seq, and so is the last."""
    seqs = {change.row: change.seq for change in record.changes if change.state == "said"}
    others: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in record.messages:
        if row.author != diary.person:
            others[row.room].append((row.id, seqs.get(row.id, 0)))
    for one in diary.counted:
        count = sum(message > one.last_read and seq <= one.seq for message, seq in others[one.room])
        if min(ENOUGH, count) != one.unread:
            yield Finding("unread", f"room {one.room} at {one.seq}, read to {one.last_read}: {one.unread}, not {count}")
    reads = {member.room: member.last_read for member in record.memberships if member.person == diary.person}
    for shown in diary.lists:
        count = sum(message > reads.get(shown.room, 0) for message, _seq in others[shown.room])
        if min(ENOUGH, count) != shown.unread:
            yield Finding("unread", f"room {shown.room} ends with {shown.unread}, not {count}")


RULES: tuple[Callable[[Diary, Record], Iterator[Finding]], ...] = (
    stored,
    worded,
    told,
    listed,
    unread,
    rights.removed,
    rights.refused,
)


# --- Time


def late(diary: Diary, record: Record, faults: Sequence[Fault], soon: float) -> Iterator[str]:
    """What a line with the room open did not get soon after its commit, or after the end of a fault in between."""
    for change in record.changes:
        showing = diary.shown_first.get(change.row) if change.state == "said" else None
        if showing is not None and showing.live:
            due = max(change.at, showing.since)
            excuses = [ended for began, ended in faults if began <= showing.at and ended >= due]
            if (waited := showing.at - max([due, *excuses])) > soon:
                yield f"message {change.row} of room {change.room} came after {waited:.1f} s"


def recovery(
    ended: float, diaries: Sequence[Diary], record: Record, room: int, faults: Sequence[Fault] = ()
) -> float | None:
    """Seconds until all had shown something that was said in this room after a fault's end; None: never.

    For each counted from that end or, where other faults, or a nap, ended in the meantime, from the last of those.
    """
    after = [one.row for one in record.changes if one.room == room and one.state == "said" and one.at >= ended]
    slowest = 0.0
    for diary in diaries:
        times = [diary.shown_first[row].at for row in after if row in diary.shown_first]
        if not times:
            return None
        pauses = [end for _began, end in (*faults, *diary.naps) if end <= min(times)]
        slowest = max(slowest, min(times) - max([ended, *pauses]))
    return slowest
