"""Bringing in what was said elsewhere or earlier, with its own times."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting, permissions
from chat.actions.log import changing, find_room
from chat.errors import Forbidden
from chat.models import Membership, Mention, Message


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
    people = dict(Membership.objects.filter(room_id=room_id).values_list("user__handle", "user_id"))
    bodies = [formatting.normalise(one.body) for one in said]
    named = [{who: people[who] for who in formatting.find_handles(body) if who in people} for body in bodies]
    with changing(room_id) as change:
        if permissions.rank(change.membership(actor.pk)) < 2:
            raise Forbidden(_("Only an owner of the room brings in messages."))
        messages = Message.objects.bulk_create(
            Message(
                room_id=room_id,
                author_id=one.author_id,
                seq=change.number("post"),
                client_id=uuid.uuid4(),
                body=body,
                html=formatting.format_body(body, mentions),
                markup=formatting.VERSION,
                created_at=one.created_at,
            )
            for one, body, mentions in zip(said, bodies, named, strict=True)
        )
        Mention.objects.bulk_create(
            Mention(message=message, user_id=user_id)
            for message, mentions in zip(messages, named, strict=True)
            for user_id in mentions.values()
        )
        change.room.last_message_id = max((message.pk for message in messages), default=change.room.last_message_id)
    return change.room.seq
