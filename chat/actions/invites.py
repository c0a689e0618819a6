"""Invitations: making and withdrawing links, and coming in by one."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.actions.audit import Verb, clean_reason, record
from chat.actions.log import Change, changing, find_room, no_such_room, not_a_member
from chat.actions.members import enter, is_banned, require_not_banned
from chat.actions.standing import find_room_to_moderate, standing
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import Installation, Invite, InviteUse, Membership, Restriction, Room

LIVE = 50  # links of one room, or of the site, that hold at a time
MOST_USES = 10_000
FARTHEST = timedelta(days=366)
AT_ONCE = 10  # rooms that one arrival leads to; a new account has come by one link


def make_invite(*, actor: User, room_id: int | None, expires_at: datetime | None, uses_limit: int | None) -> Invite:
    """A link into a room, for its owners to give away, or (room None) onto the site. Without end or limit: None.

    Raises NotFound, Forbidden, Invalid, Conflict (too many hold already).
    """
    _check_terms(expires_at, uses_limit)
    if room_id is None:
        with transaction.atomic():
            _lock_site_invites()
            require_site_inviter(actor)
            return _make(actor, None, expires_at, uses_limit)
    find_room(actor, room_id)
    with changing(room_id) as change:
        _require_owner(change, actor)
        if not _takes_guests(change.room):
            raise Forbidden(_("Nobody can be invited to this room."))
        return _make(actor, change.room, expires_at, uses_limit)


def withdraw_invite(*, actor: User, invite_id: int, reason: str = "") -> Invite:
    """The link holds no longer; who came by it stays. Raises NotFound, Forbidden."""
    reason = clean_reason(reason) if reason.strip() else ""
    invite = Invite.objects.filter(pk=invite_id).first()
    if invite is None:
        raise NotFound(_("No such invitation."))
    if invite.room_id is None:
        with transaction.atomic():
            require_site_inviter(actor)
            return _withdraw(actor, invite, reason)
    find_room_to_moderate(actor, invite.room_id)
    with changing(invite.room_id) as change:
        found = standing(change, actor)
        if not (found.as_staff or permissions.can_invite(found.membership)):
            raise _owners_only()
        return _withdraw(actor, invite, reason)


def find_invite(*, token: str) -> Invite:
    """The invitation that a link names, with its room and maker. Raises NotFound for one that does not hold."""
    invite = Invite.objects.by_token(token)
    if invite is None or not invite.is_usable or not _stands(invite):
        raise dead_link()
    return invite


def redeem_invite(*, actor: User, token: str) -> Invite:
    """Come into the room of a link; one onto the site gives nothing to who is on it already.

    Raises NotFound for a link that does not hold, unless one is in its room; Forbidden (banned, removed).
    """
    invite = Invite.objects.by_token(token)
    if invite is None:
        raise dead_link()
    if invite.room_id is None:
        return invite
    with changing(invite.room_id) as change:
        membership = change.membership(actor.pk)
        if membership is None or not membership.is_in:
            invite = find_invite(token=token)  # as it stands under the lock
            _require_welcome(change.room, invite, membership, actor)
            _use(invite, actor)
            enter(change, membership, actor)
    return invite


def claim_invite(*, actor: User, token: str) -> Invite:
    """Count the account that is just being made; called in its transaction, so that neither is without the other.

    The room follows with `enter_invited`, at the first sign-in: an address may have to be proven before.
    Raises Conflict when the link holds no longer, and then there must be no account.
    """
    try:
        invite = find_invite(token=token)
    except NotFound as error:
        raise _too_late() from error
    with transaction.atomic():
        _use(invite, actor)
    return invite


def enter_invited(*, actor: User) -> Room | None:
    """Into the rooms whose links the actor made an account by, and was never in. Gives the last, None without any."""
    claimed = InviteUse.objects.filter(user=actor, invite__revoked_at=None, invite__room__isnull=False)
    new = claimed.exclude(invite__room__memberships__user=actor).order_by("pk").values_list("invite", "invite__room")
    entered = None
    for invite_id, room_id in new[:AT_ONCE]:
        entered = _enter_claimed(invite_id, room_id, actor) or entered
    return entered


def require_site_inviter(actor: User) -> None:
    """Raises Forbidden. As the database says now: Django keeps rights with a loaded person."""
    present = User.objects.filter(pk=actor.pk).first()
    if present is None or not permissions.is_site_inviter(present):
        raise Forbidden(_("Only administrators invite people to this site."))


def dead_link() -> NotFound:
    return NotFound(
        _("This invitation does not hold: it was used up, withdrawn, has run out, or its link is not whole.")
    )


# --- Terms


def _check_terms(expires_at: datetime | None, uses_limit: int | None) -> None:
    now = timezone.now()
    if expires_at is not None and not now < expires_at <= now + FARTHEST:
        raise Invalid(_("An invitation ends some time in the next year, or never."))
    if uses_limit is not None and not 1 <= uses_limit <= MOST_USES:
        raise Invalid(_("Between 1 and %(most)d people can come by an invitation.") % {"most": MOST_USES})


def _lock_site_invites() -> None:
    """In a room its own lock holds; for the site the installation's row does."""
    Installation.objects.select_for_update(no_key=True).get()


def _require_owner(change: Change, actor: User) -> None:
    membership = change.membership(actor.pk)
    if not permissions.can_see(change.room, membership):
        raise no_such_room()
    if not permissions.can_read(membership):
        raise not_a_member()
    if not permissions.can_invite(membership):
        raise _owners_only()


def _owners_only() -> Forbidden:
    return Forbidden(_("Only owners of a room invite people to it by a link."))


def _make(actor: User, room: Room | None, expires_at: datetime | None, uses_limit: int | None) -> Invite:
    if Invite.objects.usable().filter(room=room).count() >= LIVE:
        raise Conflict(_("%(live)d invitations hold already. Withdraw one you no longer need.") % {"live": LIVE})
    invite = Invite.objects.create(room=room, created_by=actor, expires_at=expires_at, uses_limit=uses_limit)
    until = expires_at.isoformat(timespec="seconds") if expires_at else None
    _record(Verb.INVITE, invite, actor, until=(None, until), uses_limit=(None, uses_limit))
    return invite


def _withdraw(actor: User, invite: Invite, reason: str) -> Invite:
    now = timezone.now()
    if Invite.objects.filter(pk=invite.pk, revoked_at=None).update(revoked_at=now):
        invite.revoked_at = now
        _record(Verb.WITHDRAW, invite, actor, reason)
    return invite


def _record(verb: Verb, invite: Invite, actor: User, reason: str = "", **terms: tuple[object, object]) -> None:
    record(verb, f"invite:{invite.pk}", actor=actor, room=invite.room, person_id=None, reason=reason, **terms)


# --- Coming in


def _stands(invite: Invite) -> bool:
    """Apart from time and uses: nobody withdrew it, there is somewhere to go, and its maker could still make it."""
    if invite.revoked_at is not None or not _is_welcome_here(invite.created_by):
        return False
    if invite.room is None:
        return permissions.is_site_inviter(invite.created_by)
    owner = Membership.objects.filter(room=invite.room, user=invite.created_by_id).first()
    return _takes_guests(invite.room) and permissions.can_invite(owner)


def _is_welcome_here(person: User) -> bool:
    bans = Restriction.objects.in_force().filter(kind=Restriction.Kind.BAN, user=person, room=None)
    return person.is_active and not bans.exists()


def _takes_guests(room: Room) -> bool:
    return room.kind != Room.Kind.DIRECT and room.archived_at is None


def _require_welcome(room: Room, invite: Invite, membership: Membership | None, person: User) -> None:
    require_not_banned(room, person)
    was_removed = membership is not None and membership.state == Membership.State.REMOVED
    # Into a public room anybody may come back; a private one is closed to who was shown out, by older links too.
    if was_removed and not permissions.can_join(room) and _is_older(invite, membership):
        raise Forbidden(_("You were removed from this room. Ask an owner for a new invitation."))


def _is_older(invite: Invite, membership: Membership | None) -> bool:
    return membership is None or membership.left_at is None or invite.created_at <= membership.left_at


def _use(invite: Invite, person: User) -> None:
    """Count a person once. The condition in the statement lets one of many through, on any database."""
    if InviteUse.objects.filter(invite=invite, user=person).exists():
        return
    if not Invite.objects.usable().filter(pk=invite.pk).update(uses=F("uses") + 1):
        raise _too_late()
    InviteUse.objects.create(invite=invite, user=person)


def _too_late() -> Conflict:
    return Conflict(_("This invitation was used up or withdrawn in the meantime. Ask for another one."))


def _enter_claimed(invite_id: int, room_id: int, person: User) -> Room | None:
    with changing(room_id) as change:
        invite = Invite.objects.select_related("room", "created_by").get(pk=invite_id)
        if change.membership(person.pk) is not None or not _stands(invite) or is_banned(change.room, person):
            return None  # the account stands without the room
        enter(change, None, person)
        return change.room
