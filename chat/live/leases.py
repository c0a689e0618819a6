"""The rows behind presence: process leases by the database's clock, and the connections that hang on them."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Now

from accounts.models import User
from chat.models import Connection, ProcessLease
from chat.rendering import person

People = dict[int, dict[str, Any]]  # user id -> {"id", "handle", "name", "picture"}


@dataclass
class Theirs:
    """What another process's connections were at `version` of its lease."""

    version: int
    rooms: dict[int, People] = field(default_factory=dict)


Elsewhere = dict[UUID, Theirs]


@dataclass
class Found:
    alive: set[UUID]
    changed: Elsewhere


Places = set[tuple[int, int]]  # (user, room)


def write(lease_id: UUID | None, wanted: Places, written: Places | None, seconds: float) -> UUID:
    """Renew the lease and bring its connections to what is wanted; one transaction. The lease's id.

    `written`: what they are, None for not known. A lease that ran out while this process slept may have been swept:
    then everything is written anew.
    """
    with transaction.atomic():
        lease_id, written = _held(lease_id, written, seconds)
        gone, come = written - wanted, wanted - written
        for room_id in {room_id for _user_id, room_id in gone}:
            people = [user_id for user_id, gone_from in gone if gone_from == room_id]
            Connection.objects.filter(lease_id=lease_id, room_id=room_id, user_id__in=people).delete()
        Connection.objects.bulk_create(
            [Connection(lease_id=lease_id, user_id=user_id, room_id=room_id) for user_id, room_id in come],
            ignore_conflicts=True,
        )
        if gone or come:
            ProcessLease.objects.filter(pk=lease_id).update(version=F("version") + 1)
        ProcessLease.objects.filter(expires_at__lt=Now()).exclude(pk=lease_id).delete()
    return lease_id


def _held(lease_id: UUID | None, written: Places | None, seconds: float) -> tuple[UUID, Places]:
    expires_at = ExpressionWrapper(Now() + Value(timedelta(seconds=seconds), DurationField()), DateTimeField())
    if lease_id is not None and ProcessLease.objects.filter(pk=lease_id).update(expires_at=expires_at):
        if written is None:
            written = set(Connection.objects.filter(lease=lease_id).values_list("user_id", "room_id"))
        return lease_id, written
    lease = ProcessLease(id=uuid.uuid4(), started_at=Now(), expires_at=expires_at)
    lease.save(force_insert=True)
    return lease.pk, set()


def changed(own: UUID | None, known: Mapping[UUID, int], rooms: Collection[int]) -> Found:
    """The other processes that live, and the connections in these rooms of those whose version we do not know."""
    living = ProcessLease.objects.filter(expires_at__gt=Now())
    versions = {pk: version for pk, version in living.values_list("pk", "version") if pk != own}
    news = {pk: Theirs(version) for pk, version in versions.items() if known.get(pk) != version}
    if news:
        _fill(news, Connection.objects.filter(lease__in=news, room__in=rooms).values_list(*COLUMNS))
    return Found(set(versions), news)


def in_room(own: UUID | None, room_id: int) -> Elsewhere:
    """Who has the room open in other processes; their versions stay unknown (-1)."""
    rows = Connection.objects.filter(room=room_id, lease__expires_at__gt=Now()).values_list(*COLUMNS)
    found: Elsewhere = {}
    for row in rows:
        if row[0] != own:
            found.setdefault(row[0], Theirs(version=-1))
    _fill(found, (row for row in rows if row[0] != own))
    return found


def give_up(lease_id: UUID) -> None:
    """A clean stop: its people are gone at once."""
    with transaction.atomic():
        ProcessLease.objects.filter(pk=lease_id).delete()


COLUMNS = ("lease_id", "room_id", "user_id", "user__handle", "user__name", "user__picture")


def _fill(leases: Elsewhere, rows: Iterable[tuple[Any, ...]]) -> None:
    for lease_id, room_id, user_id, handle, name, picture in rows:
        people = leases[lease_id].rooms.setdefault(room_id, {})
        people[user_id] = person(User(pk=user_id, handle=handle, name=name, picture=picture))
