"""Sign-in by other sites, made from the environment alone: with its keys a provider is on, without them no trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatsite import environment

SUB_ID = "oidc"  # what connections to the OpenID Connect provider are kept under, and its part of the address


@dataclass(frozen=True)
class Kind:
    """`app` is allauth's name for it, `prefix` that of its variables; `path` is below /accounts/."""

    app: str
    name: str
    prefix: str
    path: str
    page: str  # where its keys are made

    @property
    def variables(self) -> tuple[str, ...]:
        """All that must be set for it to be on."""
        keys = (f"{self.prefix}_CLIENT_ID", f"{self.prefix}_CLIENT_SECRET")
        return ("OIDC_URL", *keys) if self.app == "openid_connect" else keys

    @property
    def callback(self) -> str:
        """The path that the provider sends people back to."""
        return f"/accounts/{self.path}/login/callback/"


GOOGLE = Kind("google", "Google", "GOOGLE", "google", "https://console.cloud.google.com/apis/credentials")
GITHUB = Kind("github", "GitHub", "GITHUB", "github", "https://github.com/settings/developers")
OIDC = Kind("openid_connect", "OpenID Connect", "OIDC", SUB_ID, "")
KINDS = (GOOGLE, GITHUB, OIDC)


def from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """allauth's SOCIALACCOUNT_PROVIDERS: those that are on. Raises ImproperlyConfigured naming what is missing."""
    told = {name: value.strip() for name, value in environ.items() if value.strip()}
    makers = {GOOGLE: _google, GITHUB: _github, OIDC: _openid_connect}
    return {kind.app: make(told) for kind, make in makers.items() if _is_on(kind, told)}


def apps(providers: Mapping[str, Any]) -> list[str]:
    return [f"allauth.socialaccount.providers.{name}" for name in providers]


def _is_on(kind: Kind, told: Mapping[str, str]) -> bool:
    missing = [name for name in kind.variables if name not in told]
    if missing and len(missing) < len(kind.variables):
        raise ImproperlyConfigured(f"{', '.join(missing)}: missing, while the rest for {kind.name} is set")
    return not missing


def _google(told: Mapping[str, str]) -> dict[str, Any]:
    return _provider(GOOGLE, told, SCOPE=["profile", "email"])


def _github(told: Mapping[str, str]) -> dict[str, Any]:
    entry = _provider(GITHUB, told, SCOPE=["read:user", "user:email"])
    # allauth knows where the API of an Enterprise server is, and that github.com's is elsewhere.
    server = _url("GITHUB_URL", told) if "GITHUB_URL" in told else "https://github.com"
    return entry if server == "https://github.com" else {**entry, "GITHUB_URL": server}


def _openid_connect(told: Mapping[str, str]) -> dict[str, Any]:
    entry = _provider(OIDC, told, SCOPE=["openid", "profile", "email"])
    name = told.get("OIDC_NAME", "OpenID Connect")
    if len(name) > 40 or not name.isprintable():
        raise ImproperlyConfigured("OIDC_NAME: expected at most 40 characters, without control characters")
    entry["APPS"][0] |= {"provider_id": SUB_ID, "name": name, "settings": {"server_url": _url("OIDC_URL", told)}}
    return entry


def _provider(kind: Kind, told: Mapping[str, str], **options: Any) -> dict[str, Any]:
    client_id, secret = (told[f"{kind.prefix}_CLIENT_{half}"] for half in ("ID", "SECRET"))
    keys = {"client_id": client_id, "secret": secret, "key": "", "name": kind.name}
    cls = {GOOGLE: "Google", GITHUB: "GitHub", OIDC: "OpenIDConnect"}[kind]
    return {**options, "provider_class": f"accounts.providers.{cls}", "OAUTH_PKCE_ENABLED": True, "APPS": [keys]}


def _url(name: str, told: Mapping[str, str]) -> str:
    try:
        return environment.provider_url(told[name])
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
