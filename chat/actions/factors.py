"""Taking off the second factors of somebody whose device and codes are lost."""

from functools import partial

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.accounts import require_account_keeper
from chat.actions.audit import Verb, clean_reason, record
from chat.errors import Conflict, NotFound


def remove_factors(*, actor: User, user_id: int, reason: str) -> None:
    """The password alone signs them in again: app, passkeys and recovery codes are gone. They are told by mail.

    Raises NotFound, Forbidden, Invalid (reason), Conflict (there are none).
    """
    reason = clean_reason(reason)
    person = User.objects.filter(pk=user_id, kind=User.Kind.HUMAN).first()
    if person is None:
        raise NotFound(_("No such person."))
    require_account_keeper(actor, person)
    with transaction.atomic():
        held = Authenticator.objects.filter(user=person)
        kinds = sorted(held.values_list("type", flat=True))
        if not kinds:
            raise Conflict(_("There is no second factor to take off."))
        held.delete()
        target = f"person:{person.pk}"
        record(Verb.ACCOUNT, target, actor=actor, person_id=person.pk, reason=reason, second_factors=(kinds, []))
        transaction.on_commit(partial(_tell, person), robust=True)


def _tell(person: User) -> None:
    if context.request is not None:  # allauth's mails take the address of who asks from there
        by = {"ip": _("an administrator")}
        get_adapter().send_notification_mail("mfa/email/factors_removed", person, context=by)
