"""What the log's pages show: entries, the ways to older and newer ones, versions side by side."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from chat.admin.desk import opened_rooms, staff_of
from chat.admin.log_filters import Sought
from chat.admin.log_scan import Page, Place, walk
from chat.admin.log_words import Comparison, compare
from chat.models import AuditEntry, Message, Opening, Revision, Room
from chat.rendering import render_message

CONTEXT = 16  # messages around one
OFFERED = 200  # rooms to choose from; others by typing their address
VERSIONS = 20
PLACES = ("before", "after", "around")


@dataclass(frozen=True)
class Entry:
    message: Message
    kept: str = ""  # what a tombstone said
    day: date | None = None  # a heading before it

    @property
    def fragment(self) -> SafeString:
        return render_message(self.message)

    @property
    def conversation(self) -> str:
        return conversation_url(self.message.room, self.message)


@dataclass(frozen=True)
class Version:
    """A change: what the text was, what it became."""

    at: datetime
    cause: Revision.Cause
    comparison: Comparison

    @property
    def words(self) -> str:
        return str(self.cause.label)

    @property
    def is_gone(self) -> bool:
        """Taken from sight rather than changed."""
        return self.cause != Revision.Cause.EDIT


def listing(request: HttpRequest, sought: Sought) -> dict[str, Any]:
    """The page that the address asks for. Conversations run downwards; what was searched begins with the newest."""
    page = _page(request, sought)
    found = page.messages[::-1] if sought.is_conversation else page.messages
    older, newer = (_address(request, before=page.older), _address(request, after=page.newer))
    return {
        "sought": sought,
        "entries": entries(found, with_days=sought.is_conversation),
        "older": older if page.older else "",
        "newer": newer if page.newer else "",
        "newest": _address(request) if _places(request) else "",
        "looked_to": page.looked_to,
        "goes_forth": bool(request.GET.get("after")),
        "opening": sought.room and opening(request, sought.room),
        "target": request.GET.get("around", ""),
        "sees_people": sees_people(request),
    }


def _page(request: HttpRequest, sought: Sought) -> Page:
    before, after, around = (Place.read(request.GET.get(name)) for name in PLACES)
    along = walk(sought)
    if around is not None and sought.is_conversation:
        return along.around(around)
    return along.forth(after) if after is not None else along.back(before or around)


def _address(request: HttpRequest, **place: Place | None) -> str:
    query: QueryDict = request.GET.copy()
    for name in PLACES:
        query.pop(name, None)
    query.update({name: str(value) for name, value in place.items()})
    given = {name: value for name, value in query.items() if value}
    return f"?{urlencode(given)}"


def _places(request: HttpRequest) -> bool:
    return any(request.GET.get(name) for name in PLACES)


def entries(found: list[Message], *, with_days: bool = False) -> list[Entry]:
    """With what tombstones among them said; one query if there are some."""
    kept = kept_texts([message for message in found if message.is_deleted])
    days = [localdate(message.created_at) for message in found] if with_days else []
    news = [day if day != before else None for day, before in zip(days, [None, *days], strict=False)]
    return [
        Entry(message, kept.get(message.pk, ""), day)
        for message, day in zip(found, news or [None] * len(found), strict=True)
    ]


def kept_texts(tombstones: list[Message]) -> dict[int, str]:
    if not tombstones:
        return {}
    revisions = Revision.objects.filter(message__in=tombstones).exclude(cause=Revision.Cause.EDIT).order_by("pk")
    return dict(revisions.values_list("message_id", "body"))


def message_page(request: HttpRequest, message: Message) -> dict[str, Any]:
    conversation = Sought(room=message.room)
    around = walk(conversation).around(Place(message.pk), CONTEXT)
    return {
        "message": message,
        "target": str(message.pk),
        "entries": entries(around.messages[::-1]),
        "versions": versions(message),
        "audit": audit_of(message),
        "opening": opening(request, message.room),
        "conversation": conversation_url(message.room, message),
        "sees_people": sees_people(request),
    }


def versions(message: Message) -> list[Version]:
    """The latest changes of its text, newest first; in each, the words before beside the words after."""
    kept = list(message.revisions.order_by("-pk")[: VERSIONS + 1])
    texts = ["" if message.is_deleted else message.body, *(revision.body for revision in kept)]
    return [
        Version(revision.made_at, Revision.Cause(revision.cause), compare(revision.body, after))
        for revision, after in zip(kept[:VERSIONS], texts, strict=False)
    ]


def audit_of(message: Message) -> list[AuditEntry]:
    acts = AuditEntry.objects.filter(target=f"message:{message.pk}").select_related("actor")
    return list(acts.order_by("-pk")[:VERSIONS])


def opening(request: HttpRequest, room: Room) -> Opening | None:
    """The reader's right to a private room, to say how long it lasts."""
    if room.kind == Room.Kind.PUBLIC or room.pk not in opened_rooms(request):
        return None
    mine = Opening.objects.in_force().filter(room=room, by=staff_of(request))
    return mine.order_by("-until").first()


def offered_rooms() -> list[Room]:
    return list(Room.objects.filter(kind=Room.Kind.PUBLIC).order_by("name")[:OFFERED])


def conversation_url(room: Room, message: Message | None = None) -> str:
    """A room's log at its end, or around a message."""
    place = {"around": message.pk} if message else {}
    anchor = f"message-{message.pk}" if message else "end"
    return f"{reverse('admin:chat_message_changelist')}?{urlencode({'room': room.slug, **place})}#{anchor}"


def sees_people(request: HttpRequest) -> bool:
    return any(staff_of(request).has_perm(f"accounts.{right}_user") for right in ("view", "change"))
