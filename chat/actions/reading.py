"""How far a person has read."""

from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat import overview
from chat.actions.log import find_room, not_a_member
from chat.errors import NotFound
from chat.live import doorbell
from chat.models import Membership, Message


@dataclass(frozen=True)
class Reading:
    """Counts of others' messages above `last_read`, true at the room's `seq`; 100 means that or more."""

    seq: int
    last_read: int
    unread: int
    mentions: int
    last_message: int


def mark_read(*, actor: User, room_id: int, message_id: int, back: bool = False) -> Reading:
    """Move the read pointer forward, with `back` also backward (0: nothing read). Raises NotFound, Forbidden.

    One statement on one row, so it needs no room lock; it is no change of the room and takes no seq.
    """
    find_room(actor, room_id)
    mine = Membership.objects.present().filter(room_id=room_id, user=actor)
    if not mine.exists():
        raise not_a_member()
    if message_id != 0 and not Message.objects.filter(pk=message_id, room_id=room_id).exists():
        raise NotFound(_("No such message in this room."))
    with transaction.atomic():
        pointer = mine if back else mine.filter(last_read__lt=message_id)
        if pointer.update(last_read=message_id):
            transaction.on_commit(partial(doorbell.ring_user, actor.pk), robust=True)
    entry = overview.counts(actor.pk, [room_id])
    if not entry:
        raise not_a_member()
    return Reading(**{name: entry[0][name] for name in ("seq", "last_read", "unread", "mentions", "last_message")})
