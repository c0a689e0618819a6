"""allauth's forms in our words: a reset, a code, a new password, another address."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    ConfirmLoginCodeForm,
    RequestLoginCodeForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.proofs import opened_by

LABELS = {
    "email": gettext_lazy("Email"),
    "code": gettext_lazy("Code"),
    "oldpassword": gettext_lazy("Present password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("New password, again"),
}


class Plain(forms.Form):
    """Labels above, no placeholders, as in all forms here."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)


class ResetForm(Plain, ResetPasswordForm):
    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = opened_by(email)
        return email


class LoginCodeForm(Plain, RequestLoginCodeForm):
    def clean_email(self) -> str:
        email: str = super().clean_email()
        self._user = next(iter(opened_by(email)), None)
        return email


class CodeForm(Plain, ConfirmLoginCodeForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs["autocapitalize"] = "characters"


class NewPasswordForm(Plain, ChangePasswordForm):
    pass


class FirstPasswordForm(Plain, SetPasswordForm):
    pass


class ForgottenPasswordForm(Plain, ResetPasswordKeyForm):
    pass


class AddressForm(Plain, AddEmailForm):
    """Where mail arrives the new address counts once it is proven; elsewhere at once, and nothing relies on it."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not settings.SENDS_MAIL and User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        if settings.SENDS_MAIL:
            return super().save(request)
        email = self.cleaned_data["email"]
        with transaction.atomic():
            EmailAddress.objects.filter(user_id=self.user.pk).delete()
            User.objects.filter(pk=self.user.pk).update(email=email)
            address = EmailAddress.objects.create(user_id=self.user.pk, email=email, primary=True)
        messages.success(request, _("Your email address is changed."))
        return address
