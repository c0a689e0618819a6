"""Setting up a second step and taking it off: what is shown, told by mail, and never taken."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client, RequestFactory, override_settings
from pytest_django import Settings

from accounts import factors
from accounts.factors import ways_in
from accounts.models import User
from accounts.tests.second_step import SECRET, WRONG, code_of, give_code, give_password, is_in
from chatsite.testing import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("half_minute")]


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def set_up(client: Client) -> tuple[str, Any]:
    """The secret of the page, and what its first code gives."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found[1].replace(" ", "")
    return secret, client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)


def test_setting_up_shows_the_recovery_codes_once(client: Client, ada: User) -> None:
    sign_in(client, ada)
    secret, shown = set_up(client)
    assert shown.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    codes = re.findall(r"<li>(\d{8})</li>", shown.content.decode())
    assert len(set(codes)) == 10
    assert f"{codes[9]}%0A" in shown.content.decode()  # in the file to download
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not any(code in again for code in codes)
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert "10 codes are left" in client.get("/accounts/2fa/").content.decode()
    thief = Client()
    give_password(thief)
    assert give_code(thief, code_of(secret)).status_code == 200  # the one that set it up counts as used
    assert give_code(thief, codes[0]).status_code == 302
    assert "9 codes are left" in client.get("/accounts/2fa/").content.decode()


def test_a_wrong_first_code_sets_nothing_up(client: Client, ada: User) -> None:
    sign_in(client, ada)
    client.get("/accounts/2fa/totp/activate/")
    answer = client.post("/accounts/2fa/totp/activate/", {"code": WRONG})
    assert "That code is not right" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_new_codes_end_the_old_ones(client: Client, ada: User, app: Authenticator, codes: list[str]) -> None:
    sign_in(client, ada)
    shown = client.post("/accounts/2fa/recovery-codes/generate/", follow=True).content.decode()
    new = re.findall(r"<li>(\d{8})</li>", shown)
    assert len(new) == 10
    assert not set(new) & set(codes)
    other = Client()
    give_password(other)
    assert give_code(other, codes[0]).status_code == 200


def test_taking_off_the_app_takes_the_recovery_codes(
    client: Client, ada: User, app: Authenticator, codes: list[str]
) -> None:
    sign_in(client, ada)
    assert client.post("/accounts/2fa/totp/deactivate/")["Location"] == "/accounts/2fa/"
    assert not Authenticator.objects.exists()
    other = Client()
    give_password(other)
    assert is_in(other)


def test_without_a_factor_there_are_no_codes_to_make(client: Client, ada: User) -> None:
    sign_in(client, ada)
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert not Authenticator.objects.exists()


# --- The last way in


def test_ways_in(ada: User, settings: Settings) -> None:
    from allauth.account.models import EmailAddress
    from allauth.socialaccount.models import SocialAccount

    assert ways_in(ada) == ["password"]
    ada.set_unusable_password()
    ada.save()
    TOTP.activate(ada, SECRET)
    account = SocialAccount.objects.create(user=ada, provider="github", uid="1")
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True)
    assert ways_in(ada) == []  # no provider and no mail is set up here
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "x", "secret": "y"}]}}
    assert ways_in(ada) == ["provider"]
    assert ways_in(ada, without=account) == []
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert ways_in(ada, without=account) == ["mail"]


def test_passkeys_work_only_where_browsers_have_them() -> None:
    def at(host: str, *, secure: bool) -> bool:
        return factors.passkeys_work(RequestFactory(headers={"host": host}).get("/", secure=secure))

    with override_settings(ALLOWED_HOSTS=["*"]):
        assert at("localhost:8000", secure=False)
        assert at("chat.example.org", secure=True)
        assert not at("chat.example.org", secure=False)
        assert not at("192.168.1.5", secure=True)
        assert not at("[::1]:8000", secure=True)


# --- Mail


@pytest.mark.django_db(transaction=True)
def test_every_change_is_told_by_mail(
    client: Client, ada: User, settings: Settings, make_person: Callable[..., User]
) -> None:
    from allauth.account.models import EmailAddress

    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)
    sign_in(client, ada)
    ruler = Client(REMOTE_ADDR="203.0.113.9")
    sign_in(ruler, make_person("ruler", is_staff=True, is_superuser=True))
    secret, _shown = set_up(client)
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    TOTP.activate(ada, secret)
    given = {"confirmed": "1", "reason": "Lost phone"}
    ruler.post(f"/admin/accounts/user/{ada.pk}/acts/remove-factors/", given)
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ada@example.org"], "An app for codes was set up"),
        (["ada@example.org"], "New recovery codes were made"),
        (["ada@example.org"], "The app for codes was taken off"),
        (["ada@example.org"], "Your second factor was taken off"),
    ]
    for message in mail.outbox:
        assert secret not in message.body
        assert "{" not in message.body
    assert "203.0.113.9" not in mail.outbox[-1].body
    assert "From: an administrator" in mail.outbox[-1].body
