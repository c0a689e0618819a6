"""The windows of history that pages open: the newest messages, around one or a day, before or after one."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from accounts.models import User
from chat import changes, rendering
from chat.models import Membership, Message, Room

WINDOW = 50
WINDOW_LIMIT = 100


@dataclass(frozen=True)
class Window:
    """Messages by id, oldest first, true up to `cursor`: everything later comes by the log from there."""

    room: Room
    membership: Membership
    cursor: int
    epoch: str
    messages: list[Message]
    at_start: bool
    at_end: bool

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
    viewer: User,
    room_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    since: datetime | None = None,
    limit: int = WINDOW,
) -> Window:
    """At most `limit` (≤ 100) messages; without a place the newest, or around the first unread when it is further back.

    Head before right before rows, as everywhere. Raises NotFound, Forbidden.
    """
    room = changes.head(room_id)
    membership = changes.require_reader(viewer, room)
    messages, limit = Message.objects.filter(room=room), max(1, min(limit, WINDOW_LIMIT))
    if around is None and before is None and after is None:
        around = _place(messages, membership, since, limit)
    found = _found(messages, before, after, around, limit)
    rendering.furnish(found[0], room)
    return Window(room, membership, room.seq, changes.current_epoch(), *found)


Rows = tuple[list[Message], bool, bool]  # oldest first, at the start, at the end


def _found(messages: QuerySet[Message], before: int | None, after: int | None, around: int | None, limit: int) -> Rows:
    if after is not None:
        return _after(messages, after, limit)
    return _before(messages, before, limit) if around is None else _around(messages, around, limit)


def _before(messages: QuerySet[Message], before: int | None, limit: int) -> Rows:
    older = messages if before is None else messages.filter(pk__lt=before)
    rows = list(older.select_related("author").order_by("-pk")[: limit + 1])
    return rows[:limit][::-1], len(rows) <= limit, before is None


def _after(messages: QuerySet[Message], after: int, limit: int) -> Rows:
    rows = list(messages.filter(pk__gt=after).select_related("author").order_by("pk")[: limit + 1])
    return rows[:limit], False, len(rows) <= limit


def _around(messages: QuerySet[Message], place: int, limit: int) -> Rows:
    older, at_start, _at_end = _before(messages, place, limit // 2)
    newer, _at_start, at_end = _after(messages, place - 1, limit - len(older))
    return older + newer, at_start, at_end


def _place(messages: QuerySet[Message], membership: Membership, since: datetime | None, limit: int) -> int | None:
    """The first message of a day, or the first unread when it is not among the newest `limit`; None: the end."""
    if since is not None:
        return messages.filter(created_at__gte=since).order_by("created_at", "pk").values_list("pk", flat=True).first()
    others = messages.filter(pk__gt=membership.last_read).exclude(author=membership.user_id)
    unread = others.order_by("pk").values_list("pk", flat=True)
    return unread[0] if unread[limit : limit + 1] else None
