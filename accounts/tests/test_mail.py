"""With a mail server: resets, sign-up, what mails look like, and a server that is away."""

import re
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.mailing import ADDRESS, LINK, NEW, RESET, SIGN_UP, asked, is_in, to
from chatsite.testing import PASSWORD, sign_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("email_url"),
    pytest.mark.urls("accounts.tests.mail_urls"),
]

# --- Resets


def reset_link(address: str) -> str:
    Client().post(RESET, {"email": address})
    [link] = LINK.findall(to(address)[-1])
    return str(link)


def choose(link: str, new: dict[str, str] = NEW, client: Client | None = None) -> Any:
    client = client or Client()
    form = client.get(link, follow=True)
    return client.post(form.redirect_chain[-1][0] if form.redirect_chain else link, new)


def test_a_reset_is_told(proven: User) -> None:
    choose(reset_link("ada@example.org"))
    subject, *_lines = to("ada@example.org")[-1].splitlines()
    assert subject == "Your password was changed"
    assert "From:" in to("ada@example.org")[-1]


def test_a_reset_does_not_pass_the_second_step_or_sign_in(proven: User) -> None:
    client = Client()
    choose(reset_link("ada@example.org"), client=client)
    assert not is_in(client)


def test_the_reset_link_ends(proven: User, settings: Settings) -> None:
    link = reset_link("ada@example.org")
    settings.PASSWORD_RESET_TIMEOUT = -1
    choose(link)
    proven.refresh_from_db()
    assert proven.check_password(PASSWORD)


def test_it_says_an_administrator_helps_where_no_mail_goes(settings: Settings) -> None:
    settings.SENDS_MAIL = False
    page = Client().get(RESET).content.decode()
    assert 'name="email"' not in page
    assert "Ask an administrator" in page


# --- Sign-up


def test_confirming_where_one_signed_up_signs_in(proven: User) -> None:
    client = Client()
    client.post("/accounts/signup/", {**SIGN_UP, "email": "eve@example.org"})
    assert not is_in(client)
    [link] = LINK.findall(to("eve@example.org")[-1])
    stranger = Client()
    stranger.get(link)
    assert not EmailAddress.objects.get(email="eve@example.org").verified, "looking confirms nothing"
    client.post(link)
    assert is_in(client)


def test_a_taken_handle_is_told_by_mail_alone(proven: User) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "username": "Ada", "email": "eve@example.org"})
    eve = User.objects.get(email="eve@example.org")
    assert re.fullmatch(r"ada-\d{4}", eve.handle)
    assert f"@{eve.handle}" in to("eve@example.org")[-1]


def test_confirming_elsewhere_signs_nobody_in(proven: User) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "email": "eve@example.org"})
    [link] = LINK.findall(to("eve@example.org")[-1])
    elsewhere = Client()
    elsewhere.post(link)
    assert EmailAddress.objects.get(email="eve@example.org").verified
    assert not is_in(elsewhere)


# --- A mail server that is away


def test_mail_that_cannot_go_out_is_said(proven: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any, **_options: Any) -> int:
        raise SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    answers = [Client().post(RESET, {"email": address}) for address in ("ada@example.org", "no@example.org")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0]["Retry-After"] == "60"
    client = Client()
    sign_in(client, proven)
    changed = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
    assert changed.status_code == 302, "what was done is done, told or not"


def test_mails_are_plain_and_hold_one_link(proven: User) -> None:
    client = Client()
    sign_in(client, proven)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
    client.post(ADDRESS, {"email": "new@example.org", "action_add": ""})
    asked("ada@example.org")
    asked("nobody@example.org")
    Client().post(RESET, {"email": "ada@example.org"})
    assert len(mail.outbox) == 5
    for message in mail.outbox:
        assert not getattr(message, "alternatives", [])
        assert len(LINK.findall(message.body)) == (0 if "code" in message.subject else 1), message.body
        assert message.body.rstrip().endswith("-- \nHarbour"), message.body
        assert "{" not in message.body
        assert "\n\n\n" not in message.body
