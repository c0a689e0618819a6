"""Sign-in codes by mail: once, for a while, for few tries, and past no second step."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.tests.mailing import ASK, CODE, TYPE, asked, is_in, to
from chat.models import Restriction

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("email_url"),
    pytest.mark.urls("accounts.tests.mail_urls"),
]


def code_of(address: str) -> str:
    found = CODE.search(to(address)[-1])
    assert found is not None
    return found[0]


def test_a_code_signs_in(proven: User) -> None:
    client = asked("Ada@example.org")
    assert not is_in(client)
    code = code_of("ada@example.org")
    assert client.post(TYPE, {"code": code.lower()})["Location"] == "/"
    assert is_in(client)
    another = asked("ada@example.org")
    another.post(TYPE, {"code": code})
    assert not is_in(another), "a code works once, and in the window that asked for it"


def test_the_sign_in_page_offers_it(proven: User) -> None:
    assert ASK in Client().get("/accounts/login/").content.decode()


def test_a_code_does_not_stand_for_the_second_step(proven: User) -> None:
    Authenticator.objects.create(user=proven, type="totp", data={"secret": "sealed"})
    client = asked("ada@example.org")
    answer = client.post(TYPE, {"code": code_of("ada@example.org")})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)


@pytest.mark.parametrize(("to_there", "then"), [("/rooms/harbour/", "/rooms/harbour/"), ("//evil.example/", "/")])
def test_a_code_leads_back_and_never_elsewhere(to_there: str, then: str, proven: User) -> None:
    client = Client()
    page = client.post(ASK, {"email": "ada@example.org", "next": to_there})["Location"]
    assert page.startswith(TYPE)
    given = {"code": code_of("ada@example.org"), "next": to_there}
    assert client.post(page, given)["Location"] == then


def test_a_step_under_way_can_be_left(proven: User) -> None:
    """allauth leads every way in back to it until it ends, also who mistyped an address."""
    client = asked("mistyped@example.org")
    assert client.get(ASK)["Location"].startswith(TYPE), "the premise"
    page = client.get(TYPE).content.decode()
    for place in (ASK, "/accounts/login/"):
        assert f'name="next" value="{place}"' in page
    assert client.post("/accounts/logout/", {"next": ASK})["Location"] == ASK
    assert client.get(ASK).status_code == 200


def test_guesses_end_the_code(proven: User) -> None:
    client = asked("ada@example.org")
    code = code_of("ada@example.org")
    for _attempt in range(3):
        client.post(TYPE, {"code": "BBB-BBB"})
    client.post(TYPE, {"code": code})
    assert not is_in(client)


def test_a_code_ends_by_the_clock(proven: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = asked("ada@example.org")
    later = time.time() + 60 * 15 + 1
    monkeypatch.setattr("time.time", lambda: later)
    client.post(TYPE, {"code": code_of("ada@example.org")})
    assert not is_in(client)


def test_codes_to_one_address_are_limited(proven: User) -> None:
    for number in range(5):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(ASK, {"email": "ada@example.org"})
    assert len(to("ada@example.org")) == 3


def test_codes_for_one_browser_are_limited(proven: User) -> None:
    statuses = [Client().post(ASK, {"email": f"x{number}@example.org"}).status_code for number in range(22)]
    assert (statuses, len(mail.outbox)) == ([302] * 20 + [200] * 2, 20)


def test_the_banned_are_sent_no_way_in(proven: User, make_person: Callable[..., User]) -> None:
    Restriction.objects.create(kind="ban", user=proven, by=make_person("boss"), reason="spam")
    client = asked("ada@example.org")
    assert client.post(TYPE, {"code": code_of("ada@example.org")})["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_without_a_code_nobody_types_one(proven: User) -> None:
    for given in ({"code": ""}, {"code": "BBB-BBB"}, {}):
        client = Client()
        assert client.post(TYPE, given)["Location"].startswith("/accounts/login/")
    unknown = asked("nobody@example.org")
    for guess in ("", " ", "BBB-BBB"):
        unknown.post(TYPE, {"code": guess})
        assert not is_in(unknown)
