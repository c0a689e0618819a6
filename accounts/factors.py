"""Second factors and passkeys: how their secrets are kept, what codes count, and where passkeys can work."""

import base64
import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt, encrypt
from allauth.socialaccount.models import SocialAccount
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.models import Installation

# Six digits, three of them right at a time: 30 guesses a day find them with a chance of 1 in 11,000.
GUESSES = {"factor": "5/5m/key,30/1d/key"}
KEYS_EACH = 20
Type = Authenticator.Type

log = logging.getLogger(__name__)


class FactorsAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That code is not right, or it was used already. Wait for the next one."),
        "incorrect_key": gettext_lazy("That passkey did not do. Try again, or use another way."),
        "unreadable": gettext_lazy(
            "Your second factor cannot be read any more. An administrator here can take it off."
        ),
        "cannot_delete_authenticator": gettext_lazy(
            "This is your last way in. Set a password or add another passkey first."
        ),
        "too_many": gettext_lazy("Too many wrong codes. Wait five minutes, then try again."),
        "too_many_keys": gettext_lazy("You have 20 passkeys. Remove one first."),
    }

    def _get_site_name(self) -> str:
        return Installation.objects.values_list("name", flat=True).get()

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.handle)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ValidationError when neither the present secret key nor one that was rotated out opens it."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            log.warning("A second factor cannot be read: it was made under another SECRET_KEY.")
            raise self.validation_error("unreadable") from error

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return bool(ways_in(authenticator.user, without=authenticator))


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (salted_hmac("accounts.factors", "", secret=key, algorithm="sha256").digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


def has_factor(person: User) -> bool:
    return bool(get_adapter().is_mfa_enabled(person, [Type.TOTP, Type.WEBAUTHN]))


def ways_in(person: User, *, without: Authenticator | SocialAccount | None = None) -> list[str]:
    """By what the person could sign in if they lost this one; empty: it is the last way and has to stay.

    Neither codes of an app nor keys that are a second factor only are a way in by themselves; mail counts only where it
    is set up and the address is proven.
    """
    keys = Authenticator.objects.filter(user=person, type=Type.WEBAUTHN)
    accounts = SocialAccount.objects.filter(user=person, provider__in=providers())
    if isinstance(without, Authenticator):
        keys = keys.exclude(pk=without.pk)
    if isinstance(without, SocialAccount):
        accounts = accounts.exclude(pk=without.pk)
    mails = settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"
    ways = {
        "password": person.has_usable_password(),
        "passkey": any(held.wrap().is_passwordless is not False for held in keys),
        "provider": accounts.exists(),
        "mail": mails and EmailAddress.objects.filter(user=person, verified=True).exists(),
    }
    return [way for way, is_there in ways.items() if is_there]


def providers() -> set[str]:
    """What the accounts of providers that are switched on call theirs."""
    apps = [(name, app) for name, given in settings.SOCIALACCOUNT_PROVIDERS.items() for app in given["APPS"]]
    return {str(app.get("provider_id") or name) for name, app in apps}


# --- Codes


@contextmanager
def guessing(person: User) -> Iterator[None]:
    """One guess of this person's codes: a right one is not counted. Raises ValidationError past the limit."""
    usage = ratelimit.consume(
        context.request, app="accounts", action="factor", config=GUESSES, key=f"factor-{person.pk}"
    )
    if not usage:
        raise get_adapter().validation_error("too_many")
    yield
    usage.rollback()


def accepted(person: User, code: str) -> Authenticator:
    """The app or the list of recovery codes that this code is of; it counts once. Raises ValidationError."""
    with guessing(person):
        for held in Authenticator.objects.filter(user=person).exclude(type=Type.WEBAUTHN).order_by("-type"):
            if use_totp(held, code) if held.type == Type.TOTP else held.wrap().validate_code(code):
                return held
        raise get_adapter().validation_error("incorrect_code")


def use_totp(held: Authenticator, code: str) -> bool:
    """Whether the app shows this code now; neither it nor an older one is taken again, in whatever process."""
    with transaction.atomic():
        present = Authenticator.objects.select_for_update().filter(pk=held.pk).first()
        secret = decrypt(present.data["secret"]) if present else ""
        step = matching_step(secret, code) if secret else None
        if present is None or step is None or _is_past(step, present.data.get("last_step", 0)):
            return False
        # Under the present key from now on: one that was rotated out is needed only until the next sign-in.
        present.data |= {"secret": encrypt(secret), "last_step": step}
        present.save(update_fields=["data"])
        return True


def _is_past(step: int, last: int) -> bool:
    """Whether its code, or a later one, was used. One from farther ahead is of a wrong clock, and bars nobody."""
    return step <= last <= step + 2 * app_settings.TOTP_TOLERANCE


def matching_step(secret: str, code: str) -> int | None:
    """Of the last, the present and the next half minute the one whose code this is."""
    for step in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return step
    return None


# --- Passkeys


def passkeys_work(request: HttpRequest) -> bool:
    """Browsers know them on https and on http://localhost only, and never at a bare address."""
    host = request.get_host().rsplit(":", 1)[0].strip("[]")
    return host == "localhost" or (request.is_secure() and not _is_address(host))


def require_origin(given: Any) -> None:
    """Raises ValidationError for what was signed at another site: the library takes subdomains and any port."""
    if str(given) not in settings.SITE_URLS:
        raise get_adapter().validation_error("incorrect_key")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
