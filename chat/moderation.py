"""What keepers of a room's order see of it: restrictions in force, hidden messages, who did what; newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, QuerySet
from django.utils.dateparse import parse_datetime

from accounts.models import User
from chat.models import AuditEntry, Membership, Message, Restriction, Revision, Room

PAGE = 20

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """At most PAGE rows, never counted. `before` leads to the older ones: an id, None at the end."""

    rows: list[M]
    before: int | None
    is_first: bool


@dataclass(frozen=True)
class Act:
    """One line of the audit, with what its sentence needs."""

    entry: AuditEntry
    until: datetime | None
    role: str
    message_id: int | None


def restrictions(room: Room, *, viewer: User, as_staff: bool, before: int | None = None) -> Page[Restriction]:
    """Those of this room that are in force; `can_lift` says whether they are the viewer's to lift."""
    rows = Restriction.objects.in_force().filter(room=room).select_related("user", "by")
    page = _page(rows, before)
    theirs = {row.by for row in page.rows if row.by.is_staff and row.by != viewer and not as_staff}
    beyond = theirs - _keepers(room, theirs)
    for row in page.rows:
        row.can_lift = row.user != viewer and row.by not in beyond  # type: ignore[attr-defined]  # for the template
    return page


def hidden(room: Room, *, viewer: User, as_staff: bool, before: int | None = None) -> Page[Message]:
    """Messages that moderators took from sight; `kept` is what they said, None when it is no longer known."""
    rows = Message.objects.filter(room=room, deleted_at__isnull=False).exclude(deleted_by=F("author"))
    page = _page(rows.select_related("author", "deleted_by", "room"), before)
    kept = kept_bodies(page.rows)
    theirs = {by for row in page.rows if (by := row.deleted_by) and by.is_staff and by != viewer and not as_staff}
    beyond = theirs - _keepers(room, theirs)
    for row in page.rows:
        row.kept = kept.get(row.pk)  # type: ignore[attr-defined]  # for the template
        row.can_restore = row.pk in kept and row.deleted_by not in beyond  # type: ignore[attr-defined]
    return page


def acts(room: Room, *, before: int | None = None) -> Page[AuditEntry]:
    """The room's audit; each row's `act` has what its sentence needs."""
    page = _page(AuditEntry.objects.filter(room=room).select_related("actor", "person", "room"), before)
    for row in page.rows:
        row.act = _act(row)  # type: ignore[attr-defined]  # for the template
    return page


def kept_bodies(messages: Sequence[Message]) -> dict[int, str]:
    """Of hidden messages, what they said; one query."""
    if not messages:
        return {}
    found = Revision.objects.filter(message__in=messages, cause=Revision.Cause.HIDE).order_by("pk")
    return dict(found.values_list("message_id", "body"))


def mutes_in(room: Room, memberships: Collection[Membership]) -> dict[int, Restriction]:
    """Who of these members is muted in the room; one query."""
    people = [membership.user_id for membership in memberships]
    mutes = Restriction.objects.in_force().filter(room=room, kind=Restriction.Kind.MUTE, user__in=people)
    return {mute.user_id: mute for mute in mutes}


def _page(rows: QuerySet[M], before: int | None) -> Page[M]:
    older = rows if before is None else rows.filter(pk__lt=before)
    found = list(older.order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None, before is None)


def _keepers(room: Room, people: Collection[User]) -> set[User]:
    """Those who keep order in the room by a role in it, whatever else they are."""
    if not people:
        return set()
    roles = (Membership.Role.OWNER, Membership.Role.MODERATOR)
    found = Membership.objects.present().filter(room=room, user__in=people, role__in=roles).select_related("user")
    return {membership.user for membership in found}


def _act(entry: AuditEntry) -> Act:
    noun, _colon, number = entry.target.partition(":")
    return Act(
        entry,
        until=_time(entry.after.get("until")),
        role=str(dict(Membership.Role.choices).get(entry.after.get("role"), "")),
        message_id=int(number) if noun == "message" and number.isdigit() else None,
    )


def _time(raw: Any) -> datetime | None:
    return parse_datetime(raw) if isinstance(raw, str) else None
