"""One's own messages, page by page in the order they were said, each with what it said before."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q

from accounts.models import User
from chat.models import Message, Revision, Room
from chat.takeout.contents import room_words

PAGE = 500  # messages of one file, and in memory at once: 10 MB at the very most
FIELDS = ("body", "author_id", "room_id", "created_at", "edited_at", "deleted_at", "deleted_by_id", "deleted_reason")


@dataclass(frozen=True)
class Page:
    """`records` say everything but the revisions, which may be many: those are read as they are written."""

    number: int
    records: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return f"messages-{self.number:05d}"


def pages(person: User) -> Iterator[Page]:
    number, after = 0, 0
    mine = Message.objects.filter(author=person).only(*FIELDS)
    while found := list(mine.filter(pk__gt=after).order_by("pk")[:PAGE]):
        number, after = number + 1, found[-1].pk
        places = _places(person, {message.room_id for message in found})
        yield Page(number, [{**places[message.room_id], **_record(message)} for message in found])


def with_revisions(page: Page) -> Iterator[dict[str, Any]]:
    """The records once more, with what each said before its changes, to be read before the next record is asked for."""
    earlier = groupby(_revisions(page), key=lambda revision: revision.message_id)
    found = next(earlier, None)
    for record in page.records:
        mine = found is not None and found[0] == record["id"]
        yield {**record, "revisions": _told(found[1]) if found is not None and mine else iter(())}
        if mine:
            found = next(earlier, None)


def _told(revisions: Iterator[Revision]) -> Iterator[dict[str, Any]]:
    return ({"text": each.body, "until": each.made_at, "cause": each.cause} for each in revisions)


def _revisions(page: Page) -> Iterator[Revision]:
    """By message and time, some at a time."""
    ids, last = [record["id"] for record in page.records], (0, 0)
    kept = Revision.objects.filter(message_id__in=ids).order_by("message_id", "pk")
    while found := list(_beyond(kept, last)[:PAGE]):
        yield from found
        last = (found[-1].message_id, found[-1].pk)


def _beyond(kept: Any, last: tuple[int, int]) -> Any:
    message_id, revision_id = last
    return kept.filter(Q(message_id__gt=message_id) | Q(message_id=message_id, pk__gt=revision_id))


def _places(person: User, room_ids: set[int]) -> dict[int, dict[str, Any]]:
    seen = set(Room.objects.visible_to(person).filter(pk__in=room_ids).values_list("pk", flat=True))
    return {room.pk: room_words(room, is_in=room.pk in seen) for room in Room.objects.filter(pk__in=room_ids)}


def _record(message: Message) -> dict[str, Any]:
    by = {None: "", message.author_id: "you"}.get(message.deleted_by_id, "a moderator")
    return {
        "id": message.pk,
        "said_at": message.created_at,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
        "deleted_by": by,
        "deleted_reason": message.deleted_reason,
        "text": message.body,
    }
