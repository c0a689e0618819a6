"""What an administrator has to know of each sign-in provider: is it on, what to enter there, what does not fit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from chatsite.environment import LOOPBACK_HOSTS
from chatsite.providers import GITHUB, GOOGLE, KINDS, OIDC, Kind


@dataclass(frozen=True)
class Report:
    name: str
    is_on: bool
    variables: tuple[str, ...]  # that switch it on
    callbacks: list[str] = field(default_factory=list)
    page: str = ""  # where its keys are made
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def reports(settings: Any) -> list[Report]:
    """One for each kind, on or off, in the order of the documentation."""
    return [_report(kind, settings) for kind in KINDS]


def _report(kind: Kind, settings: Any) -> Report:
    entry = settings.SOCIALACCOUNT_PROVIDERS.get(kind.app)
    if entry is None:
        return Report(kind.name, False, kind.variables)
    app = entry["APPS"][0]
    name = kind.name if app["name"] == kind.name else f"{app['name']} ({kind.name})"
    page = f"{entry['GITHUB_URL']}/settings/developers" if "GITHUB_URL" in entry else kind.page
    origins = settings.SITE_URLS
    checks = {GOOGLE: lambda: _plain(origins), GITHUB: list[str], OIDC: lambda: list(_discovered(app))}
    notes = [_one_address()] if kind is GITHUB and len(origins) > 1 else []
    callbacks = [origin + kind.callback for origin in origins]
    return Report(name, True, kind.variables, callbacks, page, checks[kind](), notes)


def _plain(origins: list[str]) -> list[str]:
    """Google takes no address of the public that is not https."""
    plain = [url for url in origins if not url.startswith("https") and urlsplit(url).hostname not in LOOPBACK_HOSTS]
    return [_("Google does not accept %(origin)s: serve the site by https.") % {"origin": url} for url in plain]


def _one_address() -> str:
    return _("An OAuth app of GitHub has one callback address: by the site's other addresses people cannot use it.")


def _discovered(app: dict[str, Any]) -> Iterator[str]:
    """Asks the provider what it publishes about itself."""
    from requests import RequestException

    from accounts.outside import Session

    server = app["settings"]["server_url"]
    address = f"{server}/.well-known/openid-configuration"
    try:
        with Session() as session:
            answer = session.get(address)
        answer.raise_for_status()
        told = answer.json()
        if not isinstance(told, dict):
            raise ValueError("no object")
    except (RequestException, ValueError) as error:
        yield _("%(address)s does not answer as it should: %(error)s.") % {
            "address": address,
            "error": type(error).__name__,
        }
        return
    yield from _published(told, server)


def _published(told: dict[str, Any], server: str) -> Iterator[str]:
    from accounts.providers import NEEDED

    for name in sorted(NEEDED - told.keys()):
        yield _("The provider publishes no “%(name)s”.") % {"name": name}
    if str(told.get("issuer", server)).rstrip("/") != server:
        yield _("OIDC_URL must be the issuer as the provider writes it: %(issuer)s") % {"issuer": told["issuer"]}
    methods = told.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        yield _("The provider does not know PKCE with S256, which the site insists on.")
