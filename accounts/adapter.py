"""Where allauth asks our rules: handles, names, who may sign up, what sign-out tells the open sockets."""

import logging
from contextlib import suppress
from smtplib import SMTPException
from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import doorway, languages, signed_in
from accounts.models import User
from accounts.names import HANDLE_PATTERN, clean_handle
from accounts.proofs import drop_claims
from accounts.reauth import FreshMixin
from accounts.sessions import banned
from chat import actions
from chat.errors import Conflict, Unavailable
from chatsite import addresses

log = logging.getLogger(__name__)


class AccountAdapter(FreshMixin):
    error_messages = FreshMixin.error_messages | {
        "duplicate_email": gettext_lazy("This is your address already."),
        "email_password_mismatch": gettext_lazy("Nobody signs in like that: the address or the password is wrong."),
        "email_taken": gettext_lazy("Another account has this address."),
        "incorrect_code": gettext_lazy("That is not the code."),
        "incorrect_password": gettext_lazy("That is not your password."),
        "rate_limited": gettext_lazy("That was too often. Wait a minute and try again."),
        "too_many_login_attempts": gettext_lazy("That was tried too often. Wait some minutes and try again."),
        "username_password_mismatch": gettext_lazy("Nobody signs in like that: the handle or the password is wrong."),
        "username_taken": gettext_lazy("This handle is taken. Choose another."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return doorway.may_sign_up(request)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        handle = str(super().clean_username(clean_handle(username), shallow=shallow))
        if not shallow and not User.objects.is_free(handle):  # given up is not free
            raise self.validation_error("username_taken")
        return handle

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        return free_handle(txts)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name") or user.name
        saved: User = super().save_user(request, user, form, commit=False)
        saved.name = saved.name or saved.handle
        return doorway.let_in(request, saved) if commit else saved

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

    def post_login(self, request: HttpRequest, user: Any, **state: Any) -> HttpResponse:
        if room := doorway.arrive(request, user):
            state["redirect_url"] = room
        answer: HttpResponse = super().post_login(request, user, **state)
        return answer

    def logout(self, request: HttpRequest) -> None:
        person, key = request.user, request.session.session_key
        super().logout(request)
        signed_in.leave(key)
        if isinstance(person, User):
            actions.sign_out(actor=person)

    def set_password(self, user: Any, password: str) -> None:
        """Of several at once the first wins: what a link, or the old password, allowed once is done once."""
        former = user.password
        user.set_password(password)
        if not User.objects.filter(pk=user.pk, password=former).update(password=user.password):
            raise Conflict(_("The password was changed in the meantime. This link or form does not hold any more."))
        signed_in.forget(user, keep=self.request)
        actions.sign_out(actor=user)  # sockets that the old password opened look again

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        if email_address.can_set_verified():
            drop_claims(email_address)
        return bool(super().confirm_email(request, email_address))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        try:
            with translation.override(languages.of_mail(context.get("user"), self.request)):
                super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            log.warning("mail %s could not be sent: %s", template_prefix, type(error).__name__)
            raise Unavailable(_("The mail could not be sent. Try again later."), retry_after=60) from error

    def send_notification_mail(self, *args: Any, **options: Any) -> None:
        """What is told afterwards has happened, whether or not the mail goes out."""
        with suppress(Unavailable):
            super().send_notification_mail(*args, **options)


def free_handle(wishes: list[str | None]) -> str:
    """A handle nobody has, near the first usable wish."""
    for wish in (*wishes, "person"):
        usable = "".join(c for c in (wish or "").split("@")[0].lower() if HANDLE_PATTERN.fullmatch(c * 2))
        base = usable.strip("-_")[:26]
        for candidate in (base, f"{base}-{get_random_string(4, '0123456789')}"):
            if len(base) > 1 and _is_free(candidate):
                return candidate
    return get_random_string(12, "abcdefghijklmnopqrstuvwxyz")


def _is_free(handle: str) -> bool:
    try:
        return User.objects.is_free(clean_handle(handle))
    except ValidationError:
        return False
