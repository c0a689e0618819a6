"""Signing up: who may, under which handle and name, and what it gives away."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db

GIVEN = {"name": "Bob", "username": "bob", "password1": "violet-umbrella-8"}


def test_sign_up_signs_in(client: Client) -> None:
    answer = client.post("/accounts/signup/", GIVEN, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    bob = User.objects.get(handle="bob")
    assert (bob.name, bob.email, bob.is_staff, bob.is_superuser) == ("Bob", "", False, False)
    assert client.session["_auth_user_id"] == str(bob.pk)
    assert client.session.get_expiry_age() > 60 * 60 * 24 * 80, "people stay signed in"


def test_with_an_address(client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "email": "Bob@Example.ORG"})
    assert User.objects.get(handle="bob").email == "bob@example.org"


@pytest.mark.parametrize(
    "handle",
    ["", "b", "b" * 33, "bob smith", "bob@home", "bób", "боб", "b\u200bob", "bob\u202e", "admin", "Everyone", "../bob"],
)
def test_wrong_handles(handle: str, client: Client) -> None:
    before = User.objects.count()
    answer = client.post("/accounts/signup/", {**GIVEN, "username": handle})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("handle", ["Bob", "BOB", " bob "])
def test_a_handle_is_taken_in_every_case(handle: str, client: Client, bob: User) -> None:
    before = User.objects.count()
    client.post("/accounts/signup/", {**GIVEN, "username": handle})
    assert User.objects.count() == before


def test_handles_are_lower_case(client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "username": "B-o_B7"})
    assert User.objects.filter(handle="b-o_b7").exists()


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "a\u202eb", "a\u0007b", "x" * 81, "\ufeff"])
def test_wrong_names(name: str, client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "name": name})
    assert not User.objects.filter(handle="bob").exists()


@pytest.mark.parametrize(("typed", "kept"), [("  Bob   B. ", "Bob B."), ("ﬁsh", "fish"), ("李 小龍", "李 小龍")])
def test_names_are_normalised(typed: str, kept: str, client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "name": typed})
    assert User.objects.get(handle="bob").name == kept


@pytest.mark.parametrize("password", ["short", "12345678901", "password", "bobbob-bob"])
def test_weak_passwords(password: str, client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "username": "bobbob", "password1": password})
    assert not User.objects.filter(handle="bobbob").exists() or password == "bobbob-bob"


def test_extra_fields_give_no_rights(client: Client) -> None:
    client.post("/accounts/signup/", {**GIVEN, "is_staff": "on", "is_superuser": "1", "kind": "system"})
    bob = User.objects.get(handle="bob")
    assert (bob.is_staff, bob.is_superuser, bob.kind) == (False, False, "human")


@pytest.mark.parametrize("rule", ["invite", "closed"])
def test_closed(rule: str, client: Client, settings: Settings) -> None:
    settings.SIGNUP = rule
    assert "/accounts/signup/" not in client.get("/").content.decode()
    assert "password1" not in client.get("/accounts/signup/").content.decode()
    words = {"invite": "by invitation here", "closed": "are not made here now"}
    assert words[rule] in client.post("/accounts/signup/", GIVEN).content.decode()
    assert not User.objects.filter(handle="bob").exists()


def test_open(client: Client) -> None:
    """The premise of the test above."""
    assert "/accounts/signup/" in client.get("/").content.decode()


def test_a_taken_address_is_not_told_where_mail_arrives(
    client: Client, make_person: Callable[..., User], settings: Settings, mails: Callable[[], list[str]]
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    make_person("alice", email="alice@example.org")
    taken = client.post("/accounts/signup/", {**GIVEN, "email": "Alice@example.org"}, follow=True)
    free = Client().post("/accounts/signup/", {**GIVEN, "username": "carol", "email": "carol@example.org"}, follow=True)
    assert taken.redirect_chain == free.redirect_chain
    assert taken.status_code == free.status_code == 200
    assert not User.objects.filter(handle="bob").exists()
    assert User.objects.filter(handle="carol").exists()
    told = {address for mail in mails() for address in ("alice@", "carol@") if f"To: {address}" in mail}
    assert (len(mails()), told) == (2, {"alice@", "carol@"})


def test_where_mail_arrives_an_address_is_proven_first(
    client: Client, settings: Settings, mails: Callable[[], list[str]]
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", {**GIVEN, "email": "bob@example.org"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/login/", {"login": "bob", "password": GIVEN["password1"]})
    assert "_auth_user_id" not in client.session, "otherwise signing in tells a free address from a taken one"
    link = next(word for word in mails()[0].split() if "/confirm-email/" in word)
    client.post(link.removeprefix("http://testserver"))
    client.post("/accounts/login/", {"login": "bob", "password": GIVEN["password1"]})
    assert "_auth_user_id" in client.session


def test_without_an_address_there_is_nothing_to_prove(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", GIVEN)
    assert "_auth_user_id" in client.session
