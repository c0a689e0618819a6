"""Where allauth asks our rules: handles, names, who may sign up, what sign-out tells the open sockets."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.names import HANDLE_PATTERN, clean_handle, clean_name
from accounts.sessions import banned
from accounts.setup_link import is_set_up
from chat import actions
from chatsite import addresses


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        # Before the set-up nobody signs up: the first account is the administrator's.
        return settings.SIGNUP == "open" and is_set_up()

    def clean_username(self, username: str, shallow: bool = False) -> str:
        return str(super().clean_username(clean_handle(username), shallow=shallow))

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        return free_handle(txts)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name") or user.name
        saved: User = super().save_user(request, user, form, commit=False)
        saved.name = saved.name or saved.handle
        if commit:
            saved.save()
        return saved

    def get_client_ip(self, request: HttpRequest) -> str:
        return addresses.of_request(request)  # as for sockets; allauth's own fails on a header that is too short

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What is counted for one account. allauth's key holds the Host header too, so each port is a fresh start."""
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.account.stages.EmailVerificationStage": "accounts.stages.AddressStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: Any, **state: Any) -> HttpResponse | None:
        if banned(user.pk) or user.kind != User.Kind.HUMAN:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        answer: HttpResponse | None = super().pre_login(request, user, **state)
        return answer

    def logout(self, request: HttpRequest) -> None:
        person = request.user
        super().logout(request)
        if isinstance(person, User):
            actions.sign_out(actor=person)

    def set_password(self, user: Any, password: str) -> None:
        super().set_password(user, password)
        actions.sign_out(actor=user)  # sockets that the old password opened look again


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Only what the environment names: no keys, no trace, and no query."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.name = _name_or_nothing(str(data.get("name") or ""))
        user.handle = free_handle([data.get("username"), user.name, data.get("email")])
        return user


def free_handle(wishes: list[str | None]) -> str:
    """A handle nobody has, near the first usable wish."""
    for wish in (*wishes, "person"):
        base = "".join(c for c in (wish or "").split("@")[0].lower() if HANDLE_PATTERN.fullmatch(c * 2))[:26]
        for candidate in (base, f"{base}-{get_random_string(4, '0123456789')}"):
            if _is_free(candidate):
                return candidate
    return get_random_string(12, "abcdefghijklmnopqrstuvwxyz")


def _is_free(handle: str) -> bool:
    try:
        return not User.objects.filter(handle=clean_handle(handle)).exists()
    except ValidationError:
        return False


def _name_or_nothing(raw: str) -> str:
    try:
        return clean_name(raw[:80])
    except ValidationError:
        return ""
