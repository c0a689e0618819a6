"""Guessing who is here and by which password, from wherever, and being led elsewhere by a link."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, login: str = "ada", password: str = PASSWORD, **options: Any) -> bool:
    client.post("/accounts/login/", {"login": login, "password": password}, **options)
    return "_auth_user_id" in client.session


FORGED_ADDRESSES = [
    "X-Forwarded-For", "X-Real-IP", "Client-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP",
    "X-Cluster-Client-IP", "X-Forwarded", "Via", "X-Originating-IP",
]  # fmt: skip


def test_forged_addresses_help_nobody_to_guess(ada: User) -> None:
    assert sign_in(Client()), "the premise: it is her password"
    cache.clear()
    for number in range(12):
        forged = dict.fromkeys(FORGED_ADDRESSES, f"10.0.0.{number}") | {"Forwarded": f"for=10.0.0.{number}"}
        assert not sign_in(Client(), f"nobody{number}", "wrong", headers=forged)
    assert not sign_in(Client(), headers=dict.fromkeys(FORGED_ADDRESSES, "10.0.0.200"))


@pytest.mark.parametrize("login", ["ada", "ADA", " ada", "ada@example.org", "Ada@Example.Org"])
def test_guessing_one_account_from_many_addresses_is_limited(login: str, ada: User) -> None:
    for number in range(6):
        assert not sign_in(Client(REMOTE_ADDR=f"10.1.0.{number}"), login, "wrong")
    assert not sign_in(Client(REMOTE_ADDR="10.1.0.200"), login)
    assert sign_in(Client(REMOTE_ADDR="10.1.0.201"), "ada") == (login not in {"ada", "ADA", " ada"}), (
        "others of the name are counted apart"
    )


def test_guesses_at_other_names_wash_nothing_away(ada: User) -> None:
    for _number in range(5):
        assert not sign_in(Client(), "ada", "wrong")
    for number in range(1000):
        cache.set(f"counted-for-somebody-else-{number}", [1.0], 300)
    assert not sign_in(Client(REMOTE_ADDR="10.1.0.202"), "ada")


RESET, KEY = "/accounts/password/reset/", "/accounts/password/reset/key/1-abc/"
BEHIND = {
    "a reset": (RESET, {"email": "x{}@example.org"}, 20),
    "a link of a reset": (KEY, {"password1": "x"}, 20),
    "a sign-up": ("/accounts/signup/", {}, 20),
}


@pytest.mark.parametrize("door", BEHIND)
@pytest.mark.parametrize("proxies", [0, 1])
def test_forged_addresses_help_at_no_other_door(door: str, proxies: int, ada: User, settings: Settings) -> None:
    """Without a proxy nothing of them counts; behind one what it adds at the end, and that is the same each time."""
    settings.TRUSTED_PROXIES = proxies
    address, given, most = BEHIND[door]

    def knock(number: int) -> int:
        forged = dict.fromkeys(FORGED_ADDRESSES, f"10.0.{number}.7")
        forged["X-Forwarded-For"] = f"10.0.{number}.7, 203.0.113.5"
        data = {name: words.format(number) for name, words in given.items()}
        return Client(headers=forged).post(address, data).status_code

    statuses = [knock(number) for number in range(most + 1)]
    assert statuses[0] < 400, "the premise: the door is open"
    assert statuses[-1] == 429


LIMITED: dict[str, tuple[str, dict[str, str], int]] = {
    "sign-up": ("/accounts/signup/", {}, 20),
    "sign-in": ("/accounts/login/", {}, 30),
    "reset": ("/accounts/password/reset/", {"email": "x{}@example.org"}, 20),
    "a link of a reset": ("/accounts/password/reset/key/1-abc/", {"password1": "x"}, 20),
}


@pytest.mark.parametrize("door", LIMITED)
def test_floods_of_one_address_are_refused(door: str, ada: User) -> None:
    address, given, most = LIMITED[door]

    def knock(number: int, **options: str) -> Any:
        return Client(**options).post(address, {name: value.format(number) for name, value in given.items()})

    statuses = [knock(number).status_code for number in range(most)]
    assert statuses[0] < 400, "the premise: the door is open"
    told = knock(most)
    assert (told.status_code, told["Retry-After"]) == (429, "60")
    assert knock(most + 1, REMOTE_ADDR="10.9.9.9").status_code < 400, "another address is not meant"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/accounts/reauthenticate/", {"password": "wrong"}),
        (
            "/accounts/password/change/",
            {"oldpassword": "wrong", "password1": "orange-boat-3", "password2": "orange-boat-3"},
        ),
    ],
)
def test_a_session_does_not_help_to_guess_its_password(address: str, given: dict[str, str], ada: User) -> None:
    client = Client()
    client.force_login(ada)
    statuses = [client.post(address, given).status_code for _number in range(12)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def words_of(answer: Any) -> str:
    """A page without what differs every time."""
    page = answer.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|value="[^"]*"', "", page)


@pytest.mark.parametrize(
    ("address", "there", "missing"),
    [
        ("/accounts/login/", {"login": "ada", "password": "x"}, {"login": "nobody", "password": "x"}),
        (
            "/accounts/login/",
            {"login": "ada@example.org", "password": "x"},
            {"login": "no@example.org", "password": "x"},
        ),
        ("/accounts/password/reset/", {"email": "ada@example.org"}, {"email": "no@example.org"}),
        ("/accounts/password/reset/key/1-abc/", {}, {}),
    ],
)
def test_nobody_learns_who_is_here(
    address: str, there: dict[str, str], missing: dict[str, str], ada: User, settings: Settings, tmp_path: Any
) -> None:
    settings.EMAIL_FILE_PATH = tmp_path
    answers = [Client().post(address, given, follow=True) for given in (there, missing)]
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert words_of(answers[0]) == words_of(answers[1])


# --- Leading elsewhere

ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:evil.example",
    "https:///evil.example", "http://testserver@evil.example/", "http://testserver.evil.example/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "/\t/evil.example", " //evil.example", "\x01//evil.example",
    "http://evil.example\\@testserver/", "//evil%E3%80%82example", "ftp://testserver/", "x" * 5000,
]  # fmt: skip


LEADING: dict[str, tuple[str, str, dict[str, str]]] = {
    "sign-in": ("post", "/accounts/login/", {"login": "ada", "password": PASSWORD}),
    "a page to sign in": ("get", "/accounts/login/", {}),
    "sign-up": ("post", "/accounts/signup/", {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}),
    "signing in again": ("post", "/accounts/reauthenticate/", {"password": PASSWORD}),
    "sign-out": ("post", "/accounts/logout/", {}),
    "the admin's sign-in": ("get", "/admin/login/", {}),
}


@pytest.mark.parametrize("door", LEADING)
def test_next_never_leads_elsewhere(door: str, ada: User) -> None:
    method, address, given = LEADING[door]
    client = Client()
    for to in ELSEWHERE:
        cache.clear()
        if door in {"signing in again", "sign-out"}:
            client.force_login(ada)
        answer = getattr(client, method)(address, given | {"next": to}, follow=True)
        assert answer.redirect_chain or method == "get", "the premise: the door leads somewhere"
        for place, _status in answer.redirect_chain:
            assert re.match(r"/(?![/\\])", place), to
            assert "evil" not in place.partition("?")[0], to
        assert not re.search(r'(?:href|action|content)="[^"?]*evil', answer.content.decode()), to
        client.logout()
        User.objects.filter(handle="eve").delete()
