"""Every page about one's account, in both themes: nothing sticks out sideways, axe finds nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

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
def test_every_page_can_be_read(visit: Visit, product: Product, handle: str | None, path: str) -> None:
    page = visit(product, handle).page
    page.goto(path)
    expect(page.locator("#main h1")).to_be_visible()
    assert_readable(page)
