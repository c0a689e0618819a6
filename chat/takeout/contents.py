"""What a copy holds beside the messages: every table with rows of the person, as plain records, read row by row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import AuditEntry, Invite, Membership, Restriction, Room

Record = dict[str, Any]
CHUNK = 500  # rows in memory at once


@dataclass(frozen=True)
class Section:
    """`records` gives its rows, whole times and all; `name` is its files' name."""

    name: str
    title: Any
    records: Callable[[User], Iterator[Record]]


def profile(person: User) -> Iterator[Record]:
    names = ("handle", "name", "email", "theme", "language", "time_zone", "date_joined", "last_login")
    yield {**{name: getattr(person, name) for name in names}, "rights": _rights(person)}


def _rights(person: User) -> list[str]:
    marks = {"staff": person.is_staff, "superuser": person.is_superuser}
    return [mark for mark, has in marks.items() if has] + [group.name for group in person.groups.order_by("name")]


def past_handles(person: User) -> Iterator[Record]:
    yield from _values(person.past_handles.all(), "handle", "given_up_at")


def addresses(person: User) -> Iterator[Record]:
    yield from _values(EmailAddress.objects.filter(user=person), "email", "verified", "primary")


def connected(person: User) -> Iterator[Record]:
    yield from _values(
        SocialAccount.objects.filter(user=person), "provider", "uid", "date_joined", "last_login", "extra_data"
    )


def factors(person: User) -> Iterator[Record]:
    """Their names and times; never what proves somebody to be the person."""
    for factor in _paged(Authenticator.objects.filter(user=person)):
        name = factor.data.get("name", "") if factor.type == Authenticator.Type.WEBAUTHN else ""
        times = {"created_at": factor.created_at, "last_used_at": factor.last_used_at}
        yield {"type": factor.type, "name": name, **times}


def sessions(person: User) -> Iterator[Record]:
    yield from _values(UserSession.objects.filter(user=person), "created_at", "last_seen_at", "ip", "user_agent")


def rooms(person: User) -> Iterator[Record]:
    names = ("role", "state", "joined_at", "left_at", "level", "muted_until")
    for membership in _paged(Membership.objects.filter(user=person).select_related("room")):
        here = {name: getattr(membership, name) for name in names}
        yield {**room_words(membership.room, is_in=membership.is_in), **here}


def room_words(room: Room, *, is_in: bool) -> Record:
    """A private room has its present name for those in it; who went away knows it by its address."""
    return {"room": room.slug, "room_name": room.name if is_in or room.kind == Room.Kind.PUBLIC else ""}


def invitations(person: User) -> Iterator[Record]:
    names = ("room__slug", "created_at", "expires_at", "uses", "uses_limit", "revoked_at")
    yield from _values(Invite.objects.filter(created_by=person), *names)


def restrictions(person: User) -> Iterator[Record]:
    names = ("kind", "room__slug", "reason", "created_at", "until", "lifted_at")
    yield from _values(Restriction.objects.filter(user=person), *names)


def acts(person: User) -> Iterator[Record]:
    names = ("verb", "target", "room__slug", "person__handle", "reason", "before", "after", "created_at")
    yield from _values(AuditEntry.objects.filter(actor=person), *names)


SECTIONS = (
    Section("profile", _("Profile"), profile),
    Section("past-handles", _("Past handles"), past_handles),
    Section("addresses", _("Email addresses"), addresses),
    Section("connected-accounts", _("Connected accounts"), connected),
    Section("factors", _("Second factors and passkeys"), factors),
    Section("sessions", _("Where you are signed in"), sessions),
    Section("rooms", _("Rooms"), rooms),
    Section("invitations", _("Invitations you made"), invitations),
    Section("restrictions", _("Mutes and bans"), restrictions),
    Section("acts", _("What you did to keep order"), acts),
)

LABELS = {
    "action": _("Action"),
    "after": _("After"),
    "before": _("Before"),
    "created_at": _("Since"),
    "date_joined": _("Joined"),
    "email": _("Email"),
    "expires_at": _("Until"),
    "extra_data": _("What the provider told"),
    "given_up_at": _("Given up"),
    "handle": _("Handle"),
    "ip": _("Address"),
    "joined_at": _("Joined"),
    "kind": _("Kind"),
    "language": _("Language"),
    "last_login": _("Last signed in"),
    "last_seen_at": _("Last seen"),
    "last_used_at": _("Last used"),
    "left_at": _("Left"),
    "level": _("Notify about"),
    "lifted_at": _("Lifted"),
    "muted_until": _("Muted until"),
    "name": _("Name"),
    "person": _("Whom"),
    "primary": _("In use"),
    "provider": _("Provider"),
    "reason": _("Reason"),
    "revoked_at": _("Withdrawn"),
    "rights": _("Rights"),
    "role": _("Role"),
    "room": _("Room"),
    "room_name": _("Name of the room"),
    "state": _("State"),
    "target": _("On what"),
    "theme": _("Theme"),
    "time_zone": _("Time zone"),
    "type": _("Type"),
    "uid": _("Id there"),
    "until": _("Until"),
    "user_agent": _("Browser"),
    "uses": _("Uses"),
    "uses_limit": _("Most uses"),
    "verb": _("What"),
    "verified": _("Proven"),
}


def _paged(rows: QuerySet[Any]) -> Iterator[Any]:
    """All rows by id, some at a time: no statement stays open while others write."""
    after: Any = None
    while chunk := list((rows if after is None else rows.filter(pk__gt=after)).order_by("pk")[:CHUNK]):
        yield from chunk
        after = chunk[-1].pk


def _values(rows: QuerySet[Any], *names: str) -> Iterator[Record]:
    """Records with a path's first word as its name: `room__slug` is the room."""
    paths = {name: name.split("__")[0] for name in names}
    related = {name.split("__")[0] for name in names if "__" in name}
    for row in _paged(rows.select_related(*related) if related else rows):
        yield {paths[name]: _follow(row, name) for name in names}


def _follow(row: Model, path: str) -> Any:
    found: Any = row
    for name in path.split("__"):
        found = getattr(found, name) if found is not None else None
    return found


def chunks(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Lists of up to `size`."""
    stream = iter(rows)
    while chunk := list(islice(stream, size)):
        yield chunk
