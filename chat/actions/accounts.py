"""What administrators do to accounts: shutting one out of the site, letting it in again; and who may."""

from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.actions.audit import Verb, clean_reason, record
from chat.errors import Conflict, Forbidden, NotFound
from chat.live import doorbell
from chat.models import Installation


def deactivate_person(*, actor: User, user_id: int, reason: str) -> None:
    """Shut somebody out until they are let in again; sessions end, open sockets close, what they said stays.

    Of an account that is shut already nothing changes. Raises NotFound, Forbidden, Invalid (reason), Conflict (the last
    administrator).
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        lock_administrators()
        person = _person(user_id)
        require_account_keeper(actor, person)
        require_another_administrator(person)
        if person.is_active:
            # The number too: letting them in again must not bring back sessions of before.
            shut = {"is_active": False, "sessions_closed": F("sessions_closed") + 1}
            _change(Verb.DEACTIVATE, actor, person, reason, **shut)


def reactivate_person(*, actor: User, user_id: int, reason: str) -> None:
    """Let somebody in again. Raises NotFound, Forbidden, Invalid (reason), Conflict (the account was deleted)."""
    reason = clean_reason(reason)
    with transaction.atomic():
        person = _person(user_id)
        require_account_keeper(actor, person)
        if person.anonymised_at is not None:
            raise Conflict(_("This account was deleted; there is nobody to let in."))
        if not person.is_active:
            _change(Verb.REACTIVATE, actor, person, reason, is_active=True)


def require_account_keeper(actor: User, person: User) -> None:
    """Administrators keep the accounts of those who are none; superusers all but their own. Raises Forbidden."""
    present = User.objects.filter(pk=actor.pk).first()
    if present is None or not permissions.is_account_keeper(present):
        raise Forbidden(_("Only administrators change other people's accounts."))
    if person.pk == actor.pk:
        raise Forbidden(_("Not your own account: another administrator can."))
    above = person.is_superuser or (person.is_staff and permissions.is_account_keeper(person))
    if person.kind == User.Kind.SYSTEM or (above and not _rules(present)):
        raise Forbidden(_("You cannot change the account of %(name)s.") % {"name": person.name})


def lock_administrators() -> None:
    """The first lock of all that takes an administrator away: of two who leave at once, one stays."""
    Installation.objects.select_for_update().get()


def require_another_administrator(person: User) -> None:
    """Under that lock. Raises Conflict when the person is the last one who can do everything."""
    rulers = User.objects.filter(is_superuser=True, is_active=True, kind=User.Kind.HUMAN)
    if rulers.filter(pk=person.pk).exists() and not rulers.exclude(pk=person.pk).exists():
        raise Conflict(_("This is the last administrator. Make somebody else one first: Administration, People."))


def _rules(actor: User) -> bool:
    # A command acts as the system: whoever can run one can do anything anyhow.
    return actor.is_superuser or actor.kind == User.Kind.SYSTEM


def _person(user_id: int) -> User:
    person = User.objects.select_for_update(no_key=True).filter(pk=user_id).exclude(kind=User.Kind.SYSTEM).first()
    if person is None:
        raise NotFound(_("No such person."))
    return person


def _change(verb: Verb, actor: User, person: User, reason: str, **fields: object) -> None:
    active = (person.is_active, bool(fields["is_active"]))
    User.objects.filter(pk=person.pk).update(**fields)
    record(verb, f"person:{person.pk}", actor=actor, person_id=person.pk, reason=reason, is_active=active)
    transaction.on_commit(partial(doorbell.ring_user, person.pk), robust=True)
