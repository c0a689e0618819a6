"""The book of who did what and why: written in the transaction of the act, so that neither stands without the other."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.names import clean_name
from chat.errors import Invalid
from chat.models import AuditEntry, Message, Room
from chat.models.order import REASON_LIMIT

Verb = AuditEntry.Verb


def clean_reason(raw: str) -> str:
    """A reason on one line, at most 500 code points. Raises Invalid."""
    if not raw.strip():
        raise Invalid(_("Give a reason. It is kept, and shown to those it concerns."))
    try:
        return clean_name(raw, limit=REASON_LIMIT)
    except ValidationError as error:
        raise Invalid(_("The reason: %(detail)s") % {"detail": " ".join(error.messages)}) from error


def record(
    verb: Verb,
    target: str,
    *,
    actor: User,
    room: Room | None = None,
    person_id: int | None = None,
    reason: str = "",
    **settings: tuple[Any, Any],
) -> AuditEntry:
    """One act; `settings` are its (before, after) pairs: ids, states and times, never words of people."""
    return AuditEntry.objects.create(
        actor=actor,
        verb=verb,
        target=target,
        room=room,
        person_id=person_id,
        reason=reason,
        before={name: pair[0] for name, pair in settings.items()},
        after={name: pair[1] for name, pair in settings.items()},
    )


def record_message(verb: Verb, message: Message, *, actor: User, room: Room, reason: str) -> None:
    """Whether the message can be seen, before and after."""
    hidden = verb == Verb.HIDE
    record(
        verb,
        f"message:{message.pk}",
        actor=actor,
        room=room,
        person_id=message.author_id,
        reason=reason,
        hidden=(not hidden, hidden),
    )
