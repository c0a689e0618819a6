"""Codes from an app, recovery codes, and how their secrets are kept."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from accounts import factors
from accounts.factors import FactorsAdapter, ways_in
from accounts.models import User
from chatsite.testing import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WRONG = "000000x"
NOW = 1_795_000_000


def code_of(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, NOW // 30 + later))


def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes of a half minute that does not end in the middle of a test."""
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: NOW))


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch)


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


@pytest.fixture
def app(ada: User) -> Authenticator:
    found: Authenticator = TOTP.activate(ada, SECRET).instance
    return found


@pytest.fixture
def codes(ada: User) -> list[str]:
    return list(RecoveryCodes.activate(ada).generate_codes())


def give_password(client: Client, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": "ada", "password": PASSWORD, **more})


def give_code(client: Client, code: str) -> Any:
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


# --- Signing in


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


# --- Setting up and taking off


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
    from django.test import RequestFactory

    def at(host: str, *, secure: bool) -> bool:
        return factors.passkeys_work(RequestFactory(headers={"host": host}).get("/", secure=secure))

    from django.test import override_settings

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
