"""Links of invitations, for tests: making one in a line, and how often it was used."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.models import Invite, Room


def link_to(room: Room | None, by: User, *, uses: int | None = None, hours: int | None = 24) -> Invite:
    until = timezone.now() + timedelta(hours=hours) if hours else None
    return actions.make_invite(actor=by, room_id=room.pk if room else None, expires_at=until, uses_limit=uses)


def uses_of(invite: Invite) -> int:
    return Invite.objects.get(pk=invite.pk).uses
