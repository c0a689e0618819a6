"""Bringing in what was said elsewhere or earlier, with its own times."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.actions.drafts import prepare, write
from chat.actions.log import changing, find_room
from chat.errors import Forbidden


@dataclass(frozen=True)
class Said:
    author_id: int
    body: str
    created_at: datetime


def import_messages(*, actor: User, room_id: int, said: Sequence[Said]) -> int:
    """Append messages in this order, in one transaction; their times are taken as given. Returns the room's seq.

    Only an owner of the room may. Raises NotFound, Forbidden, Invalid, TooLarge.
    """
    find_room(actor, room_id)
    drafts = [prepare(room_id, one.body) for one in said]
    with changing(room_id) as change:
        if permissions.rank(change.membership(actor.pk)) < 2:
            raise Forbidden(_("Only an owner of the room brings in messages."))
        fresh = [
            (draft.number(change, author_id=one.author_id, client_id=uuid.uuid4(), created_at=one.created_at), draft)
            for one, draft in zip(said, drafts, strict=True)
        ]
        write(change, fresh)
    return change.room.seq
