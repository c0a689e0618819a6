"""What the tests of people share: a site in use, and a browser that nobody has signed in with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tests.second_step import app, codes, half_minute
from chat.models import Installation
from chatsite.testing.social import provider

__all__ = ["app", "codes", "half_minute", "provider"]


@pytest.fixture(autouse=True)
def _on_this_machine_only(settings: Settings) -> None:
    settings.REACHABLE = False


@pytest.fixture
def in_use(db: None) -> None:
    Installation.objects.update(set_up_at=timezone.now(), name="Harbour")


@pytest.fixture
def client(in_use: None) -> Client:
    return Client()


@pytest.fixture
def mails(settings: Settings, tmp_path: Path) -> Callable[[], list[str]]:
    """The texts of the mails that were written to files, oldest first, as on a site without a mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    return lambda: [path.read_text() for path in sorted(tmp_path.iterdir())]


@pytest.fixture
def email_url(settings: Settings, in_use: None) -> None:
    """As with EMAIL_URL; the addresses that this adds are in accounts.tests.mail_urls."""
    settings.SENDS_MAIL = settings.ACCOUNT_EMAIL_NOTIFICATIONS = settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def proven(make_person: Callable[..., User]) -> User:
    """Ada, who has proven her address."""
    person = make_person("ada", email="ada@example.org")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def with_mail(settings: Settings) -> None:
    """A site whose mail arrives: in `django.core.mail.outbox`."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
