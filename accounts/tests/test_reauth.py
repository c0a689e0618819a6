"""What is dangerous asks first whether it is still the person who signed in."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chatsite.testing import PASSWORD, sign_in
from chatsite.testing.provider import Provider
from chatsite.testing.social import go_through, sign_up

pytestmark = pytest.mark.django_db

LONG_AGO = 60 * 60
DANGEROUS = [
    "/accounts/email/",
    "/accounts/password/set/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/keys/1/remove/",
    "/accounts/2fa/webauthn/keys/1/edit/",
    "/accounts/2fa/recovery-codes/generate/",
]


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def is_asked(answer: Any, back: str) -> bool:
    return bool(answer.status_code == 302 and answer["Location"] == f"/accounts/reauthenticate/?next={back}")


@pytest.mark.parametrize("address", DANGEROUS)
def test_long_after_signing_in_it_asks_first(address: str, client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    for ask in (client.get, client.post):
        assert is_asked(ask(address), address)
    sign_in(client, ada)
    assert not is_asked(client.get(address), address)


def test_the_limit_is_five_minutes(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=299)
    assert client.get("/accounts/email/").status_code == 200
    for ago in (301, -301):  # the clock was set back since
        sign_in(client, ada, ago=ago)
        assert is_asked(client.get("/accounts/email/"), "/accounts/email/")


def test_a_session_that_never_said_is_asked(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert is_asked(client.get("/accounts/email/"), "/accounts/email/")


def test_what_another_person_said_in_this_browser_does_not_count(
    client: Client, ada: User, make_person: Callable[..., User]
) -> None:
    sign_in(client, make_person("eve"))
    held = dict(client.session)
    client.force_login(ada)
    session = client.session
    session.update({name: value for name, value in held.items() if name.startswith("account_")})
    session.save()
    assert is_asked(client.get("/accounts/email/"), "/accounts/email/")


def test_the_password_opens_and_comes_back(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    question = client.get("/accounts/email/", follow=True)
    assert "Is it you?" in question.content.decode()
    where = "/accounts/reauthenticate/?next=/accounts/email/"
    assert client.post(where, {"password": "wrong", "next": "/accounts/email/"}).status_code == 200
    assert is_asked(client.get("/accounts/email/"), "/accounts/email/")
    answer = client.post(where, {"password": PASSWORD, "next": "/accounts/email/"})
    assert answer["Location"] == "/accounts/email/"
    assert client.get("/accounts/email/").status_code == 200


def test_a_place_elsewhere_is_not_gone_to(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    for far in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": far})
        assert answer["Location"] == "/"


def test_what_was_sent_is_not_kept_meanwhile(client: Client, ada: User) -> None:
    """allauth would write the whole body into the session, a new password too."""
    sign_in(client, ada, ago=LONG_AGO)
    client.post("/accounts/password/set/", {"password1": "orange-boat-3", "password2": "orange-boat-3"})
    assert "orange-boat-3" not in str(dict(client.session))


def test_a_program_gets_a_code(in_use: None, ada: User) -> None:
    program = Client(headers={"accept": "application/json"})
    sign_in(program, ada, ago=LONG_AGO)
    answer = program.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthenticate")


def test_guessing_the_password_here_is_limited(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    for _attempt in range(6):
        client.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/accounts/email/"})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/email/"})
    assert is_asked(client.get("/accounts/email/"), "/accounts/email/")


def test_without_password_and_factor_one_signs_in_again(client: Client, ada: User) -> None:
    """allauth would let such a person do everything without a question."""
    ada.set_unusable_password()
    ada.save()
    sign_in(client, ada, ago=LONG_AGO)
    for page in ("/accounts/password/set/", "/accounts/2fa/totp/activate/"):
        question = client.get(page, follow=True)
        assert question.redirect_chain[-1][0] == f"/accounts/reauthenticate/again/?next={page.replace('/', '%2F')}"
        assert f'value="/accounts/login/?next={page.replace("/", "%2F")}"' in question.content.decode()
    assert not Authenticator.objects.exists()


def test_signing_out_and_in_leads_back(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    page = client.get("/accounts/reauthenticate/again/?next=/accounts/email/").content.decode()
    target = page.split('name="next" value="', 1)[1].split('"', 1)[0]
    assert client.post("/accounts/logout/", {"next": target})["Location"] == target
    answer = client.post(target, {"login": "ada", "password": PASSWORD, "next": "/accounts/email/"})
    assert answer["Location"] == "/accounts/email/"
    assert client.get("/accounts/email/").status_code == 200


def test_a_lost_password_has_another_way(client: Client, ada: User) -> None:
    sign_in(client, ada, ago=LONG_AGO)
    page = client.get("/accounts/reauthenticate/?next=/accounts/email/").content.decode()
    assert f"{reverse('sign_in_again')}?next=%2Faccounts%2Femail%2F" in page


def test_who_came_by_a_provider_goes_there_again(client: Client, provider: Provider) -> None:
    sign_up(client, "google")
    sign_in(client, User.objects.get(handle="grace"), ago=LONG_AGO)
    page = client.get("/accounts/2fa/totp/activate/", follow=True).content.decode()
    query = html.unescape(page.split('action="/accounts/google/login/', 1)[1].split('"', 1)[0])
    assert "/accounts/github/login/" not in page
    assert go_through(client, "google", query)["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


# --- At the desk


@pytest.fixture
def ruler(make_person: Callable[..., User]) -> User:
    return make_person("ruler", is_staff=True, is_superuser=True)


@pytest.mark.parametrize("act", ["remove-factors", "reset-link", "erase"])
def test_acts_that_open_or_end_an_account_ask(act: str, client: Client, ruler: User, ada: User) -> None:
    sign_in(client, ruler, ago=LONG_AGO)
    address = f"/admin/accounts/user/{ada.pk}/acts/{act}/"
    for ask in (client.get, client.post):
        assert is_asked(ask(address), address)
    people = "/admin/accounts/user/"
    bulk = {"action": act, "_selected_action": str(ada.pk), "confirmed": "1", "reason": "x", "messages": "keep"}
    assert is_asked(client.post(people, bulk), people)
    sign_in(client, ruler)
    assert client.get(address).status_code == 200


def test_another_password_and_other_rights_ask(client: Client, ruler: User, ada: User) -> None:
    page = f"/admin/accounts/user/{ada.pk}/change/"
    given = {"handle": "ada", "name": "Ada", "email": "ada@example.org", "is_staff": "on", "is_superuser": "on"}
    sign_in(client, ruler, ago=LONG_AGO)
    password = f"/admin/accounts/user/{ada.pk}/password/"
    assert is_asked(client.get(password), password)
    assert is_asked(client.post(page, given), page)
    ada.refresh_from_db()
    assert not ada.is_superuser
    sign_in(client, ruler)
    client.post(page, given)
    ada.refresh_from_db()
    assert ada.is_superuser


def test_staff_without_a_second_factor_are_told(client: Client, ruler: User) -> None:
    sign_in(client, ruler)
    words = "Add a second factor"
    assert words in client.get("/admin/").content.decode()
    Authenticator.objects.create(user=ruler, type="totp", data={})
    assert words not in client.get("/admin/").content.decode()
