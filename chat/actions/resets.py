"""An administrator's one-time link to a new password, for who gets no mail."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from accounts import reset_tokens
from accounts.models import User
from chat.actions.audit import Verb, clean_reason, record
from chat.errors import Conflict, Forbidden, NotFound
from chat.models import AuditEntry


def make_reset_link(*, actor: User, user_id: int, reason: str) -> str:
    """The whole address at which the person chooses a new password, once, within a day; it ends older ones.

    Raises NotFound, Forbidden (no right to change people, or not this one), Invalid (reason), Conflict (closed).
    """
    _require_administrator(actor)
    reason = clean_reason(reason)
    person = User.objects.filter(pk=user_id, kind=User.Kind.HUMAN).first()
    if person is None:
        raise NotFound(_("No such person."))
    if person.is_superuser and not (actor.is_superuser or actor.kind == User.Kind.SYSTEM):
        raise Forbidden(_("Only a superuser makes a link for a superuser."))
    if not person.is_active:
        raise Conflict(_("This account is closed. Open it first."))
    with transaction.atomic():
        entry = record(Verb.RESET_LINK, f"person:{person.pk}", actor=actor, person_id=person.pk, reason=reason)
    key = reset_tokens.sealed(person, entry.pk)
    parts = {"uidb36": int_to_base36(person.pk), "key": key}
    return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=parts)


def is_in_force(*, person_id: int, number: int) -> bool:
    """Whether the link with this number is the person's newest, and young enough."""
    newest = AuditEntry.objects.filter(person_id=person_id, verb=Verb.RESET_LINK).order_by("-pk").first()
    if newest is None or newest.pk != number:
        return False
    return newest.created_at > timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def _require_administrator(actor: User) -> None:
    """As the database says now; a command acts as the system."""
    present = User.objects.filter(pk=actor.pk).first()
    if present is None or not (
        present.kind == User.Kind.SYSTEM or (present.is_staff and present.has_perm("accounts.change_user"))
    ):
        raise Forbidden(_("Only administrators of the site make such links."))
