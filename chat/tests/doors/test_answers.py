"""What every answer carries, and how the site answers when something under it is missing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


def test_nothing_signed_in_is_kept_by_caches(client_of: ClientOf, bob: User, room: Room) -> None:
    at = f"/rooms/{room.slug}/"
    for address in ("/", at, at + "messages/", at + "changes/?after=0", at + "members/", "/settings/", "/people/bob/"):
        assert "no-store" in client_of(bob).get(address)["Cache-Control"], address
        assert "private" in client_of(bob).get(address)["Cache-Control"], address
    assert "no-store" in client_of(bob).get("/accounts/email/")["Cache-Control"]
    assert "no-store" in client_of(bob).get("/rooms/no-such-room/")["Cache-Control"]


def test_security_headers(client_of: ClientOf, bob: User, room: Room) -> None:
    for person, address in ((None, "/"), (bob, "/"), (bob, f"/rooms/{room.slug}/"), (bob, "/nowhere/")):
        answer = client_of(person).get(address)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy, address
        assert "style-src 'self'" in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert answer["X-Frame-Options"] == "DENY", address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["Referrer-Policy"] == "same-origin", address


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_no_inline_code_and_no_foreign_host(address: str, client_of: ClientOf) -> None:
    page = client_of().get(address).content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<script>" not in page
    assert "https://" not in page


def test_errors_as_pages_and_as_json(client_of: ClientOf, bob: User, room: Room) -> None:
    page = client_of(bob).get("/rooms/no-such-room/")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "No such room, or not yours." in page.content.decode()
    answer = client_of(bob, json=True).get("/rooms/no-such-room/")
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "type": "error",
        "ref": None,
        "code": "not_found",
        "detail": "No such room, or not yours.",
    }
    assert client_of(bob, json=True).get("/nowhere/").json()["code"] == "not_found"


def test_a_browsers_accept_header_gets_pages(client_of: ClientOf, bob: User) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert client_of(bob).get("/nowhere/", headers={"accept": accept})["Content-Type"].startswith("text/html")
    assert client_of(bob).get("/nowhere/", headers={"accept": "*/*"})["Content-Type"].startswith("text/html")


def test_a_database_outage(client_of: ClientOf, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("chat.views.rooms.window", down)
    for browser in (client_of(bob), client_of(bob, json=True)):
        answer = browser.get(f"/rooms/{room.slug}/")
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
    assert answer.json()["code"] == "unavailable"
    assert "server closed" not in answer.content.decode()


def test_an_outage_in_the_middleware(client_of: ClientOf, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session is read before any view: nothing there can turn the error into an answer but the last handler."""
    browser = client_of(bob)
    browser.raise_request_exception = False

    def down(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("no connection")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", down)
    answer = browser.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_a_bug_is_a_plain_500(client_of: ClientOf, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise KeyError("secret words")

    monkeypatch.setattr("chat.views.rooms.window", broken)
    browser = client_of(bob)
    browser.raise_request_exception = False
    answer = browser.get(f"/rooms/{room.slug}/")
    assert answer.status_code == 500
    assert "secret words" not in answer.content.decode()


def test_health(client_of: ClientOf) -> None:
    for path in ("/healthz", "/readyz"):
        assert client_of().get(path, headers={"host": "10.0.0.7:1234"}).status_code == 200
    assert client_of().get("/readyz").json() == {"database": "ok", "layer": "ok"}


def test_ready_names_the_part(client_of: ClientOf, settings: Settings) -> None:
    settings.REDIS_URLS = ["redis://127.0.0.1:1/0"]
    answer = client_of().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "ok", "layer": "down"})


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil", "", "localhost:99999x"])
def test_a_wrong_host(host: str, client_of: ClientOf, bob: User) -> None:
    page = client_of(bob).get("/", headers={"host": host})
    assert page.status_code == 400
    assert "http://testserver" in page.content.decode()
    assert "SITE_URL" in page.content.decode()
    assert "Content-Security-Policy" in page
    answer = client_of(bob, json=True).get("/", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("end", ["", "messages/", "changes/?after=0", "messages/{id}/", "members/"])
def test_query_budgets(
    end: str,
    client_of: ClientOf,
    bob: User,
    alice: User,
    room: Room,
    say: Callable[..., Message],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = client_of(bob)
    counts = []
    for _round in range(2):
        message = [say(alice, room, f"hello @bob {number}") for number in range(15)][-1]
        cache.clear()
        with django_assert_max_num_queries(12) as captured:
            answer = browser.get(f"/rooms/{room.slug}/{end.format(id=message.pk)}")
        assert answer.status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1], "more messages must not mean more queries"
