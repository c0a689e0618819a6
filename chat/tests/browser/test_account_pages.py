"""Every page about one's account, in both themes: nothing sticks out sideways, axe finds nothing."""

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Opener
from chat.tests.browser.reading import assert_readable

pytestmark = pytest.mark.browser

OUTSIDE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/inactive/",
]
INSIDE = [
    "/settings/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/reauthenticate/again/",
    "/accounts/sessions/",
]
PAGES = [(None, path) for path in OUTSIDE] + [("ada", path) for path in INSIDE]


@pytest.mark.parametrize(("handle", "path"), PAGES)
def test_every_page_can_be_read(open_page: Opener, handle: str | None, path: str) -> None:
    page = open_page(handle)
    page.goto(path)
    expect(page.locator("#main h1")).to_be_visible()
    assert_readable(page)
