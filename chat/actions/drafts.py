"""What is about to be said: made ready before any lock, since formatting is the costly part; then written at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chat import formatting
from chat.actions.log import Change
from chat.models import Membership, Mention, Message, plain
from chat.models.plain import Words


@dataclass(frozen=True)
class Draft:
    body: str
    html: str
    mentioned: list[int]

    def number(self, change: Change, *, author_id: int, client_id: uuid.UUID, created_at: datetime) -> Words:
        """The message with the room's next seq, not yet written."""
        return Words(
            room_id=change.room.pk,
            author_id=author_id,
            seq=change.number("post"),
            client_id=client_id,
            body=self.body,
            html=self.html,
            markup=formatting.VERSION,
            created_at=created_at,
        )


def prepare(room_id: int, body: str) -> Draft:
    """The body as it is stored, formatted, with the members it names. Raises Invalid, TooLarge."""
    body = formatting.normalise(body)
    handles = formatting.find_handles(body)
    people = _members_called(handles, room_id) if handles else {}
    return Draft(body, formatting.format_body(body, people), sorted(set(people.values())))


def prepare_again(message: Message, body: str) -> Draft:
    """What the message said: it names those it named, though they may have left the room."""
    people = _members_called(formatting.find_handles(body), message.room_id)
    people |= Mention.objects.filter(message=message).by_handle()
    return Draft(body, formatting.format_body(body, people), [])


def _members_called(handles: set[str], room_id: int) -> dict[str, int]:
    """The members of the room by those of these handles that they have or had."""
    members = Membership.objects.present().filter(room_id=room_id)
    people = dict(members.filter(user__handle__in=handles).values_list("user__handle", "user_id"))
    if others := handles - people.keys():
        name = "user__past_handles__handle"
        people |= dict(members.filter(**{f"{name}__in": others}).values_list(name, "user_id"))
    return people


def write(change: Change, fresh: Sequence[tuple[Words, Draft]]) -> None:
    """Numbered messages, in their order, with their mentions: two statements however many they are."""
    if not fresh:
        return
    plain.say([message for message, _draft in fresh])
    named = [Mention(message_id=message.pk, user_id=user_id) for message, draft in fresh for user_id in draft.mentioned]
    if named:
        Mention.objects.bulk_create(named)
    change.room.last_message_id = fresh[-1][0].pk
