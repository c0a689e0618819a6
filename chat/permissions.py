"""Who may do what: pure predicates on loaded rows, tabled in one test. `None` stands for "was never a member"."""

from collections.abc import Callable

from accounts.models import User
from chat.models import Membership, Message, Room

Role = Membership.Role
RANK = {Role.MEMBER.value: 0, Role.MODERATOR.value: 1, Role.OWNER.value: 2}


def rank(membership: Membership | None) -> int:
    """-1 outside, 0 member, 1 moderator, 2 owner."""
    return RANK[membership.role] if membership is not None and membership.is_in else -1


def can_see(room: Room, membership: Membership | None) -> bool:
    return room.kind == Room.Kind.PUBLIC or rank(membership) >= 0


def can_read(membership: Membership | None) -> bool:
    return rank(membership) >= 0


def can_join(room: Room) -> bool:
    return room.kind == Room.Kind.PUBLIC and room.archived_at is None


def can_post(room: Room, membership: Membership | None) -> bool:
    return rank(membership) >= 0 and room.archived_at is None


def can_edit(room: Room, message: Message, membership: Membership | None) -> bool:
    return can_post(room, membership) and membership is not None and message.author_id == membership.user_id


def can_delete(message: Message, membership: Membership | None) -> bool:
    own = membership is not None and message.author_id == membership.user_id
    return rank(membership) >= (0 if own else 1)


def can_change_room(membership: Membership | None) -> bool:
    return rank(membership) >= 1


def can_add_member(membership: Membership | None) -> bool:
    return rank(membership) >= 1


def can_keep_order(membership: Membership | None) -> bool:
    """Hide, restore, mute, ban and lift in this room."""
    return rank(membership) >= 1


def can_restrict(membership: Membership | None, target: Membership | None) -> bool:
    """Remove, mute or ban in this room: those of a lower rank, strangers too; an owner also other owners."""
    if membership is None or (target is not None and membership.user_id == target.user_id):
        return False
    return rank(membership) >= 1 and (rank(membership) > rank(target) or rank(membership) == 2)


def can_set_role(membership: Membership | None) -> bool:
    return rank(membership) >= 2


def can_invite(membership: Membership | None) -> bool:
    """Make and withdraw links into the room."""
    return rank(membership) >= 2


def is_slowed(room: Room, membership: Membership | None) -> bool:
    return room.slow_seconds > 0 and rank(membership) < 1


def is_site_moderator(person: User) -> bool:
    """Staff with the right to keep order everywhere. Django asks the database once for a loaded person's rights."""
    return _has_right(person, "chat.moderate_site")


def is_room_opener(person: User) -> bool:
    return _has_right(person, "chat.open_private_room")


def is_site_inviter(person: User) -> bool:
    """Make and withdraw links onto the site."""
    return _has_right(person, "chat.invite_people")


def is_account_keeper(person: User) -> bool:
    """Deactivate, let in again and delete the accounts of those who are below."""
    return _has_right(person, "accounts.change_user")


def _has_right(person: User, right: str) -> bool:
    # Commands act as the system, which is nobody's account.
    return person.kind == User.Kind.SYSTEM or (person.is_active and person.is_staff and person.has_perm(right))


Predicate = Callable[[Membership | None], bool]
