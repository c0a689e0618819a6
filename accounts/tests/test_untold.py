"""Who is here stays untold: the same answer for the same work."""

from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.core.cache import cache
from django.db.models import Q
from django.test import Client

from accounts.models import User
from accounts.tests.mailing import ASK, RESET, SIGN_UP, plain

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("email_url"),
    pytest.mark.urls("accounts.tests.mail_urls"),
]


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    encode = hashers.PBKDF2PasswordHasher.encode

    def counted(*arguments: Any, **options: Any) -> str:
        done.append("hash")
        return str(encode(*arguments, **options))

    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "encode", counted)
    return done


DOORS = {
    "a code": (ASK, {"email": "{}@example.org"}),
    "a reset": (RESET, {"email": "{}@example.org"}),
    "a sign-in": ("/accounts/login/", {"login": "{}@example.org", "password": "wrong"}),
    "a sign-in by handle": ("/accounts/login/", {"login": "{}", "password": "wrong"}),
    "a sign-up": ("/accounts/signup/", {**SIGN_UP, "email": "{}@example.org"}),
    "a handle": ("/accounts/signup/", {**SIGN_UP, "username": "{}", "email": "eve@example.org"}),
}


@pytest.mark.parametrize("door", DOORS)
def test_here_or_not_is_one_answer_and_one_work(door: str, proven: User, hashings: list[str]) -> None:
    address, given = DOORS[door]
    seen = []
    for who in ("ada", "nobody"):
        cache.clear()
        hashings.clear()
        mail.outbox.clear()
        answer = Client().post(address, {name: word.format(who) for name, word in given.items()}, follow=True)
        seen.append((answer.redirect_chain, answer.status_code, plain(answer), len(hashings), len(mail.outbox)))
        User.objects.filter(Q(handle="eve") | Q(email="eve@example.org")).delete()
    assert seen[0] == seen[1]
    assert seen[0][3] + seen[0][4] > 0, "the premise: there is work to compare"


@pytest.mark.parametrize("handle", ["eve_", "e" * 32, "e-v-e"])
def test_a_free_handle_is_given_as_it_was_wished(handle: str) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "username": handle, "email": "eve@example.org"})
    assert User.objects.get(email="eve@example.org").handle == handle


@pytest.mark.parametrize("what", ["no password", "deactivated", "a bot"])
def test_odd_accounts_look_like_none(what: str, proven: User, hashings: list[str]) -> None:
    if what == "no password":
        proven.set_unusable_password()
        proven.save()
    User.objects.filter(pk=proven.pk).update(
        is_active=what != "deactivated", kind="bot" if what == "a bot" else "human"
    )
    seen = []
    for who in ("ada", "nobody"):
        hashings.clear()
        answer = Client().post("/accounts/login/", {"login": who, "password": "wrong"})
        seen.append((plain(answer), len(hashings)))
    assert seen[0] == seen[1]
