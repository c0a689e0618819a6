"""The forms of people: sign-up, set-up, own settings. They shape input; the rules live in names and actions."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import languages, zones
from accounts.models import User
from accounts.names import NAME_LIMIT, clean_handle, clean_name

HANDLE_HELP = _("For signing in and for mentions: 2 to 32 letters a–z, digits, hyphens or underscores.")
HANDLE_CHANGE_HELP = _(
    "For signing in and for mentions. With another one you sign in by the new one only; the old one stays yours, so"
    " that mentions and links to it still find you. Three changes in 30 days."
)


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

    def clean_username(self) -> str:
        """Where mail arrives a taken handle is not told here: the account gets one near it; the mail says so."""
        wish = clean_handle(self.cleaned_data["username"])
        try:
            return str(super().clean_username())
        except forms.ValidationError:
            if not settings.SENDS_MAIL:
                raise
            return str(get_adapter().generate_unique_username([wish]))

    def try_save(self, request: HttpRequest) -> Any:
        """With a taken address no account is made and none is told of; the clock must not tell of it either."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


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


class SettingsForm(forms.Form):
    """What one is called, and how one wants to see the site; a handle that is not sent stays as it is."""

    name = NameField(label=_("Your name"))
    handle = forms.CharField(label=_("Handle"), help_text=HANDLE_CHANGE_HELP)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, data: dict[str, Any] | None = None, *, person: User) -> None:
        now = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(data and {"handle": person.handle, **data}, initial=now)
        zone: Any = self.fields["time_zone"]
        zone.choices = zones.choices(person.time_zone)
        language: Any = self.fields["language"]
        language.choices = [("", _("As the browser says")), *languages.choices()]
        self.fields["handle"].widget.attrs.update({"autocapitalize": "none", "autocomplete": "username"})

    def clean_handle(self) -> str:
        return clean_handle(self.cleaned_data["handle"])
