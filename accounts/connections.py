"""The accounts elsewhere that open a person's account here: which there are, and taking one away."""

from dataclasses import dataclass
from datetime import datetime

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.factors import ways_in
from accounts.models import User
from chat.errors import Conflict, NotFound

LIMIT = 10  # connections of one person


@dataclass(frozen=True)
class Connection:
    pk: int
    provider: str
    label: str  # which of somebody's accounts there it is
    since: datetime


def of(person: User) -> list[Connection]:
    """Also those whose provider is switched off by now: they can be taken away."""
    names = provider_names()
    kept = SocialAccount.objects.filter(user=person).order_by("pk")[: 2 * LIMIT]
    return [
        Connection(each.pk, names.get(each.provider, each.provider), label(each), each.date_joined) for each in kept
    ]


def label(account: SocialAccount) -> str:
    told = account.extra_data if isinstance(account.extra_data, dict) else {}
    return next((str(told[key]) for key in ("login", "preferred_username", "email", "name") if told.get(key)), "")


def provider_names() -> dict[str, str]:
    """What people know the providers that are on by, for each name that connections are kept under."""
    apps = [(name, app) for name, entry in settings.SOCIALACCOUNT_PROVIDERS.items() for app in entry["APPS"]]
    return {app.get("provider_id") or name: app["name"] for name, app in apps}


def check_room(person: User) -> None:
    """Raises Conflict when there are enough."""
    if SocialAccount.objects.filter(user=person).count() >= LIMIT:
        raise Conflict(_("%(limit)d connected accounts are enough. Take one away first.") % {"limit": LIMIT})


def disconnect(*, person: User, account_id: int) -> None:
    """Raises NotFound, and Conflict for the last way in. Who takes two away at once keeps one."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        account = SocialAccount.objects.filter(user=person, pk=account_id).first()
        if account is None:
            raise NotFound(_("This account is not connected, or not any more."))
        if not ways_in(person, without=account):
            raise Conflict(_("This is your only way in. Set a password or add a passkey first."))
        name = provider_names().get(account.provider, account.provider)
        account.delete()
    context = {"provider_name": name, "label": label(account)}
    get_adapter().send_notification_mail("socialaccount/email/account_disconnected", person, context=context)
