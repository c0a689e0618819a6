"""Google, GitHub and OpenID Connect as allauth speaks them, made careful about what the other side answers."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.app_settings import UID_MAX_LENGTH
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google import views
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from jwt import PyJWTError
from requests import RequestException

from accounts.id_tokens import check_signature, published_at

# What comes of answers that are not as agreed.
ODD = (LookupError, TypeError, ValueError, AttributeError, PyJWTError, ImproperlyConfigured)
SHOWN = ("login", "preferred_username", "email", "name")  # what tells people which of their accounts this is
SHOWN_LIMIT = 100
NEEDED = {"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"}


class Careful:
    """Before allauth's adapter of a provider: odd answers end on a page, and little of them is kept."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """On the public address, whatever stands in front: the provider knows this one and no other."""
        url: str = super().get_callback_url(request, app)  # type: ignore[misc]
        return origin_of(request) + urlsplit(url).path

    def parse_token(self, data: Any) -> Any:
        try:
            return super().parse_token(data)  # type: ignore[misc]
        except ODD as error:
            raise ProviderException("odd token") from error

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **options: Any) -> SocialLogin:
        try:
            login = super().complete_login(request, app, token, **options)  # type: ignore[misc]
            told = login.account.extra_data
            login.email_addresses = [each for each in login.email_addresses if self.proves(told, each)]
            _tidy(login, self.claims(told))
            login.account.uid = self.key_of(login.account.uid)
        except RequestException:
            raise
        except ODD as error:
            raise ProviderException("odd answer") from error
        return login

    def claims(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """What was said about the person. Raises ODD when nobody can be told from it."""
        return told

    def proves(self, told: Mapping[str, Any], address: Any) -> bool:
        return _is_true(address.verified)

    def key_of(self, uid: str) -> str:
        """What the person's connection is found by."""
        return uid


def _tidy(login: SocialLogin, claims: Mapping[str, Any]) -> None:
    if not login.account.uid.isprintable():
        raise ValueError("a person's key that cannot be stored")
    kept = {name: claims[name][:SHOWN_LIMIT] for name in SHOWN if isinstance(claims.get(name), str)}
    login.account.extra_data = {name: value for name, value in kept.items() if value.isprintable()}
    login.email_addresses = login.email_addresses[:1]  # the main one, if that is proven
    for address in login.email_addresses:
        address.verified = address.primary = True


def _within(server: str, uid: str) -> str:
    """A key that means nobody at another server, should the setting point there one day. Raises ODD when too long."""
    key = f"{hashlib.sha256(server.encode()).hexdigest()[:16]}:{uid}"
    if len(key) > UID_MAX_LENGTH:
        raise ValueError("a person's key that does not fit")
    return key


def _is_true(value: Any) -> bool:
    return value is True or value == "true"  # some providers write it so


def origin_of(request: HttpRequest) -> str:
    """The one of SITE_URL's origins that the browser is at."""
    here = [url for url in settings.SITE_URLS if urlsplit(url).hostname == urlsplit(f"//{request.get_host()}").hostname]
    return str((here or settings.SITE_URLS)[0])


class GoogleAdapter(Careful, GoogleOAuth2Adapter):
    def claims(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        return _named(told, "sub" if "sub" in told else "id", str)

    def proves(self, told: Mapping[str, Any], address: Any) -> bool:
        return _is_true(told.get("email_verified", told.get("verified_email")))

    def _decode_id_token(self, app: Any, id_token: str) -> Any:
        check_signature(id_token, lambda _: [_certified(id_token)])
        return super()._decode_id_token(app, id_token)


def _certified(id_token: str) -> Any:
    """The key of Google that the token names. Raises OAuth2Error, RequestException."""
    _alg, key = jwtkit.fetch_key(id_token, views.CERTS_URL, jwtkit.lookup_kid_pem_x509_certificate)
    return key


class GitHubAdapter(Careful, GitHubOAuth2Adapter):
    def claims(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        return _named(told, "id", int)

    def key_of(self, uid: str) -> str:
        return uid if self.web_url == "https://github.com" else _within(self.web_url, uid)


class OpenIDConnectAdapter(Careful, OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self) -> Any:
        """What the provider publishes about itself."""
        try:
            config = super().openid_config
            if NEEDED - config.keys():
                raise KeyError("an address is missing")
        except RequestException:
            raise
        except ODD as error:
            raise ProviderException("odd discovery") from error
        return config

    def claims(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Both sources must mean the same person: OpenID Connect Core, 5.3.2."""
        parts = [_named(told[part], "sub", str) for part in ("userinfo", "id_token") if part in told]
        if len({part["sub"] for part in parts}) != 1:
            raise ValueError("two people in one answer")
        return parts[0]

    def key_of(self, uid: str) -> str:
        return _within(self.get_provider().app.settings["server_url"], uid)

    def _decode_id_token(self, app: Any, id_token: str) -> Any:
        check_signature(id_token, published_at(self.openid_config["jwks_uri"]), secret=app.secret)
        return super()._decode_id_token(app, id_token)


def _named(claims: Mapping[str, Any], key: str, kind: type) -> Mapping[str, Any]:
    """The same claims. Raises ODD without a key of this type: allauth would make a person "None" of it."""
    if not isinstance(claims[key], kind) or claims[key] is True or not claims[key]:
        raise TypeError("a person without a key")
    return claims


class Google(GoogleProvider):
    package = "allauth.socialaccount.providers.google"
    oauth2_adapter_class = GoogleAdapter


class GitHub(GitHubProvider):
    package = "allauth.socialaccount.providers.github"
    oauth2_adapter_class = GitHubAdapter


class OpenIDConnect(OpenIDConnectProvider):
    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = OpenIDConnectAdapter
