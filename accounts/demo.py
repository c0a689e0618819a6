"""Signed sign-in links, for the demo's throw-away people only."""

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import NotFound

MAX_AGE = 60 * 60 * 12


def link(handle: str) -> str:
    """The whole address that signs this person of the demo in."""
    return settings.SITE_URL + reverse("demo_sign_in", args=[_signer().sign(handle)])


def person(token: str) -> User:
    """Whom a link is for. Raises NotFound for one that is forged, old, or names nobody."""
    try:
        found = User.objects.by_handle(_signer().unsign(token, max_age=MAX_AGE))
    except BadSignature:
        found = None
    if found is None or found.kind != User.Kind.HUMAN or not found.is_active:
        raise NotFound(_("This link does not hold."))
    return found


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="accounts.demo")
