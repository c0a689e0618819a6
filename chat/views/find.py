"""Finding what an address names, through the eyes of who asks: not visible is not there."""

from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Forbidden, NotFound
from chat.models import Membership, Message, Room


def room_and_membership(viewer: User, slug: str) -> tuple[Room, Membership | None]:
    """A room the person may know of, with the membership if they are in. Raises NotFound."""
    mine = Membership.objects.filter(room__slug=slug, user=viewer, state=Membership.State.IN).select_related("room")
    membership = mine.first()
    if membership is not None:
        return membership.room, membership
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


def message_in(room: Room, message_id: int) -> Message:
    """Raises NotFound for a message of another room, too."""
    message = Message.objects.filter(room=room, pk=message_id).select_related("author", "deleted_by", "room").first()
    if message is None:
        raise NotFound(_("No such message."))
    return message
