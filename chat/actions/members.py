"""Coming into a room, going out of it, and the roles people have there."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.actions.audit import Verb, clean_reason, record
from chat.actions.log import Change, changing, find_room, no_such_room, not_a_member
from chat.actions.standing import find_room_to_moderate, require_order_keeper
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import Membership, Restriction, Room

State, Role = Membership.State, Membership.Role


def join_room(*, actor: User, room_id: int) -> Membership:
    """Enter a public room. Raises NotFound, Forbidden (banned from it, archived)."""
    find_room(actor, room_id)
    with changing(room_id) as change:
        membership = change.membership(actor.pk)
        if membership is not None and membership.is_in:
            return membership
        if not permissions.can_see(change.room, membership):
            raise no_such_room()
        if not permissions.can_join(change.room):
            raise Forbidden(_("This room is archived; nobody can join it now."))
        require_not_banned(change.room, actor)
        return enter(change, membership, actor)


def leave_room(*, actor: User, room_id: int) -> Membership:
    """Go out; history stays with those in the room. Raises NotFound, Forbidden (not in), Conflict (last owner)."""
    find_room(actor, room_id)
    with changing(room_id) as change:
        membership = change.membership(actor.pk)
        if membership is None:
            raise not_a_member()
        if membership.is_in:
            _require_another_owner(change, membership)
            _go(change, membership, State.LEFT)
        return membership


def add_member(*, actor: User, room_id: int, handle: str) -> Membership:
    """Bring somebody in by handle. Raises NotFound (room), Forbidden, Invalid (no such person)."""
    find_room(actor, room_id)
    person = User.objects.by_handle(handle.strip().lstrip("@").lower())
    with changing(room_id) as change:
        _require(change, actor, permissions.can_add_member, _("Only owners and moderators add people."))
        if person is None or not person.is_active or person.kind == User.Kind.SYSTEM:
            raise Invalid(_("Nobody has the handle “%(handle)s”. Check its spelling.") % {"handle": handle[:40]})
        membership = change.membership(person.pk)
        if membership is not None and membership.is_in:
            return membership
        require_not_banned(change.room, person)
        return enter(change, membership, person)


def remove_member(*, actor: User, room_id: int, user_id: int, reason: str = "") -> Membership:
    """Take somebody out; nothing with a higher seq reaches them. Raises NotFound, Forbidden, Conflict (last owner)."""
    find_room_to_moderate(actor, room_id)
    reason = clean_reason(reason) if reason.strip() else ""
    with changing(room_id) as change:
        standing = require_order_keeper(change, actor)
        membership = _find_member(change, user_id)
        if not membership.is_in:
            return membership
        if not standing.may_restrict(membership.user, membership):
            raise Forbidden(_("You can remove people of a lower role than yours; to go yourself, leave the room."))
        expel(change, user_id)
        record(
            Verb.REMOVE,
            f"membership:{membership.pk}",
            actor=actor,
            room=change.room,
            person_id=user_id,
            reason=reason,
            state=(State.IN.value, State.REMOVED.value),
        )
        return _find_member(change, user_id)


def expel(change: Change, user_id: int) -> None:
    """Out of the room, if they are in. Raises Conflict (last owner)."""
    membership = change.membership(user_id)
    if membership is not None and membership.is_in:
        _require_another_owner(change, membership)
        _go(change, membership, State.REMOVED)


def set_role(*, actor: User, room_id: int, user_id: int, role: str) -> Membership:
    """Make somebody owner, moderator or member. Raises NotFound, Forbidden, Invalid (role), Conflict (last owner)."""
    find_room(actor, room_id)
    with changing(room_id) as change:
        _require(change, actor, permissions.can_set_role, _("Only owners give roles."))
        if role not in Role.values:
            raise Invalid(_("A role is owner, moderator or member."))
        membership = _find_member(change, user_id)
        if not membership.is_in:
            raise NotFound(_("This person is not in the room."))
        if membership.role == role:
            return membership
        _require_another_owner(change, membership)
        record(
            Verb.ROLE,
            f"membership:{membership.pk}",
            actor=actor,
            room=change.room,
            person_id=user_id,
            role=(membership.role, role),
        )
        membership.role, membership.seq = role, change.number("member")
        membership.save(update_fields=["role", "seq"])
        return membership


def _require(change: Change, actor: User, allowed: permissions.Predicate, detail: str) -> Membership:
    membership = change.membership(actor.pk)
    if not permissions.can_see(change.room, membership):
        raise no_such_room()
    if membership is None or not allowed(membership):
        raise Forbidden(detail)
    return membership


def _find_member(change: Change, user_id: int) -> Membership:
    membership = change.membership(user_id)
    if membership is None:
        raise NotFound(_("This person is not in the room."))
    return membership


def is_banned(room: Room, person: User) -> bool:
    return Restriction.objects.in_force().filter(kind=Restriction.Kind.BAN, user=person, room=room).exists()


def require_not_banned(room: Room, person: User) -> None:
    if is_banned(room, person):
        raise Forbidden(_("%(name)s is banned from this room.") % {"name": person.name})


def _require_another_owner(change: Change, membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    owners = Membership.objects.present().filter(room=change.room, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise Conflict(_("A room needs an owner. Make somebody else owner first."))


def enter(change: Change, membership: Membership | None, person: User) -> Membership:
    _require_alive(person)
    membership = membership or Membership(room=change.room, user=person)
    membership.role, membership.state = Role.MEMBER, State.IN
    membership.joined_at, membership.left_at = timezone.now(), None
    membership.last_read = change.room.last_message_id
    membership.seq = change.number("member")
    membership.save()
    change.people.add(person.pk)
    return membership


def _require_alive(person: User) -> None:
    """Under the account's lock: a deletion of it came before, and is seen, or comes after, and finds the membership."""
    if not User.objects.select_for_update(no_key=True).get(pk=person.pk).is_active:
        raise Forbidden(_("This account is not active."))


def _go(change: Change, membership: Membership, state: Membership.State) -> None:
    membership.state, membership.left_at = state, timezone.now()
    membership.seq = change.number("member")
    membership.save(update_fields=["state", "left_at", "seq"])
    change.people.add(membership.user_id)
