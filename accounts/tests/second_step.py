"""A second step at a time that stands still: an app's codes, recovery codes, and the forms that ask for them."""

from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from accounts.models import User
from chatsite.testing import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WRONG = "000000x"
NOW = 1_795_000_000


def code_of(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, NOW // 30 + later))


def stop_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes of a half minute that does not end in the middle of a test."""
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: NOW))


@pytest.fixture
def half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)


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
