"""Signing in with codes from an app and recovery codes, and how their secrets are kept."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from accounts.factors import FactorsAdapter
from accounts.models import User
from accounts.tests.second_step import NOW, SECRET, WRONG, code_of, give_code, give_password, is_in
from chatsite.testing import PASSWORD, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("half_minute")]


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def test_the_password_alone_does_not_do(client: Client, app: Authenticator) -> None:
    assert give_password(client)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    for address in ("/settings/", "/admin/", "/accounts/2fa/", "/accounts/email/"):
        assert client.get(address)["Location"].startswith(("/accounts/login/", "/admin/login/"))


def test_the_code_of_the_app_lets_in(client: Client, app: Authenticator) -> None:
    give_password(client, next="/accounts/2fa/")
    assert give_code(client, WRONG).status_code == 200
    assert not is_in(client)
    assert give_code(client, code_of())["Location"] == "/accounts/2fa/"
    assert is_in(client)


def test_the_code_alone_does_not_do(client: Client, app: Authenticator) -> None:
    assert give_code(client, code_of())["Location"] == "/accounts/login/"
    assert not is_in(client)


def test_a_clock_half_a_minute_off_will_do_and_no_more(client: Client, app: Authenticator) -> None:
    give_password(client)
    for off in (2, -2):
        assert give_code(client, code_of(later=off)).status_code == 200
    assert give_code(client, code_of(later=1)).status_code == 302


def test_a_code_counts_once_whatever_forgets(client: Client, app: Authenticator) -> None:
    """Not in the cache, which another process has not and a restart empties."""
    code = code_of()
    give_password(client)
    assert give_code(client, code).status_code == 302
    cache.clear()
    thief = Client()
    give_password(thief)
    assert give_code(thief, code).status_code == 200
    assert give_code(thief, code_of(later=-1)).status_code == 200  # nor one of before
    assert not is_in(thief)
    assert give_code(thief, code_of(later=1)).status_code == 302


def test_a_clock_that_was_a_day_ahead_bars_nobody(client: Client, app: Authenticator) -> None:
    app.data["last_step"] = NOW // 30 + 2880
    app.save()
    give_password(client)
    assert give_code(client, code_of()).status_code == 302
    thief = Client()
    give_password(thief)
    assert give_code(thief, code_of()).status_code == 200


def test_guessing_is_limited_for_the_person(client: Client, app: Authenticator) -> None:
    for number in range(5):
        guesser = Client(headers={"x-forwarded-for": f"10.0.0.{number}"}, REMOTE_ADDR=f"10.0.0.{number}")
        give_password(guesser)
        give_code(guesser, WRONG)
    give_password(client)
    assert "Too many wrong codes" in give_code(client, code_of()).content.decode()
    assert not is_in(client)


def test_a_success_does_not_forget_the_failures(client: Client, app: Authenticator) -> None:
    give_password(client)
    for _guess in range(4):
        give_code(client, WRONG)
    assert give_code(client, code_of()).status_code == 302
    other = Client()
    give_password(other)
    give_code(other, WRONG)
    assert "Too many wrong codes" in give_code(other, code_of(later=1)).content.decode()


def test_a_recovery_code_counts_once(client: Client, app: Authenticator, codes: list[str]) -> None:
    give_password(client)
    assert give_code(client, f" {codes[3][:4]} {codes[3][4:]} ").status_code == 302
    other = Client()
    give_password(other)
    assert give_code(other, codes[3]).status_code == 200
    assert give_code(other, codes[4]).status_code == 302


def test_the_session_key_changes(client: Client, app: Authenticator) -> None:
    give_password(client)
    before = client.cookies["sessionid"].value
    give_code(client, code_of())
    assert client.cookies["sessionid"].value != before


@pytest.mark.parametrize("state", ["banned", "closed"])
def test_who_is_out_stays_out_at_the_second_step(state: str, client: Client, ada: User, app: Authenticator) -> None:
    from chat.models import Restriction

    give_password(client)
    if state == "closed":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        Restriction.objects.create(kind="ban", user=ada, by=ada, reason="Spam")
    give_code(client, code_of())
    assert not is_in(client)


def test_the_admin_asks_for_the_second_step_too(client: Client, ada: User, app: Authenticator) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    assert give_password(client, next="/admin/")["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").status_code == 302
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert client.get("/admin/").status_code == 302
    assert give_code(client, code_of())["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.urls("accounts.tests.mail_urls")
def test_a_code_by_mail_is_no_way_round(client: Client, ada: User, app: Authenticator, settings: Settings) -> None:
    from allauth.account.models import EmailAddress

    settings.SENDS_MAIL = settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": "ada@example.org"})
    found = re.search(r"^[A-Z0-9-]{6,12}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    answer = client.post("/accounts/login/code/confirm/", {"code": found[0]})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    assert give_code(client, code_of()).status_code == 302
    assert is_in(client)


# --- How secrets are kept


def test_secrets_are_not_readable_in_the_database(app: Authenticator, codes: list[str], ada: User) -> None:
    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in rows
    assert not any(code in rows for code in codes)


def test_a_secret_key_that_was_rotated_out_still_reads(settings: Settings, client: Client, app: Authenticator) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" * 8
    give_password(client)
    assert give_code(client, code_of()).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []  # it was written anew with the present one
    other = Client()
    give_password(other)
    assert give_code(other, code_of(later=1)).status_code == 302


def test_a_lost_secret_key_lets_nobody_in_and_says_so(
    settings: Settings, client: Client, ada: User, app: Authenticator, codes: list[str]
) -> None:
    settings.SECRET_KEY = "another-" * 8
    give_password(client)
    for code in (code_of(), code_of(""), codes[0]):
        assert "cannot be read any more" in give_code(client, code).content.decode()
    assert not is_in(client)
    sign_in(client, ada)
    assert client.get("/accounts/2fa/").status_code == 200


def test_a_changed_secret_is_refused() -> None:
    adapter = FactorsAdapter()
    kept = adapter.encrypt(SECRET)
    assert adapter.decrypt(kept) == SECRET
    assert adapter.encrypt(SECRET) != kept
    with pytest.raises(ValidationError):
        adapter.decrypt(kept[:-6] + "AAAAA=")
