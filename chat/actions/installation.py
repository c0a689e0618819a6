"""What happens to the site itself."""

import uuid

from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Forbidden
from chat.models import Installation


def begin_epoch(*, actor: User) -> uuid.UUID:
    """The logs go on from a copy: every reader's cursor is of another time, and is told so. Raises Forbidden."""
    if actor.kind != User.Kind.SYSTEM:
        raise Forbidden(_("Only the system itself does this."))
    epoch = uuid.uuid4()
    Installation.objects.update(epoch=epoch)
    return epoch
