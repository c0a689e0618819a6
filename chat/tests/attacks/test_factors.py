"""Second factors at once: one code in many hands, guesses in parallel, the last two ways in taken off together."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.second_step import SECRET, WRONG, code_of, give_code, give_password, stop_clock
from accounts.tests.test_passkeys import Device, add
from chat.tests.attacks.test_twice import together
from chatsite.testing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

HANDS = 4


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada")


def at_the_second_step() -> Client:
    client = Client()
    give_password(client)
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_lets_one_in(kind: str, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)
    TOTP.activate(ada, SECRET)
    code = code_of() if kind == "app" else RecoveryCodes.activate(ada).generate_codes()[0]
    clients = [at_the_second_step() for _hand in range(HANDS)]
    together(*(lambda client=client: give_code(client, code) for client in clients))
    assert sum(is_in(client) for client in clients) == 1


def test_guesses_in_parallel_are_counted(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)
    TOTP.activate(ada, SECRET)
    clients = [at_the_second_step() for _hand in range(8)]
    answers = together(*(lambda client=client: give_code(client, WRONG).content.decode() for client in clients))
    tried = sum("That code is not right" in answer for answer in answers)
    refused = sum("Too many wrong codes" in answer for answer in answers)
    assert (tried <= 5, tried + refused) == (True, 8)


def test_of_two_last_passkeys_one_stays(ada: User, settings: Settings) -> None:
    settings.SITE_URLS, settings.ALLOWED_HOSTS = ["http://localhost"], ["localhost"]
    clients = [Client(headers={"host": "localhost"}) for _key in range(2)]
    for client in clients:
        sign_in(client, ada)
        add(client, Device())
    User.objects.filter(pk=ada.pk).update(password="!")
    ada.refresh_from_db()
    for client in clients:
        sign_in(client, ada)
    numbers = list(Authenticator.objects.filter(type="webauthn").values_list("pk", flat=True))
    together(*(job(client, number) for client, number in zip(clients, numbers, strict=True)))
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def job(client: Client, number: int) -> Callable[[], Any]:
    return lambda: client.post(f"/accounts/2fa/webauthn/keys/{number}/remove/")


ELSEWHERE = """
import sys, django
django.setup()
from allauth.core import context
from django.test import RequestFactory
from accounts.factors import guessing
from accounts.models import User
with context.request_context(RequestFactory().post("/")):
    try:
        with guessing(User(pk=int(sys.argv[1]))):
            print("may guess")
    except Exception as error:
        print(error.messages[0])
"""


@pytest.mark.redis
def test_guesses_in_another_process_count_too(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)
    TOTP.activate(ada, SECRET)
    client = at_the_second_step()

    def elsewhere() -> str:
        ours = {**os.environ, "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
        command = [sys.executable, "-c", ELSEWHERE, str(ada.pk)]
        return str(subprocess.run(command, env=ours, capture_output=True, text=True, check=True).stdout)

    assert "may guess" in elsewhere()
    for _guess in range(5):
        give_code(client, WRONG)
    assert "Too many wrong codes" in elsewhere()
