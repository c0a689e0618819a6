"""A body made ready before any lock, since formatting is the costly part of saying something."""

from dataclasses import dataclass

from chat import formatting
from chat.models import Membership


@dataclass(frozen=True)
class Draft:
    body: str
    html: str
    mentioned: list[int]


def prepare(room_id: int, body: str) -> Draft:
    """The body as it is stored, formatted, with the members it names. Raises Invalid, TooLarge."""
    body = formatting.normalise(body)
    handles = formatting.find_handles(body)
    people: dict[str, int] = {}
    if handles:
        members = Membership.objects.present().filter(room_id=room_id, user__handle__in=handles)
        people = dict(members.values_list("user__handle", "user_id"))
    return Draft(body, formatting.format_body(body, people), sorted(people.values()))
