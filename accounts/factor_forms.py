"""The forms of second factors: allauth's, with our words, our limit on guessing and stricter questions to passkeys."""

import json
import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts.factors import KEYS_EACH, accepted, guessing, matching_step, require_origin
from accounts.forms import NameField

CODE_LIMIT = 40
# What a browser says of a key may be any document: a wrong shape is a wrong key, and no error of ours.
WRONG = (
    *(AssertionError, AttributeError, LookupError, OverflowError, RecursionError),
    *(TypeError, ValueError, struct.error, UnsupportedAlgorithm),
)


def _code_field(help_text: Any, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", **attrs})
    return forms.CharField(label=_("Code"), help_text=help_text, max_length=CODE_LIMIT, widget=widget)


# --- Codes


class CodeForm(BaseAuthenticateForm):
    code = _code_field(_("Six digits from your app, or one of your recovery codes."), autofocus=True)

    def clean_code(self) -> str:
        """allauth's own check forgets all failures of an address after one success; ours forgets none."""
        code = str(self.cleaned_data["code"])
        self.authenticator = accepted(self.user, code)
        self.authenticator.user = self.user
        return code


class SignInCodeForm(CodeForm, AuthenticateForm):
    """The second step of signing in."""


class ConfirmCodeForm(CodeForm, ReauthenticateForm):
    """“Is it you?”"""


class AddAppForm(ActivateTOTPForm):
    """The first code of a new app; it shows that the secret arrived."""

    code = _code_field(_("The six digits that the app shows now."))
    step = 0  # the half minute the code is of

    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        code = str(self.cleaned_data["code"])
        with guessing(self.user):
            step = matching_step(self.secret, code)
            if step is None:
                raise get_adapter().validation_error("incorrect_code")
        self.step = step
        return code


# --- Passkeys


class CredentialForm(AuthenticateWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        try:
            said = AuthenticationResponse.from_dict(credential).response
            require_origin(said.client_data.origin)
            self.check(said)
            return self._authenticator(credential)
        except WRONG as error:
            raise get_adapter().validation_error("incorrect_key") from error
        except forms.ValidationError as error:
            known = "incorrect_key" if error.code == "incorrect_code" else error.code
            raise get_adapter().validation_error(known) from error

    def _authenticator(self, credential: dict[str, Any]) -> Authenticator:
        """Whose key it is stands in what it says, when nobody gave a name; then counting would lock out others."""
        if self.user is None:
            return auth.complete_authentication(auth.extract_user_from_response(credential), credential)
        with guessing(self.user):
            return auth.complete_authentication(self.user, credential)

    def check(self, said: Any) -> None:
        """What a kind of form asks more."""


class SignInKeyForm(CredentialForm):
    """The second step of signing in."""


class ConfirmKeyForm(CredentialForm, ReauthenticateWebAuthnForm):
    """“Is it you?”"""


class PasskeyForm(CredentialForm, LoginWebAuthnForm):
    """Signing in by a passkey alone."""

    def check(self, said: Any) -> None:
        """The key must have asked for a finger, a face or a PIN; allauth believes the question of any earlier page."""
        if not said.authenticator_data.is_user_verified():
            raise get_adapter().validation_error("incorrect_key")


class AddKeyForm(AddWebAuthnForm):
    name = NameField(label=_("Name"), help_text=_("To tell your passkeys apart."), required=False)
    passwordless = None

    def clean(self) -> dict[str, Any]:
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= KEYS_EACH:
            raise get_adapter().validation_error("too_many_keys")
        given = self.cleaned_data.get("credential")
        try:
            if given:
                require_origin(RegistrationResponse.from_dict(given).response.client_data.origin)
            cleaned = super().clean()
            return {**cleaned, "credential": _kept(given)} if given else dict(cleaned)
        except WRONG as error:
            raise get_adapter().validation_error("incorrect_key") from error


def _kept(given: dict[str, Any]) -> dict[str, Any]:
    """Of what the browser said the parts that are read again; a row is no place for whatever else it sends."""
    registration = RegistrationResponse.from_dict(given)
    props = given.get("clientExtensionResults", {}).get("credProps", {})
    return {
        **json.loads(json.dumps(dict(registration), default=dict)),
        "clientExtensionResults": {"credProps": {"rk": props["rk"]}} if isinstance(props.get("rk"), bool) else {},
    }


class RenameKeyForm(EditWebAuthnForm):
    name = NameField(label=_("Name"))
