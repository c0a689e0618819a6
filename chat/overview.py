"""A person's rooms at a glance: where each log stands, how much of it is unread."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from chat.models import Membership, Room

COUNT_LIMIT = 100
ROOMS_SHOWN = 100

# One statement is one snapshot, so each count is true at the seq beside it. Both stop early: a count that reads on
# for ever would make the largest room the slowest hello. Others' messages count as posted, tombstones included.
UNREAD = """(SELECT COUNT(*) FROM (
    SELECT 1 FROM chat_message said
    WHERE said.room_id = chat_membership.room_id AND said.id > chat_membership.last_read
      AND said.author_id <> chat_membership.user_id LIMIT %s) few)"""
MENTIONS = """(SELECT COUNT(*) FROM (
    SELECT 1 FROM chat_mention named JOIN chat_message said ON said.id = named.message_id
    WHERE named.user_id = chat_membership.user_id AND named.message_id > chat_membership.last_read
      AND said.room_id = chat_membership.room_id AND said.author_id <> chat_membership.user_id LIMIT %s) few)"""


def overview(user_id: int, room_ids: Collection[int] | None = None) -> list[dict[str, Any]]:
    """The rooms the person is in, by name, as `hello` tells them; one query. Counts stop at 100 (= or more)."""
    memberships = Membership.objects.present().filter(user_id=user_id)
    if room_ids is not None:
        memberships = memberships.filter(room_id__in=room_ids)
    rows = memberships.annotate(
        unread=RawSQL(UNREAD, (COUNT_LIMIT,)), mentioned=RawSQL(MENTIONS, (COUNT_LIMIT,))
    ).order_by("room__name", "room_id")
    fields = ("room_id", "room__slug", "room__name", "room__kind", "room__seq", "room__last_message_id", "last_read")
    names = ("id", "slug", "name", "kind", "seq", "last_message", "last_read", "unread", "mentions")
    return [dict(zip(names, row, strict=True)) for row in rows.values_list(*fields, "unread", "mentioned")]


def memberships(user_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """(person, room) -> last_read, for all that these people are in; one query."""
    present = Membership.objects.present().filter(user_id__in=user_ids)
    return {(user, room): last_read for user, room, last_read in present.values_list("user_id", "room_id", "last_read")}


def rooms_of(person: User, *, viewer: User) -> QuerySet[Room]:
    """The rooms a person is in, as far as the viewer may know of them; by name, at most 100."""
    theirs = Membership.objects.present().filter(user=person).values("room")
    return Room.objects.visible_to(viewer).filter(pk__in=theirs).order_by("name", "pk")[:ROOMS_SHOWN]
