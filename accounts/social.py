"""What an account at another site is worth here: it opens its own account, and never one that has the same address."""

import logging
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.internal.flows.signup import redirect_to_signup
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.adapter import free_handle
from accounts.models import User
from accounts.names import clean_name
from chatsite.logs import describe

logger = logging.getLogger(__name__)

RETRY_AFTER = 60


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Only what the environment names: no keys, no trace, and no query."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def get_requests_session(self) -> Any:
        from accounts.outside import Session  # a site without providers need not load an HTTP client

        return Session()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """A proposal; the person changes it in the form. The address follows when the account is made, if proven."""
        user: User = sociallogin.user
        user.name = _name_or_nothing(data)
        user.handle = free_handle([_text(data.get("username")), user.name, _text(data.get("email"))])
        user.email = ""
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        sociallogin.token = None  # has done its work; it belongs in no session and no table
        if not sociallogin.is_existing and sociallogin.state.get("process") == AuthProcess.LOGIN:
            refuse_taken(request, sociallogin)

    def get_signup_form_initial_data(self, sociallogin: SocialLogin) -> dict[str, Any]:
        return {"name": sociallogin.user.name, "username": sociallogin.user.handle}

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """All of it or nothing: an account that was made without its connection would have no way in."""
        try:
            with transaction.atomic():
                for address in sociallogin.email_addresses:
                    _release(address.email)
                saved: User = super().save_user(request, sociallogin, form)
                return saved
        except IntegrityError as error:  # the same account, address or handle, a moment ago
            raise _too_late(request) from error

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Written down without what was said: that may be a token. A silent provider gets a page of its own."""
        from requests import RequestException

        kind = describe(exception) if exception else str(error)
        logger.warning("sign-in by %s failed: %s", provider.sub_id, kind)
        if isinstance(exception, RequestException):
            raise ImmediateHttpResponse(_unreachable(request, provider.name))


def _unreachable(request: HttpRequest, name: str) -> HttpResponse:
    page = render(request, "socialaccount/unreachable.html", {"provider_name": name}, status=503)
    page["Retry-After"] = str(RETRY_AFTER)
    return page


def refuse_known(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Raises the way to sign in when this very account was made in another window meanwhile."""
    account = sociallogin.account
    if SocialAccount.objects.filter(provider=account.provider, uid=account.uid).exists():
        raise _too_late(request)


def _too_late(request: HttpRequest) -> ImmediateHttpResponse:
    messages.error(request, _("Somebody was faster, perhaps you in another window. Try again."))
    return ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))


# --- Addresses: at most the one that the provider has proven


def refuse_taken(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Raises the page "there is an account with this address", which only who has proven the address gets to see."""
    taken = [address.email for address in sociallogin.email_addresses if _is_taken(address.email)]
    if not taken:
        return
    is_proven = EmailAddress.objects.filter(email__in=taken, verified=True).exists()
    sociallogin.email_addresses = []
    redirect_to_signup(request, sociallogin)  # kept for who has no account here: they go on without the address
    context = {"provider_name": sociallogin.provider.name, "may_go_on": not is_proven}
    raise ImmediateHttpResponse(render(request, "socialaccount/address_taken.html", context, status=409))


def _is_taken(email: str) -> bool:
    return _holders(email).exclude(pk__in=_pretenders(email).values("pk")).exists()


def _holders(email: str) -> Any:
    return User.objects.filter(Q(email__iexact=email) | Q(emailaddress__email__iexact=email))


def _pretenders(email: str) -> Any:
    """Who signed up with an address, never proved it and so never came in: it is not theirs to keep from its owner."""
    if not _proves_addresses():
        return User.objects.none()
    proven = EmailAddress.objects.filter(email__iexact=email, verified=True).values("user_id")
    claimed = EmailAddress.objects.filter(email__iexact=email, verified=False).values("user_id")
    return User.objects.filter(pk__in=claimed, last_login=None).exclude(pk__in=proven)


def _proves_addresses() -> bool:
    return bool(account_settings.EMAIL_VERIFICATION == account_settings.EmailVerificationMethod.MANDATORY)


def _release(email: str) -> None:
    people = [person.pk for person in _pretenders(email)]
    EmailAddress.objects.filter(user__in=people, email__iexact=email).delete()
    User.objects.filter(pk__in=people, email__iexact=email).update(email="")


# --- Names


def _name_or_nothing(data: dict[str, Any]) -> str:
    parts = (_text(data.get("first_name")), _text(data.get("last_name")))
    whole = _text(data.get("name")) or " ".join(part for part in parts if part)
    try:
        return clean_name(whole[:80])
    except ValidationError:
        return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
