"""What every answer carries, whoever made it: views, redirects, errors, the admin, the middleware itself."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.db import OperationalError
from django.http import HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch
from pytest_django import Settings

from accounts.models import User
from chat.middleware import UNUSED, Headers
from chat.models import Room
from chat.tests.doors.table import address_of, addresses
from chatsite.testing.steps import SETTINGS

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self' ws://testserver",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def policy_of(header: str) -> dict[str, str]:
    return dict(directive.strip().split(" ", 1) for directive in header.split(";") if directive.strip())


def check(answer: HttpResponseBase) -> None:
    assert policy_of(answer["Content-Security-Policy"]) == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"] == ", ".join(f"{feature}=()" for feature in UNUSED)
    assert "Strict-Transport-Security" not in answer, "this site is on plain http"
    assert {"private", "no-store"} <= {part.strip() for part in answer["Cache-Control"].split(",")}
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


@pytest.fixture
def boss(alice: User) -> User:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    return alice


@pytest.fixture
def answer_of(client_of: ClientOf, boss: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`answer_of("GET /", json=True)`: what a signed-in administrator gets."""

    def ask(request: str, *, json: bool = False, signed_in: bool = True, **options: Any) -> Any:
        method, path = request.split(" ")
        browser = client_of(boss if signed_in else None, json=json, **options)
        browser.raise_request_exception = False
        return browser.generic(method, path.format(slug=room.slug))

    return ask


def breaking(error: Exception) -> Callable[..., Any]:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return fail


ANSWERS = {
    "home": ("GET /", 200),
    "a room": ("GET /rooms/{slug}/", 200),
    "history": ("GET /rooms/{slug}/messages/", 200),
    "changes": ("GET /rooms/{slug}/changes/?after=0", 200),
    "members": ("GET /rooms/{slug}/members/", 200),
    "own settings": ("GET /settings/", 200),
    "a person": ("GET /people/alice/", 200),
    "allauth's page": ("GET /accounts/password/change/", 200),
    "a redirect": ("GET /accounts/login/", 302),
    "a missing slash": ("GET /settings", 301),
    "nothing there": ("GET /nowhere/", 404),
    "no such room": ("GET /rooms/no-such-room/", 404),
    "another method": ("DELETE /settings/", 405),
    "another method for allauth": ("GET /rooms/{slug}/join/", 405),
    "a bad request": ("POST /rooms/{slug}/messages/", 400),
    "the admin": ("GET /admin/", 200),
    "a list of the admin": ("GET /admin/chat/room/", 200),
    "the admin's words for scripts": ("GET /admin/jsi18n/", 200),
    "an object that is not there": ("GET /admin/accounts/user/999999/change/", 302),
    "an address of the admin that is none": ("GET /admin/nothing/here/", 404),
    "another method for the admin": ("GET /admin/logout/", 405),
    "health": ("GET /healthz", 200),
    "HEAD": ("HEAD /", 200),
    "OPTIONS": ("OPTIONS /", 405),
    "TRACE": ("TRACE /", 405),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_to_the_signed_in(name: str, answer_of: Callable[..., Any]) -> None:
    request, status = ANSWERS[name]
    answer = answer_of(request)
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("GET /", 200), ("GET /rooms/{slug}/", 302), ("GET /accounts/login/", 200), ("GET /admin/", 302)],
)
def test_answers_to_the_signed_out(request_line: str, status: int, answer_of: Callable[..., Any]) -> None:
    answer = answer_of(request_line, signed_in=False)
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /rooms/{slug}/changes/?after=0", 200),
        ("GET /rooms/no-such-room/", 404),
        ("POST /rooms/{slug}/messages/", 400),
        ("DELETE /settings/", 405),
    ],
)
def test_json(request_line: str, status: int, answer_of: Callable[..., Any]) -> None:
    answer = answer_of(request_line, json=True)
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize("as_json", [False, True], ids=["page", "json"])
@pytest.mark.parametrize(
    ("error", "status"), [(KeyError("x"), 500), (OperationalError("gone"), 503)], ids=["bug", "outage"]
)
def test_broken(
    error: Exception, status: int, as_json: bool, answer_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("chat.views.rooms.window", breaking(error))
        answer = answer_of("GET /rooms/{slug}/", json=as_json)
    assert answer.status_code == status
    check(answer)


def test_broken_in_the_admin(answer_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("django.contrib.admin.sites.AdminSite.each_context", breaking(KeyError("x")))
        answer = answer_of("GET /admin/")
    assert answer.status_code == 500
    check(answer)


def test_broken_before_any_view(client_of: ClientOf, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client_of(boss)
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("django.contrib.sessions.backends.db.SessionStore.load", breaking(RuntimeError("x")))
        answer = browser.get("/")
    assert answer.status_code == 500
    check(answer)


@pytest.mark.parametrize("as_json", [False, True], ids=["page", "json"])
def test_without_the_token(as_json: bool, answer_of: Callable[..., Any]) -> None:
    for door in ("POST /rooms/{slug}/messages/", "POST /admin/logout/"):
        answer = answer_of(door, json=as_json, enforce_csrf_checks=True)
        assert answer.status_code == 403
        check(answer)


@pytest.mark.parametrize("as_json", [False, True], ids=["page", "json"])
def test_a_wrong_host(as_json: bool, answer_of: Callable[..., Any]) -> None:
    answer = answer_of("GET /", json=as_json, SERVER_NAME="evil.example")
    assert answer.status_code == 400
    check(answer)


def test_too_much_and_too_often(answer_of: Callable[..., Any], client_of: ClientOf, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = client_of().post("/accounts/login/", {"login": "x" * 100, "password": "y"})
    assert answer.status_code == 413
    check(answer)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    for _attempt in range(21):
        answer = client_of().post("/accounts/signup/", {})
    assert answer.status_code == 429
    check(answer)


def test_no_address_lets_a_cache_keep_what_somebody_signed_in_was_told(
    client_of: ClientOf, boss: User, samples: dict[str, Any]
) -> None:
    """The walk: every address there is, the admin's too, whatever it answers."""
    browser = client_of(boss)
    browser.raise_request_exception = False
    walked = 0
    for name, _pattern in addresses():
        try:
            address = address_of(name, {**samples, "object_id": boss.pk})
        except (NoReverseMatch, KeyError):
            assert name in {"admin:None", "admin:view_on_site"}, name
            continue
        browser.force_login(boss)
        check(browser.get(address))
        walked += 1
    assert walked > 50


@pytest.mark.parametrize(
    ("said", "is_kept"), [("max-age=60", False), ("private, max-age=60", False), ("public, max-age=60", True)]
)
def test_only_what_says_public_is_kept(said: str, is_kept: bool, rf: RequestFactory) -> None:
    made = HttpResponse("x", headers={"Cache-Control": said})
    answer = Headers(lambda request: made)(rf.get("/"))
    assert ("no-store" not in answer["Cache-Control"]) is is_kept


HTTPS = {
    "SITE_URL": "https://chat.example.org,http://localhost:8000",
    "TRUSTED_PROXIES": "1",
    "GITHUB_CLIENT_ID": "id",
    "GITHUB_CLIENT_SECRET": "secret",
    "GOOGLE_CLIENT_ID": "id",
    "GOOGLE_CLIENT_SECRET": "secret",
}
ASK = """
import json
from django.conf import settings
from django.test import Client
answers = [Client(headers={"host": "chat.example.org", **more}).get("/healthz")
           for more in ({}, {"x-forwarded-proto": "https"})]
headers = [dict(answer.headers) for answer in answers]
print(json.dumps({"headers": headers, "limits": [settings.POST_RATE, settings.ADDRESS_SOCKETS]}))
"""


@pytest.mark.slow
def test_under_https_with_providers(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", ASK]
    ran = subprocess.run(
        command, cwd=site.BASE_DIR, env={**own, **HTTPS, "DATA_DIR": str(tmp_path)}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["limits"] == [[20, 2], 60], "the defaults of a site that sets nothing"
    for headers in told["headers"]:
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert policy_of(headers["Content-Security-Policy"]) == POLICY | {
            "connect-src": "'self' wss://chat.example.org ws://localhost:8000",
        }
