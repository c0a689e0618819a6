"""Who was in which room, from which change to which; what was delivered, or refused, against it."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from chat.tests.chaos.diary import Delivered, Diary, Edit, Finding, Post
from chat.tests.chaos.record import Record

OUTSIDE = {"forbidden", "not_found"}
LEEWAY = 1.0  # seconds between a change and the look at it that a refusal rests on


@dataclass(frozen=True)
class Absence:
    """From the change that ended the membership to the one that began it again; `until` None: to the end."""

    seq: int
    at: float
    until_seq: float
    until_at: float


def absences(record: Record, person: int) -> dict[int, list[Absence]]:
    """By room, in order; those that began while changes were written down, and those of who came in later."""
    out: dict[int, list[Absence]] = {}
    inside: dict[int, bool] = {}
    for change in record.changes:
        if change.kind != "membership" or change.person != person:
            continue
        was_in, is_in = inside.get(change.room, change.state != "in"), change.state == "in"
        mine = out.setdefault(change.room, [])
        if was_in and not is_in:
            mine.append(Absence(change.seq, change.at, float("inf"), float("inf")))
        elif is_in and not was_in:
            before = mine.pop() if mine else Absence(0, 0.0, 0, 0)
            mine.append(Absence(before.seq, before.at, change.seq, change.at))
        inside[change.room] = is_in
    return out


def removed(diary: Diary, record: Record) -> Iterator[Finding]:
    """Nothing with the seq of the removal or a higher one, until it is undone."""
    by_room = absences(record, diary.person)
    for one in diary.delivered:
        for absence in by_room.get(one.room, ()):
            if _is_after(one, absence):
                words = f"{one.by} of room {one.room} up to {one.seq} after the removal at {absence.seq}"
                yield Finding("removal", words)


def _is_after(one: Delivered, absence: Absence) -> bool:
    """Before it was undone; or with a seq from in between, which only a reader who is in again gets, part by part."""
    if one.seq < absence.seq:
        return False
    return one.at < absence.until_at or (one.seq < absence.until_seq and not one.more)


def refused(diary: Diary, record: Record) -> Iterator[Finding]:
    """No send fails for good, but of somebody who was outside at some time between its first send and its answer."""
    by_room = absences(record, diary.person)
    for post in diary.posts:
        for act in (post, *post.edits):
            if act.refused and not _was_outside(post, act, by_room.get(post.room, [])):
                yield Finding("refused", f"{act.refused} for {act.body!r} in room {post.room}")


def _was_outside(post: Post, act: Post | Edit, out: list[Absence]) -> bool:
    if act.refused not in OUTSIDE:
        return False
    ended = act.ended or float("inf")
    began = bisect_right([absence.at for absence in out], ended + LEEWAY)
    return any(absence.until_at >= act.began - LEEWAY for absence in out[:began])
