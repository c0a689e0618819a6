"""A person's rooms at a glance: where each log stands, how much of it is unread, where they may not write."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from chat.models import Membership, Restriction, Room
from chat.models.prepared import Prepared
from chat.rendering import wire_time

COUNT_LIMIT = 100
ROOMS_SHOWN = 100
FOREVER = datetime.max.replace(tzinfo=UTC)

# One statement is one snapshot, so each count is true at the seq beside it. Both stop early: a count that reads on
# for ever would make the largest room the slowest hello. Others' messages count as posted, tombstones included.
# The order is that of the index to go by (chat.window says why).
UNREAD = """(SELECT COUNT(*) FROM (
    SELECT 1 FROM chat_message said
    WHERE said.room_id IN (chat_membership.room_id, -1) AND said.id > chat_membership.last_read
      AND said.author_id <> chat_membership.user_id ORDER BY said.room_id, said.id LIMIT %s) few)"""
# From the mentions to their messages, which are many more: SQLite keeps the order of a CROSS JOIN. The room's last
# message bounds them, so that for a quiet room those of other rooms, which are younger, are not walked.
MENTIONS = """(SELECT COUNT(*) FROM (
    SELECT 1 FROM chat_mention named CROSS JOIN chat_message said
    WHERE named.user_id = chat_membership.user_id AND named.message_id > chat_membership.last_read
      AND named.message_id <= chat_room.last_message_id AND said.id = named.message_id
      AND said.room_id = chat_membership.room_id AND said.author_id <> chat_membership.user_id LIMIT %s) few)"""


Entry = dict[str, Any]
Mutes = dict[int | None, Restriction]  # room, None for the whole site -> the mute there


def overview(user_id: int, room_ids: Collection[int] | None = None, *, theirs: Mutes | None = None) -> list[Entry]:
    """The rooms the person is in, by name, as `hello` tells them; two queries, one when the mutes are known."""
    if theirs is None:
        theirs = mutes_of(user_id)
    return [{**entry, "muted": muted(theirs, entry["id"])} for entry in counts(user_id, room_ids)]


def counts(user_id: int, room_ids: Collection[int] | None = None) -> list[Entry]:
    """Their rooms with what is unread; one query. Counts stop at 100 (= or more)."""
    rows = COUNTED(user_id) if room_ids is None else _counted(user_id).filter(room_id__in=room_ids)
    names = ("id", "slug", "name", "kind", "seq", "last_message", "last_read", "unread", "mentions")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _counted(user_id: int) -> QuerySet[Membership, tuple[Any, ...]]:
    unread, mentions = RawSQL(UNREAD, (COUNT_LIMIT,)), RawSQL(MENTIONS, (COUNT_LIMIT,))
    rows = Membership.objects.present().filter(user_id=user_id).annotate(unread=unread, mentioned=mentions)
    fields = ("room_id", "room__slug", "room__name", "room__kind", "room__seq", "room__last_message_id", "last_read")
    return rows.order_by("room__name", "room_id").values_list(*fields, "unread", "mentioned")


COUNTED = Prepared(_counted)


def mutes(user_ids: Collection[int]) -> dict[int, Mutes]:
    """Of each of these people, where a mute is in force; of several the one that lasts longest. One query."""
    rows = Restriction.objects.in_force().filter(user_id__in=user_ids, kind=Restriction.Kind.MUTE)
    found: dict[int, Mutes] = {}
    for mute in rows.order_by(F("until").asc(nulls_last=True), "pk"):
        found.setdefault(mute.user_id, {})[mute.room_id] = mute
    return found


def mutes_of(user_id: int) -> Mutes:
    """The same of one person."""
    theirs = [each for each in Restriction.objects.of_person(user_id) if each.kind == Restriction.Kind.MUTE]
    return {mute.room_id: mute for mute in sorted(theirs, key=lambda mute: (mute.until or FOREVER, mute.pk))}


def mute_in(theirs: Mutes, room_id: int) -> Restriction | None:
    """The mute that counts in this room: the room's or the whole site's, whichever lasts longer."""
    both = [theirs[place] for place in (None, room_id) if place in theirs]
    return max(both, key=lambda mute: mute.until or FOREVER, default=None)


def muted(theirs: Mutes, room_id: int) -> Entry | None:
    """The same as the wire tells it: `{"until", "reason"}`."""
    mute = mute_in(theirs, room_id)
    return {"until": wire_time(mute.until), "reason": mute.reason} if mute else None


def ban_in(user_id: int, room_id: int) -> Restriction | None:
    """The ban from this room that is in force."""
    bans = Restriction.objects.in_force().filter(user_id=user_id, room_id=room_id, kind=Restriction.Kind.BAN)
    return bans.order_by(F("until").desc(nulls_first=True)).first()


def memberships(user_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """(person, room) -> last_read, for all that these people are in; one query."""
    present = Membership.objects.present().filter(user_id__in=user_ids)
    return {(user, room): last_read for user, room, last_read in present.values_list("user_id", "room_id", "last_read")}


def rooms_of(person: User, *, viewer: User) -> QuerySet[Room]:
    """The rooms a person is in, as far as the viewer may know of them; by name, at most 100."""
    theirs = Membership.objects.present().filter(user=person).values("room")
    return Room.objects.visible_to(viewer).filter(pk__in=theirs).order_by("name", "pk")[:ROOMS_SHOWN]
