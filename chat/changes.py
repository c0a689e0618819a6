"""The only reader of the log: everything in (after, seq] of a room, and the windows that pages open on it.

Head before rows, always: a reader may see too much, never skip. And the right is checked after the head, so that a
removal that the check did not see has a higher seq than anything read here.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions, rendering
from chat.errors import Forbidden, NotFound
from chat.models import Installation, Membership, Message, Room
from chat.models.prepared import Prepared

FRAME_MESSAGES = 100
FRAME_BYTES = 128 * 1024
RESYNC_ROWS = 500

Entry = dict[str, Any]


def _changed(room_id: int, after: int, seq: int) -> QuerySet[Message]:
    changed = Message.objects.filter(room_id=room_id, seq__gt=after, seq__lte=seq)
    return changed.select_related("author").order_by("seq", "id")


# What is asked with every message.
INSTALLATION = Prepared(Installation.objects.all)
ROOM = Prepared(lambda room_id: Room.objects.filter(pk=room_id))
MEMBERSHIP = Prepared(lambda room_id, user_id: Membership.objects.filter(room=room_id, user=user_id))
CHANGED = Prepared(lambda room_id, after, seq: _changed(room_id, after, seq)[: FRAME_MESSAGES + 1])


@dataclass(frozen=True)
class Batch:
    """All changes in (after, seq] of a room, each thing as it now is. `more`: the log goes on behind seq.

    `newest`: id of the last message at the head that was read, which is at seq unless there is more.
    """

    room_id: int
    after: int
    seq: int
    more: bool = False
    entries: list[Entry] = field(default_factory=list)
    members: list[Entry] = field(default_factory=list)
    header: Entry | None = None
    newest: int = 0

    @property
    def ended(self) -> set[int]:
        """People whose membership ended in here."""
        return {member["user"]["id"] for member in self.members if member["state"] == "out"}

    def as_wire(self) -> Entry:
        return {
            "type": "room.changes",
            "room": self.room_id,
            "after": self.after,
            "seq": self.seq,
            "more": self.more,
            "messages": self.entries,
            "members": self.members,
            "header": self.header,
        }


@dataclass(frozen=True)
class Resync:
    """Too much changed to tell, or the cursor is of another log: load the list anew."""

    room_id: int
    seq: int

    def as_wire(self) -> Entry:
        return {"type": "room.resync", "room": self.room_id, "seq": self.seq}


@dataclass(frozen=True)
class Ids:
    """What happened in (after, seq] without the words, for those who have the room not open.

    `messages`: what was said, oldest first; `newest`: id of the last message at seq.
    """

    after: int
    seq: int
    newest: int
    messages: list[Entry]
    ended: set[int]


def heads(room_ids: Collection[int]) -> dict[int, int]:
    """The seq of each of these rooms; one query."""
    return dict(Room.objects.filter(pk__in=room_ids).values_list("pk", "seq"))


def read(room_id: int, after: int) -> Batch:
    """The next frame's worth of changes behind `after`, for a feed. Raises NotFound when the room is gone."""
    return _rows(head(room_id), after)


def read_ids(room_id: int, after: int, newest: int | None) -> Ids:
    """What was said, and whose membership ended, behind `after`, where the last message was `newest`."""
    room = head(room_id)
    gone = Membership.objects.filter(room_id=room_id, seq__gt=after, seq__lte=room.seq).exclude(state="in")
    ended = set(gone.values_list("user_id", flat=True)) if after < room.members_seq else set()
    return Ids(after, room.seq, room.last_message_id, said(room_id, newest, room.last_message_id), ended)


def said(room_id: int, newest: int | None, last: int) -> list[Entry]:
    """What a pulse tells of the messages behind `newest` up to `last`, oldest first; one query, none without news.

    By id: ids rise in the order of the commits as well, and no later change moves a message. By seq, one that was
    edited meanwhile would come after younger ones, or not at all.
    """
    if newest is None or last <= newest:
        return []
    rows = Message.objects.filter(room_id=room_id, id__gt=newest, id__lte=last).order_by("id", "mentions__user_id")
    found: dict[int, Entry] = {}
    for message_id, author_id, named_id in rows.values_list("id", "author_id", "mentions__user_id"):
        entry = found.setdefault(message_id, {"id": message_id, "author": author_id, "mentions": []})
        entry["mentions"] += [named_id] if named_id else []  # a left join: none named is one row
    return list(found.values())


def said_in(batch: Batch, newest: int | None) -> list[Entry]:
    """As `said`, when `newest` was the last message at the batch's `after`; no query when every seq has an entry.

    Without a gap nothing that was said has been changed since, or it would have left one where it was said.
    """
    if newest is None or len({entry["seq"] for entry in batch.entries}) < batch.seq - batch.after:
        return said(batch.room_id, newest, batch.newest)
    fresh = sorted((entry for entry in batch.entries if entry["id"] > newest), key=itemgetter("id"))
    return [{"id": one["id"], "author": one["author"]["id"], "mentions": one["mentions"]} for one in fresh]


def open_room(viewer: User, room_id: int, *, after: int | None = None, epoch: str | None = None) -> Batch | Resync:
    """What a reader with this cursor has missed; without one it starts at the head. Raises NotFound, Forbidden."""
    room = head(room_id)
    require_reader(viewer, room)
    if after is None:
        return Batch(room_id, room.seq, room.seq, header=_header(room))
    other_log = epoch is not None and epoch != current_epoch()
    if other_log or not room.floor_seq <= after <= room.seq or _is_too_much(room, after):
        return Resync(room_id, room.seq)
    return _rows(room, after)


def require_reader(viewer: User, room: Room) -> Membership:
    """The viewer's membership, read now. Raises NotFound for a room he must not know of, Forbidden outside."""
    membership = next(iter(MEMBERSHIP(room.pk, viewer.pk)), None)
    if not permissions.can_see(room, membership):
        raise _no_such_room()
    if membership is None or not permissions.can_read(membership):
        raise Forbidden(_("You are not in this room. Join it first."))
    return membership


def current_epoch() -> str:
    return str(INSTALLATION()[0].epoch)


def _no_such_room() -> NotFound:
    return NotFound(_("No such room, or not yours to see."))


def head(room_id: int) -> Room:
    """The room with its counters as they are now. Raises NotFound."""
    found = ROOM(room_id)
    if not found:
        raise _no_such_room()
    return found[0]


def _is_too_much(head: Room, after: int) -> bool:
    if head.seq - after <= RESYNC_ROWS:
        return False
    # In the order of the log, or PostgreSQL looks for them from the beginning of the table.
    changed = Message.objects.filter(room=head, seq__gt=after, seq__lte=head.seq).order_by("seq")
    return changed[: RESYNC_ROWS + 1].count() > RESYNC_ROWS


def _rows(head: Room, after: int) -> Batch:
    rows, more = _first_rows(head, after)
    rendering.furnish(rows, head)
    entries = _fitting(rendering.entries(rows))
    more = more or len(entries) < len(rows)
    seq = entries[-1]["seq"] if more else head.seq
    return Batch(
        room_id=head.pk,
        after=after,
        seq=seq,
        more=more,
        entries=entries,
        members=_members(head, after, seq) if after < head.members_seq else [],
        header=_header(head) if after < head.header_seq <= seq else None,
        newest=head.last_message_id,
    )


def _first_rows(head: Room, after: int) -> tuple[list[Message], bool]:
    """Up to 100 rows, but never a part of a change: one that covers more comes whole and alone."""
    rows = CHANGED(head.pk, after, head.seq)
    if len(rows) <= FRAME_MESSAGES:
        return rows, False
    whole = [row for row in rows if row.seq < rows[-1].seq]
    return whole or list(_changed(head.pk, rows[0].seq - 1, rows[0].seq)), True


def _fitting(entries: list[Entry]) -> list[Entry]:
    """The first whole changes that fit into one frame; at least one change."""
    fitting: list[Entry] = []
    room_left = FRAME_BYTES
    for _seq, group in groupby(entries, key=itemgetter("seq")):
        change = list(group)
        room_left -= len(json.dumps(change, ensure_ascii=False).encode()) if len(entries) > 1 else 0
        if room_left < 0 and fitting:
            break
        fitting += change
    return fitting


def _members(room: Room, after: int, seq: int) -> list[Entry]:
    changed = Membership.objects.filter(room=room, seq__gt=after, seq__lte=seq).select_related("user").order_by("seq")
    return [_member(membership) for membership in changed]


def _member(membership: Membership) -> Entry:
    state = "in" if membership.is_in else "out"
    return {"user": rendering.person(membership.user), "role": membership.role, "state": state}


def _header(room: Room) -> Entry:
    return {"name": room.name, "topic": room.topic, "kind": room.kind, "archived": room.archived_at is not None}
