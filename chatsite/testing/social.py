"""Sign-in by other sites inside the test process: the settings switched on, and a browser's way there and back."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from chatsite import providers
from chatsite.testing.provider import Provider

ALL = ("google", "github", "oidc")


@pytest.fixture
def provider(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """All three, played by one stub."""
    with Provider() as stub:
        settings.SOCIALACCOUNT_PROVIDERS = providers.from_environment(stub.environment())
        settings.ROOT_URLCONF = "accounts.tests.social_urls"
        _play_the_parts(stub.url, monkeypatch)
        stub.redirects = {f"{settings.SITE_URL}/accounts/{name}/login/callback/" for name in ALL}
        yield stub


def _play_the_parts(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What allauth reads once, when it is imported."""
    from allauth.socialaccount.providers import registry
    from allauth.socialaccount.providers.google import views

    from accounts.providers import GitHub, GitHubAdapter, Google, GoogleAdapter, OpenIDConnect

    for cls in (Google, GitHub, OpenIDConnect):
        monkeypatch.setitem(registry.provider_map, cls.id, cls)
    monkeypatch.setattr(views, "CERTS_URL", f"{url}/google/certs")
    monkeypatch.setattr(views, "ID_TOKEN_ISSUER", f"{url}/google")
    places = {
        GoogleAdapter: {"authorize_url": "google/authorize", "access_token_url": "google/token"},
        GitHubAdapter: {
            "authorize_url": "github/login/oauth/authorize",
            "access_token_url": "github/login/oauth/access_token",
            "profile_url": "github/api/v3/user",
            "emails_url": "github/api/v3/user/emails",
        },
    }
    for adapter, paths in places.items():
        for name, path in paths.items():
            monkeypatch.setattr(adapter, name, f"{url}/{path}")


def set_out(client: Client, name: str, query: str = "", **fields: str) -> str:
    """A click on the provider's button; the address it leads to."""
    answer = client.post(f"/accounts/{name}/login/{query}", fields)
    assert answer.status_code == 200, answer.status_code
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return html.unescape(found[1])


def decide(address: str, answer: str = "allow") -> str:
    """The provider's page, answered; the path and query on our site that it leads back to."""
    page = requests.get(address, timeout=10)
    assert page.ok, page.text
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert ticket
    where = f"{address.split('/', 3)[0]}//{urlsplit(address).netloc}/decide"
    sent = requests.post(where, {"ticket": ticket[1], "answer": answer}, timeout=10, allow_redirects=False)
    back = urlsplit(sent.headers["location"])
    return f"{back.path}?{back.query}"


def go_through(client: Client, name: str, query: str = "", **fields: str) -> HttpResponse:
    """There, allowed, and back: what the callback answers."""
    return client.get(decide(set_out(client, name, query, **fields)))  # type: ignore[return-value]


def sign_up(client: Client, name: str, handle: str = "grace", shown: str = "Grace") -> HttpResponse:
    """A first sign-in with the form filled in."""
    came = go_through(client, name)
    assert came.headers.get("Location") == "/accounts/3rdparty/signup/", (came.status_code, came.content.decode())
    given: dict[str, Any] = {"username": handle, "name": shown}
    return client.post("/accounts/3rdparty/signup/", given)  # type: ignore[return-value]


def person_of(browser: Client) -> str:
    """The handle of who is signed in there, empty for nobody."""
    person = browser.get("/").context["user"]
    return str(person.handle) if person.is_authenticated else ""
