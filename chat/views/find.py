"""Finding what an address names, through the eyes of who asks: not visible is not there."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Forbidden, NotFound
from chat.models import Membership, Message, Room
from chat.models.prepared import Prepared
from chat.permissions import can_keep_order, is_site_moderator

# What every page of a room asks first.
MINE = Prepared(
    lambda slug, user_id: Membership.objects.filter(
        room__slug=slug, user=user_id, state=Membership.State.IN
    ).select_related("room")
)


@dataclass(frozen=True)
class Keeper:
    """Who keeps order in a room they are in: by their role or, `as_staff`, as a moderator of the site."""

    person: User
    membership: Membership
    as_staff: bool

    @property
    def room(self) -> Room:
        return self.membership.room

    @property
    def as_actor(self) -> dict[str, Any]:
        return {"actor": self.person, "room_id": self.room.pk}


def room_and_membership(viewer: User, slug: str) -> tuple[Room, Membership | None]:
    """A room the person may know of, with the membership if they are in. Raises NotFound."""
    if mine := MINE(slug, viewer.pk):
        return mine[0].room, mine[0]
    room = Room.objects.filter(slug=slug, kind=Room.Kind.PUBLIC).first()
    if room is None:
        raise NotFound(_("No such room, or not yours."))
    return room, None


def entered(viewer: User, slug: str) -> Membership:
    """The membership, with its room, of somebody who is in. Raises NotFound, Forbidden (a public room from outside)."""
    _room, membership = room_and_membership(viewer, slug)
    if membership is None:
        raise Forbidden(_("Join the room first."))
    return membership


def keeping(viewer: User, slug: str) -> Keeper:
    """The room to keep order in. Raises NotFound, Forbidden."""
    membership = entered(viewer, slug)
    as_staff = keeps_as_staff(viewer, membership.room)
    if not (as_staff or can_keep_order(membership)):
        raise Forbidden(_("Only owners and moderators keep order in a room."))
    return Keeper(viewer, membership, as_staff)


def keeps_as_staff(viewer: User, room: Room) -> bool:
    """Private rooms are closed to the site's moderators, but for the opening that the admin asks a reason for."""
    return room.kind == Room.Kind.PUBLIC and is_site_moderator(viewer)


def message_in(room: Room, message_id: int) -> Message:
    """Raises NotFound for a message of another room, too."""
    message = Message.objects.filter(room=room, pk=message_id).select_related("author", "deleted_by", "room").first()
    if message is None:
        raise NotFound(_("No such message."))
    return message
