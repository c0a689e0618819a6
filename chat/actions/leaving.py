"""Going out of every room for good: who owns a room alone hands it over, and the last one closes it."""

from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.audit import Verb, record
from chat.actions.log import Change, changing
from chat.models import Membership, Room

State, Role = Membership.State, Membership.Role
BY_RANK = Case(When(role=Role.MODERATOR, then=Value(0)), default=Value(1), output_field=IntegerField())


def leave_for_good(person: User, room_id: int) -> None:
    """Out of the room, if they are in; who left it long ago takes a number too, so that open pages hear the new name.

    Twice is once: of a membership that ended with the account nothing changes.
    """
    with changing(room_id) as change:
        membership = change.membership(person.pk)
        if membership is None or _has_ended(membership, person):
            return
        if membership.is_in:
            _hand_over(change, membership)
            membership.state, membership.left_at = State.LEFT, timezone.now()
        membership.role, membership.level, membership.muted_until = Role.MEMBER, Membership.Level.MENTIONS, None
        membership.seq = change.number("member")
        membership.save()
        change.people.add(person.pk)


def _has_ended(membership: Membership, person: User) -> bool:
    left, gone = membership.left_at, person.anonymised_at
    return not membership.is_in and left is not None and gone is not None and left >= gone


def _hand_over(change: Change, membership: Membership) -> None:
    """To the longest-standing moderator, else member, where nobody else owns the room; without one it is archived."""
    others = Membership.objects.present().filter(room=change.room, user__is_active=True).exclude(pk=membership.pk)
    if membership.role != Role.OWNER or others.filter(role=Role.OWNER).exists():
        return
    heir = others.filter(user__kind=User.Kind.HUMAN).order_by(BY_RANK, "joined_at", "pk").first()
    if heir is None:
        _archive(change)
        return
    before, heir.role, heir.seq = heir.role, Role.OWNER, change.number("member")
    heir.save(update_fields=["role", "seq"])
    record(
        Verb.ROLE,
        f"membership:{heir.pk}",
        actor=User.objects.system(),
        room=change.room,
        person_id=heir.user_id,
        reason=_("The last owner's account was deleted."),
        role=(before, Role.OWNER.value),
    )


def _archive(change: Change) -> None:
    if change.room.archived_at is None:
        change.room.archived_at = timezone.now()
        Room.objects.filter(pk=change.room.pk).update(archived_at=change.room.archived_at)
        change.number("header")
