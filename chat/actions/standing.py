"""What somebody may do in a room: by a role there, or as one of the site's moderators."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.actions.log import Change, find_message, find_room, no_such_room, not_a_member
from chat.errors import Forbidden
from chat.models import Membership, Message, Room


@dataclass(frozen=True)
class Standing:
    """Of one actor in one room, read under its lock. `as_staff`: a site moderator, and the room is open to those."""

    actor: User
    membership: Membership | None
    as_staff: bool

    @property
    def keeps_order(self) -> bool:
        return self.as_staff or permissions.can_keep_order(self.membership)

    def may_restrict(self, person: User, membership: Membership | None) -> bool:
        """In this room: by rank, or as one of the site's moderators those who are none. Nobody oneself."""
        by_rank = permissions.can_restrict(self.membership, membership)
        return by_rank or (self.as_staff and may_restrict_on_site(self.actor, person))

    def may_undo(self, by: User, room: Room) -> bool:
        """Whether an act of `by` in the room is theirs to undo: what the site's moderators did is for those alone."""
        if self.as_staff or by.pk == self.actor.pk or not by.is_staff:
            return True
        return permissions.can_keep_order(Membership.objects.filter(room=room, user=by).first())


def find_room_to_moderate(actor: User, room_id: int) -> Room:
    """The room, unlocked, if the actor may know of it or it is open to them as a moderator of the site."""
    if is_staff_of(actor, room_id):
        return Room.objects.get(pk=room_id)
    return find_room(actor, room_id)


def find_message_to_moderate(actor: User, message_id: int) -> Message:
    """The same for a message. Raises NotFound, Forbidden."""
    message = Message.objects.filter(pk=message_id).first()
    if message is not None and is_staff_of(actor, message.room_id):
        return message
    return find_message(actor, message_id)


def standing(change: Change, actor: User) -> Standing:
    """Read under the lock. Raises NotFound for those who may not know of the room, Forbidden for those outside it."""
    membership = change.membership(actor.pk)
    if permissions.can_keep_order(membership):
        return Standing(actor, membership, as_staff=is_staff_of(actor, change.room.pk))
    if is_staff_of(actor, change.room.pk):
        return Standing(actor, membership, as_staff=True)
    if not permissions.can_see(change.room, membership):
        raise no_such_room()
    if not permissions.can_read(membership):
        raise not_a_member()
    return Standing(actor, membership, as_staff=False)


def require_order_keeper(change: Change, actor: User) -> Standing:
    """Raises NotFound, Forbidden."""
    found = standing(change, actor)
    if not found.keeps_order:
        raise Forbidden(_("Only owners and moderators of the room can do that."))
    return found


def require_site_moderator(actor: User) -> None:
    if not is_site_moderator(actor):
        raise Forbidden(_("Only moderators of the site can do that."))


def is_staff_of(actor: User, room_id: int) -> bool:
    """Whether the actor moderates the site and this room is open to such: public, or opened by them with a reason."""
    return is_site_moderator(actor) and (
        actor.kind == User.Kind.SYSTEM or Room.objects.open_to(actor).filter(pk=room_id).exists()
    )


def is_site_moderator(actor: User) -> bool:
    """As the database says now: a socket keeps its person for hours, and Django keeps rights with the person."""
    if not actor.is_staff and actor.kind != User.Kind.SYSTEM:
        return False
    present = User.objects.filter(pk=actor.pk).first()
    return present is not None and permissions.is_site_moderator(present)


def may_restrict_on_site(actor: User, person: User) -> bool:
    """Site moderators restrict those who are none; superusers everybody but themselves."""
    if person.pk == actor.pk or person.kind == User.Kind.SYSTEM:
        return False
    # A command acts as the system: whoever can run one can do anything anyhow.
    return actor.is_superuser or actor.kind == User.Kind.SYSTEM or not (person.is_staff or person.is_superuser)
