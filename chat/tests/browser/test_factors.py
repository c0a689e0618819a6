"""A second factor from the first code to the last, and passkeys with the browser's own virtual authenticator."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import CDPSession, Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}}
FACTORS = "/accounts/2fa/"


@pytest.fixture
def newcomer(product: Product, visit: Visit) -> tuple[str, Visitor]:
    """Somebody of their own, just signed up, at a phone."""
    handle = f"key-{uuid4().hex[:8]}"
    visitor = visit(product, **PHONE)
    visitor.post_form("/accounts/signup/", {"name": "Kay", "username": handle, "password1": PASSWORD})
    return handle, visitor


def code(secret: str, *, later: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    press(page, "Sign out")
    arrives(page)
    page.goto("/accounts/login/")


def give_password(page: Page, handle: str) -> None:
    page.get_by_label("Handle or email").fill(handle)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def give_code(page: Page, words: str, button: str = "Sign in") -> None:
    page.get_by_label("Code").fill(words)
    press(page, button)


def arrives(page: Page, path: str = "/") -> None:
    """Passkeys take a moment: a script asks the browser before the form goes."""
    page.wait_for_url(lambda url: urlsplit(url)[2:4] == (path, ""))


def is_in(page: Page) -> None:
    arrives(page)
    page.goto("/settings/")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def test_an_app_from_setting_up_to_taking_off(newcomer: tuple[str, Visitor]) -> None:
    handle, visitor = newcomer
    page = visitor.page
    page.goto("/settings/")
    follow(page, "Second factor and passkeys")
    follow(page, "Set up an app")
    expect(page.locator("img.qr")).to_be_visible()
    give_code(page, "123", "Turn it on")
    expect(page.locator(".errors")).to_contain_text("That code is not right")
    secret = page.locator("#secret").inner_text().replace(" ", "")
    give_code(page, code(secret), "Turn it on")

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert_readable(page)
    codes = page.locator(".codes li").all_inner_texts()
    with page.expect_download() as download:
        follow(page, "Download them")
    kept = download.value.path().read_text()
    assert len(codes) == 10
    assert handle in kept
    assert all(each in kept for each in codes)
    follow(page, "I have kept them")
    expect(page.get_by_text("10 codes are left")).to_be_visible()

    sign_out(page)
    give_password(page, handle)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert_readable(page)
    give_code(page, "000")
    expect(page.locator(".errors")).to_contain_text("That code is not right")
    give_code(page, code(secret, later=1))
    is_in(page)

    sign_out(page)
    give_password(page, handle)
    give_code(page, codes[0])
    is_in(page)
    page.goto(FACTORS)
    expect(page.get_by_text("9 codes are left")).to_be_visible()
    follow(page, "Take off the app")
    press(page, "Take off the app")
    expect(page.get_by_text("The app is taken off.")).to_be_visible()
    sign_out(page)
    give_password(page, handle)
    is_in(page)


# --- Passkeys


@pytest.fixture
def device(newcomer: tuple[str, Visitor]) -> Iterator["Device"]:
    _handle, visitor = newcomer
    device = Device(visitor.context.new_cdp_session(visitor.page))
    yield device
    device.session.detach()


class Device:
    """A phone that keeps passkeys, and whose owner always shows a finger, unless told otherwise."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        session.send("WebAuthn.enable")
        self.name = session.send("WebAuthn.addVirtualAuthenticator", {"options": self.options()})["authenticatorId"]

    def options(self) -> dict[str, object]:
        own = {"protocol": "ctap2", "transport": "internal", "isUserVerified": True}
        return {**own, "hasResidentKey": True, "hasUserVerification": True, "automaticPresenceSimulation": True}

    def knows_its_owner(self, *, verified: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.name, "isUserVerified": verified})

    def passkeys(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.name})[
            "credentials"
        ]
        return found


def add_passkey(page: Page, name: str = "My phone") -> None:
    page.goto(FACTORS)
    follow(page, "Add a passkey")
    page.get_by_label("Name").fill(name)
    press(page, "Add a passkey")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_from_adding_to_removing(newcomer: tuple[str, Visitor], device: Device) -> None:
    handle, visitor = newcomer
    page = visitor.page
    add_passkey(page)
    assert [each["isResidentCredential"] for each in device.passkeys()] == [True]
    page.goto(FACTORS)
    expect(page.locator(".passkeys li")).to_contain_text("My phone")
    expect(page.locator(".passkeys li")).not_to_contain_text("Second factor only")
    assert_readable(page)
    follow(page, "Add a passkey")
    press(page, "Add a passkey")
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()

    sign_out(page)
    page.goto(f"/accounts/login/?next={FACTORS}")
    press(page, "Sign in with a passkey")
    arrives(page, FACTORS)
    expect(page.locator(".passkeys li")).to_contain_text("Last used on")

    page.goto(f"/accounts/2fa/webauthn/reauthenticate/?next={FACTORS}")
    assert_readable(page)
    press(page, "Use the passkey")
    arrives(page, FACTORS)

    sign_out(page)
    give_password(page, handle)
    press(page, "Use a passkey")
    is_in(page)

    page.goto(FACTORS)
    follow(page, "Rename My phone")
    page.get_by_label("Name").fill("Old phone")
    press(page, "Keep this name")
    follow(page, "Remove Old phone")
    press(page, "Remove the passkey")
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.locator(".passkeys")).to_have_count(0)

    sign_out(page)
    press(page, "Sign in with a passkey")
    expect(page.get_by_text("That passkey did not do.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_passkey_whose_owner_is_somebody_else(newcomer: tuple[str, Visitor], device: Device) -> None:
    _handle, visitor = newcomer
    page = visitor.page
    add_passkey(page)
    sign_out(page)
    device.knows_its_owner(verified=False)
    press(page, "Sign in with a passkey")
    expect(page.get_by_text("The passkey was not used")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    device.knows_its_owner(verified=True)
    press(page, "Sign in with a passkey")
    is_in(page)


def test_without_script_the_page_says_what_passkeys_need(product: Product, visit: Visit) -> None:
    page = visit(product, "ada", java_script_enabled=False).page
    page.goto("/accounts/2fa/webauthn/add/")
    expect(page.locator("noscript .notice")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    page.goto(FACTORS)
    follow(page, "Set up an app")
    expect(page.locator("img.qr")).to_be_visible()
