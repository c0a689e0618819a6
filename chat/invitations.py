"""What those who invite see of their links."""

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from chat.models import Invite, Membership, Room
from chat.permissions import can_invite


def link(invite: Invite) -> str:
    """The whole address to give away."""
    return f"{settings.SITE_URL}/join/{invite.token}/"


def live(room: Room | None) -> list[Invite]:
    """Those of a room, or (None) of the site, that have not ended, newest first; making them is bounded.

    Each has its `link`, and `sleeps` when its maker could not make it any more: then it opens nothing.
    """
    invites = list(Invite.objects.usable().filter(room=room).select_related("created_by").order_by("-pk"))
    makers = _who_still_may(room, {invite.created_by for invite in invites})
    for invite in invites:
        invite.link = link(invite)  # type: ignore[attr-defined]  # for the template
        invite.sleeps = invite.created_by_id not in makers  # type: ignore[attr-defined]
    return invites


def _who_still_may(room: Room | None, makers: set[User]) -> set[int]:
    active = {person.pk for person in makers if person.is_active}
    if room is None:
        inviters = User.objects.filter(pk__in=active, is_staff=True).filter(_right_to_invite()).distinct()
        return set(inviters.values_list("pk", flat=True))
    owners = Membership.objects.present().filter(room=room, user__in=active)
    return {row.user_id for row in owners if can_invite(row)}


def _right_to_invite() -> Q:
    own, by_group = "user_permissions__codename", "groups__permissions__codename"
    return Q(is_superuser=True) | Q(**{own: "invite_people"}) | Q(**{by_group: "invite_people"})
