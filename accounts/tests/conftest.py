"""What the tests of people share: a site in use, and a browser that nobody has signed in with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat.models import Installation
from chatsite.testing.social import provider

__all__ = ["provider"]


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
