"""The demo's sign-in links, and that they are nowhere else."""

import pytest
from django.core.signing import TimestampSigner
from django.test import Client
from pytest_django import Settings

from accounts import demo
from accounts.models import User

pytestmark = pytest.mark.django_db


def test_not_there_without_the_demo(bob: User, in_use: None) -> None:
    token = TimestampSigner(salt="accounts.demo").sign("bob")
    assert Client().get(f"/demo/{token}/").status_code == 404


def test_the_link_signs_in(bob: User, in_use: None, settings: Settings) -> None:
    settings.ROOT_URLCONF = "accounts.tests.demo_urls"
    link = demo.link("bob")
    assert link.startswith(settings.SITE_URL + "/demo/")
    browser = Client()
    assert browser.get(link.removeprefix(settings.SITE_URL))["Location"] == "/"
    assert browser.get("/").context["user"] == bob


@pytest.mark.parametrize(
    "token", ["bob", "bob:1:x", TimestampSigner(salt="other").sign("bob")], ids=["bare", "garbled", "foreign"]
)
def test_forged_links(token: str, bob: User, in_use: None, settings: Settings) -> None:
    settings.ROOT_URLCONF = "accounts.tests.demo_urls"
    assert Client().get(f"/demo/{token}/").status_code == 404


def test_old_links(bob: User, in_use: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "accounts.tests.demo_urls"
    path = demo.link("bob").removeprefix(settings.SITE_URL)
    monkeypatch.setattr(demo, "MAX_AGE", -1)
    assert Client().get(path).status_code == 404
