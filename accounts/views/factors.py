"""Second factors and passkeys: allauth's pages, where ours ask or tell more."""

from typing import Any

from allauth.account.utils import passthrough_next_redirect_url
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.factors import passkeys_work
from accounts.models import User

Type = Authenticator.Type
# Each question is kept in a session, which for a stranger is a new row.
QUESTIONS = {"passkey": "30/m/ip"}


class Overview(IndexView):
    """What is set up, on one page."""

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        found = list(Authenticator.objects.filter(user_id=self.request.user.pk).order_by("pk"))
        of_type = {held.type: held for held in found}
        return {
            "app": of_type.get(Type.TOTP),
            "passkeys": [held.wrap() for held in found if held.type == Type.WEBAUTHN],
            "codes": _codes_left(of_type.get(Type.RECOVERY_CODES)),
            "passkeys_work": passkeys_work(self.request),
            "view": self,
        }


def _codes_left(held: Authenticator | None) -> int | None:
    """How many recovery codes were not used yet; None without a list, or with one that cannot be read any more."""
    try:
        return len(held.wrap().get_unused_codes()) if held else None
    except ValidationError:
        return None


class AddApp(ActivateTOTPView):
    def get_context_data(self, **given: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**given)
        secret = context["form"].secret
        fours = (secret[start : start + 4] for start in range(0, len(secret), 4))
        return {**context, "secret": " ".join(fours)}

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that proved the app counts as used, like every other."""
        answer: HttpResponse = super().form_valid(form)
        held = Authenticator.objects.get(user_id=self.request.user.pk, type=Type.TOTP)
        held.data["last_step"] = form.step
        held.save(update_fields=["data"])
        return answer


class SecondStep(AuthenticateView):
    """The second step of signing in, which offers what the person has."""

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**given)
        types = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return {
            **context,
            "has_codes": bool(types & {Type.TOTP, Type.RECOVERY_CODES}),
            "has_key": Type.WEBAUTHN in types and passkeys_work(self.request),
        }


class SignInByKey(LoginWebAuthnView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = ratelimit.consume(request, app="accounts", action="passkey", config=QUESTIONS, limit_get=True)
        answer: HttpResponse = super().get(request) if asked else ratelimit.respond_429(request)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to signing in, and still on the way to where one was going."""
        super().form_invalid(form)
        return HttpResponseRedirect(passthrough_next_redirect_url(self.request, reverse("account_login"), "next"))


class ConfirmKey(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        """The same question again; allauth would lead away from it."""
        super().form_invalid(form)
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


class AddKey(AddWebAuthnView):
    def get_context_data(self, **given: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**given)
        # A key that can sign in by itself where the device knows how; else it is a second factor.
        wanted = context["js_data"]["creation_options"]["publicKey"]["authenticatorSelection"]
        wanted["residentKey"] = "preferred"
        return {**context, "form": given.get("form") or context["form"], "passkeys_work": passkeys_work(self.request)}


class RemoveKey(RemoveWebAuthnView):
    def get_success_url(self) -> str:
        return reverse("mfa_index")

    def form_valid(self, form: Form) -> HttpResponse:
        """The last way in stays, also when two are taken off at once: the person's row is the lock."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.request.user.pk)
            key = self.get_object()
            if get_adapter().can_delete_authenticator(key):
                flows.remove_authenticator(self.request, key)
            else:
                messages.error(self.request, get_adapter().error_messages["cannot_delete_authenticator"])
        return HttpResponseRedirect(self.get_success_url())


@login_required
def no_list(request: HttpRequest) -> HttpResponse:
    """The passkeys stand on the page of all factors."""
    return HttpResponseRedirect(reverse("mfa_index"))


add_app, add_key, remove_key = AddApp.as_view(), AddKey.as_view(), RemoveKey.as_view()
sign_in_by_key, confirm_key = SignInByKey.as_view(), ConfirmKey.as_view()
overview, second_step = Overview.as_view(), SecondStep.as_view()
