"""The windows of history that pages open: the newest messages, around one or a day, before or after one."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from chat import changes, rendering
from chat.models import Membership, Message, Room
from chat.models.prepared import Prepared, moment

WINDOW = 50
WINDOW_LIMIT = 100
NO_ROOM = -1
PEOPLE = ("author", "deleted_by")
# A message, and of its people what a fragment shows: not their passwords and addresses.
SHOWN = [column.name for column in Message._meta.concrete_fields] + [
    f"{person}__{column}" for person in PEOPLE for column in ("handle", "name", "picture")
]


@dataclass(frozen=True)
class Window:
    """Messages by id, oldest first, true up to `cursor`: everything later comes by the log from there."""

    membership: Membership
    cursor: int
    messages: list[Message]
    at_start: bool
    at_end: bool

    @property
    def room(self) -> Room:
        return self.membership.room

    @property
    def fragments(self) -> list[SafeString]:
        return [rendering.render_message(message) for message in self.messages]

    @property
    def first(self) -> int:
        """Id of the oldest message, 0 when there is none."""
        return self.messages[0].pk if self.messages else 0

    @property
    def last(self) -> int:
        return self.messages[-1].pk if self.messages else 0


def window(
    membership: Membership,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    since: datetime | None = None,
    limit: int = WINDOW,
) -> Window:
    """At most `limit` (≤ 100) messages; without a place the newest, or around the first unread when it is further back.

    The membership came with its room in one statement: that is the head and the right, before the rows, as
    everywhere. Raises NotFound, Forbidden when the right ended meanwhile.
    """
    room, limit = membership.room, max(1, min(limit, WINDOW_LIMIT))
    if around is None and before is None and after is None:
        around = _place(membership, since, limit)
    rows, at_start, at_end = _found(room, before, after, around, limit)
    if any(message.seq > room.seq for message in rows):
        # What changed after the head may have changed after a removal: the right is looked at again, behind the rows.
        changes.require_reader(membership.user, room)
    for message in rows:
        message.room = room
    return Window(membership, room.seq, rows, at_start, at_end)


Rows = tuple[list[Message], bool, bool]  # oldest first, at the start, at the end


def _found(room: Room, before: int | None, after: int | None, around: int | None, limit: int) -> Rows:
    if after is not None:
        return _after(room, after, limit)
    return _before(room, before, limit) if around is None else _around(room, around, limit)


def _before(room: Room, before: int | None, limit: int) -> Rows:
    rows = _older(limit)(room.pk, 0, room.last_message_id + 1 if before is None else before)
    return rows[:limit][::-1], len(rows) <= limit, before is None


def _after(room: Room, after: int, limit: int) -> Rows:
    rows = _newer(limit)(room.pk, after, room.last_message_id + 1)
    return rows[:limit], False, len(rows) <= limit


def _around(room: Room, place: int, limit: int) -> Rows:
    older, at_start, _at_end = _before(room, place, limit // 2)
    newer, _at_start, at_end = _after(room, place - 1, limit - len(older))
    return older + newer, at_start, at_end


@cache
def _older(limit: int) -> Prepared[Message]:
    """Given a room and two ids: the last messages between them, newest first, and one more than asked for."""
    return Prepared(lambda *place: _between(*place).order_by("-room_id", "-pk")[: limit + 1])


@cache
def _newer(limit: int) -> Prepared[Message]:
    return Prepared(lambda *place: _between(*place).order_by("room_id", "pk")[: limit + 1])


def _between(room_id: int, low: int, high: int) -> QuerySet[Message]:
    return _of(room_id).filter(pk__gt=low, pk__lt=high).select_related(*PEOPLE).only(*SHOWN)


def _of(room_id: int) -> QuerySet[Message]:
    """With a second room that never is, rows ordered by room and id come by the index of that order and no other way.

    For one room that PostgreSQL believes to be spread evenly over all that was said, it walks back along the ids of
    all rooms instead: for the beginning of a young one, or the end of one that fell silent, through most of the table.
    """
    return Message.objects.filter(room_id__in=(room_id, NO_ROOM))


def _place(membership: Membership, since: datetime | None, limit: int) -> int | None:
    """The first message of a day, or the first unread when it is not among the newest `limit`; None: the end."""
    if since is not None:
        return next(iter(FIRST_SINCE(membership.room_id, since)), None)
    if membership.last_read >= membership.room.last_message_id:
        return None
    unread = _unread(limit)(membership.room_id, membership.last_read, membership.user_id)
    return unread[0] if len(unread) > limit else None


# Given a room and a time: the id of the first message since then.
FIRST_SINCE: Prepared[int] = Prepared(
    lambda room_id, since: (
        Message.objects.filter(room=room_id, created_at__gte=moment(since))
        .order_by("created_at", "pk")
        .values_list("pk", flat=True)[:1]
    )
)


@cache
def _unread(limit: int) -> Prepared[int]:
    """Given a room, an id and a person: the ids of what others have said behind it, and one more than asked for."""

    def others(room_id: int, last_read: int, user_id: int) -> QuerySet[Message, int]:
        rows = _of(room_id).filter(pk__gt=last_read).exclude(author=user_id).order_by("room_id", "pk")
        return rows.values_list("pk", flat=True)[: limit + 1]

    return Prepared(others)
