"""Making rooms and saying what they are called and about."""

import secrets

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.names import clean_name
from chat import permissions
from chat.actions.log import changing, find_room, no_such_room
from chat.errors import Conflict, Forbidden, Invalid
from chat.live import doorbell
from chat.models import Membership, Room

RESERVED_SLUGS = frozenset({"new", "all", "browse", "search", "settings"})
TOPIC_LIMIT = 250
SLUG_LENGTH = 48


def create_room(*, actor: User, name: str, topic: str = "", kind: str = Room.Kind.PUBLIC) -> Room:
    """A new room with the actor as its owner. Raises Invalid (name, topic, kind)."""
    name, topic = _clean(name, topic)
    if kind not in {Room.Kind.PUBLIC, Room.Kind.PRIVATE}:
        raise Invalid(_("A room is public or private."))
    base = _slug(name)
    for _attempt in range(20):
        try:
            with transaction.atomic():
                return _make(actor, _free_slug(base), kind, name, topic)
        except IntegrityError:
            continue  # somebody took the slug between the look and the insert
    raise Conflict(_("Too many rooms have this name. Choose another."))


def change_room(*, actor: User, room_id: int, name: str, topic: str) -> int:
    """Rename a room, say what it is about; its address stays. Returns the room's seq.

    Raises NotFound, Forbidden, Invalid.
    """
    find_room(actor, room_id)
    name, topic = _clean(name, topic)
    with changing(room_id) as change:
        membership = change.membership(actor.pk)
        if not permissions.can_see(change.room, membership):
            raise no_such_room()
        if not permissions.can_change_room(membership):
            raise Forbidden(_("Only owners and moderators change a room."))
        if (change.room.name, change.room.topic) == (name, topic):
            return change.room.seq
        change.room.name, change.room.topic = name, topic
        change.number("header")
    return change.room.seq


def _clean(name: str, topic: str) -> tuple[str, str]:
    try:
        name = clean_name(name)
        topic = clean_name(topic, limit=TOPIC_LIMIT) if topic.strip() else ""
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    return name, topic


def _slug(name: str) -> str:
    return slugify(name)[:SLUG_LENGTH].strip("-_") or f"r-{secrets.token_hex(3)}"


def _free_slug(base: str) -> str:
    taken = set(Room.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _make(actor: User, slug: str, kind: str, name: str, topic: str) -> Room:
    room = Room.objects.create(
        slug=slug, kind=kind, name=name, topic=topic, seq=1, header_seq=1, members_seq=1, created_by=actor
    )
    Membership.objects.create(room=room, user=actor, role=Membership.Role.OWNER, seq=1, joined_at=timezone.now())
    transaction.on_commit(lambda: doorbell.ring_user(actor.pk), robust=True)
    return room
