"""Signing in and out, and who is kept out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import sessions
from accounts.models import User
from chat.models import Restriction
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


@pytest.mark.parametrize("login", ["ada", "ADA", " ada ", "ada@example.org", "Ada@Example.ORG"])
def test_by_handle_or_address(login: str, client: Client, ada: User) -> None:
    assert not is_in(client)
    assert sign_in(client, login)["Location"] == "/"
    assert is_in(client)


def test_wrong_passwords_and_strangers_look_alike(client: Client, ada: User) -> None:
    answers = [sign_in(client, login, "wrong").content.decode() for login in ("ada", "nobody")]
    words = [page.split('class="errors', 1)[1].split("</div>", 1)[0] for page in answers]
    assert words[0] == words[1]
    assert not is_in(client)


def test_guessing_is_limited(client: Client, ada: User) -> None:
    for _attempt in range(6):
        sign_in(client, "ada", "wrong")
    sign_in(client, "ada")
    assert not is_in(client)


def test_forged_addresses_do_not_help_guessing(client: Client, ada: User) -> None:
    for number in range(12):
        client.post(
            "/accounts/login/",
            {"login": f"x{number}", "password": "wrong"},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        )
    sign_in(client, "ada")
    assert not is_in(client)


def test_floods_are_answered_in_our_words(client: Client, ada: User) -> None:
    for _attempt in range(30):
        client.post("/accounts/signup/", {})
    answer = client.post("/accounts/signup/", {}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "rate_limited", "60")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_next_stays_here(to: str, client: Client, ada: User) -> None:
    assert sign_in(client, "ada", next=to)["Location"] == "/"


def test_next_leads_back(client: Client, ada: User) -> None:
    assert sign_in(client, "ada", next="/rooms/harbour/")["Location"] == "/rooms/harbour/"


def test_a_planted_session_is_not_taken_over(client: Client, ada: User) -> None:
    client.get("/accounts/login/")
    planted = client.session
    planted["planted"] = True
    planted.save()
    before = planted.session_key
    client.cookies["sessionid"] = str(before)
    sign_in(client, "ada")
    assert client.session.session_key != before


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaaa"', "x", "x" * 500, "\xe9" * 12, "../../../etc"])
def test_garbled_sessions(cookie: str, client: Client) -> None:
    answer = Client().get("/settings/", headers={"cookie": f"sessionid={cookie}"})
    assert answer["Location"] == "/accounts/login/?next=/settings/"


def test_the_deactivated_stay_out(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert is_in(client)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not is_in(client)
    sign_in(client, "ada")
    assert not is_in(client)


def test_the_banned_stay_out(client: Client, ada: User, make_person: Callable[..., User]) -> None:
    client.force_login(ada)
    assert is_in(client)
    ban = Restriction.objects.create(kind="ban", user=ada, by=make_person("boss"), reason="spam")
    assert not is_in(client)
    answer = sign_in(client, "ada")
    assert answer["Location"] == "/accounts/inactive/"
    assert not is_in(client)
    Restriction.objects.filter(pk=ban.pk).update(lifted_at="2026-01-01T00:00:00Z")
    sign_in(client, "ada")
    assert is_in(client)


def test_a_ban_from_one_room_is_not_one_from_the_site(client: Client, bob: User, alice: User, room: Any) -> None:
    Restriction.objects.create(kind="ban", user=bob, by=alice, room=room, reason="spam")
    sign_in(client, "bob")
    assert is_in(client)


@pytest.mark.parametrize("kind", ["bot", "system"])
def test_machines_have_no_pages(kind: str, client: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(kind=kind)
    sign_in(client, "ada")
    assert not is_in(client)


def test_sign_out(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    sign_in(client, "ada")
    key = client.session.session_key
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    client.get("/accounts/logout/")
    assert is_in(client), "a link must not sign anybody out"
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert not is_in(client)
    assert not Session.objects.filter(pk=key).exists()
    assert sessions.identify(key) is None
    assert rung == [ada.pk]


def test_password_change_ends_other_sessions(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    other = Client()
    sign_in(client, "ada")
    sign_in(other, "ada")
    new = "orange-lighthouse-3"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(client)
    assert not is_in(other)
    assert rung == [ada.pk]
