"""The room's numbered log: find a room through its viewer, lock it, number changes, ring once they are committed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat import metrics, permissions
from chat.errors import Forbidden, NotFound
from chat.live import doorbell
from chat.models import Membership, Message, Room, plain

HEADER = ("name", "topic")


class Change:
    """A room under its lock. `number()` counts a change; nothing is counted unless something is written.

    `answers`: to what `changing` was to ask under the lock.
    """

    def __init__(self, room: Room, answers: Sequence[list[plain.Row]] = ()) -> None:
        self.room, self.answers = room, answers
        self.kind = ""
        self.people: set[int] = set()

    def number(self, kind: str) -> int:
        self.kind = kind
        self.room.seq += 1
        if kind == "header":
            self.room.header_seq = self.room.seq
        elif kind == "member":
            self.room.members_seq = self.room.seq
        return self.room.seq

    def store(self) -> None:
        if self.kind == "header":
            Room.objects.filter(pk=self.room.pk).update(**{name: getattr(self.room, name) for name in HEADER})
        plain.store_counters(self.room)

    def membership(self, user_id: int) -> Membership | None:
        """Read under the lock, so that it is ordered against every other change of the room."""
        return next(iter(Membership.objects.filter(room=self.room, user_id=user_id)), None)


@contextmanager
def changing(room_id: int, *questions: plain.Question) -> Iterator[Change]:
    """The room, locked until commit: seq order is commit order. Rings after the commit if a change was numbered."""
    began = time.perf_counter()
    with transaction.atomic():
        change = Change(*plain.lock_room(room_id, *questions))
        locked = time.perf_counter()
        before = change.room.seq
        yield change
        if change.room.seq != before:
            change.store()
            transaction.on_commit(partial(doorbell.ring, room_id, change.room.seq, change.kind), robust=True)
        for person in change.people:
            transaction.on_commit(partial(doorbell.ring_user, person), robust=True)
    metrics.LOCK.observe(locked - began)
    metrics.WRITE.observe(time.perf_counter() - began)


def find_room(actor: User, room_id: int) -> Room:
    """The room if the actor may know of it; a stranger stops here, before any lock."""
    room = Room.objects.visible_to(actor).filter(pk=room_id).first()
    if room is None:
        raise no_such_room()
    return room


def find_message(actor: User, message_id: int) -> Message:
    """The message, unlocked, if the actor may read its room. Raises NotFound, Forbidden."""
    message = Message.objects.filter(pk=message_id, room__in=Room.objects.visible_to(actor)).first()
    if message is None:
        raise NotFound(_("No such message, or not yours to see."))
    if not Membership.objects.present().filter(room_id=message.room_id, user=actor).exists():
        raise not_a_member()
    return message


def require_sight(room: Room, membership: Membership | None) -> None:
    """What was true before the lock may have ended: a removal that came first hides a private room again."""
    if not permissions.can_see(room, membership):
        raise no_such_room()
    if not permissions.can_read(membership):
        raise not_a_member()


def no_such_room() -> NotFound:
    return NotFound(_("No such room, or not yours to see."))


def not_a_member() -> Forbidden:
    return Forbidden(_("You are not in this room. Join it first."))
