"""The forms of people: sign-up, set-up, own settings. They shape input; the rules live in names and actions."""

import zoneinfo
from functools import cache
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.names import NAME_LIMIT, clean_handle, clean_name

HANDLE_HELP = _("For signing in and for mentions: 2 to 32 letters a–z, digits, hyphens or underscores.")


class NameField(forms.CharField):
    """A display name."""

    def __init__(self, **options: Any) -> None:
        # The limit is checked by clean_name, after normalising; maxlength in the page is a courtesy.
        super().__init__(strip=True, **options)
        self.widget.attrs["maxlength"] = str(NAME_LIMIT)

    def clean(self, value: Any) -> str:
        given = super().clean(value)
        return clean_name(given) if given else ""


def _password() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=_("Password"), widget=widget, strip=False)


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Handle or email")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "autocapitalize": "none"})
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""  # the page has the link itself


class SignupForm(AllauthSignupForm):
    name = NameField(label=_("Your name"))
    field_order = ("name", "username", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["username"].label = _("Handle")
        self.fields["username"].help_text = HANDLE_HELP
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["email"].label = _("Email")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SetUpForm(forms.Form):
    """The first account, the site's name, the first room."""

    site_name = NameField(label=_("Name of this place"))
    name = NameField(label=_("Your name"))
    handle = forms.CharField(label=_("Handle"), help_text=HANDLE_HELP)
    email = forms.EmailField(label=_("Email"), required=False)
    password = _password()
    room_name = NameField(label=_("First room"), initial=_("Lobby"))

    def clean_handle(self) -> str:
        return clean_handle(self.cleaned_data["handle"])

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "password" in given:
            person = User(handle=given.get("handle", ""), name=given.get("name", ""), email=given.get("email", ""))
            try:
                get_adapter().clean_password(given["password"], user=person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


@cache
def time_zones() -> list[tuple[str, Any]]:
    return [("", _("As the browser says")), *((zone, zone) for zone in sorted(zoneinfo.available_timezones()))]


class SettingsForm(forms.Form):
    """One's own name and how one wants to see the site."""

    name = NameField(label=_("Your name"))
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, required=False)
