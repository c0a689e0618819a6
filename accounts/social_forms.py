"""The form of a first sign-in through another site: what one is called here. The address is what that site proved."""

from typing import Any

from allauth.socialaccount.forms import SignupForm
from django.utils.translation import gettext_lazy as _

from accounts.forms import HANDLE_HELP, NameField


class SocialSignupForm(SignupForm):
    name = NameField(label=_("Your name"))
    field_order = ("name", "username")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["username"].label = _("Handle")
        self.fields["username"].help_text = HANDLE_HELP
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["username"].widget.attrs.pop("placeholder", None)
