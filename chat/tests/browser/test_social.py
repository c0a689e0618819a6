"""Signing in by Google, GitHub and OpenID Connect in a browser, under the site's policy, at a provider of our own."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import Visitor
from chatsite.testing.provider import Provider, Somebody

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

REFUSED = r"Failed to load resource: .* status of (401|409|503)"
PHONE = {"viewport": {"width": 360, "height": 740}}
NAMES = {"google": "Google", "github": "GitHub", "oidc": "Harbour Login"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[tuple[Product, Provider]]:
    """The town with all three providers on."""
    with Provider() as provider:
        product = Product(tmp_path_factory.mktemp("social"), town, **provider.environment())
        provider.redirects = {f"{product.url}/accounts/{name}/login/callback/" for name in NAMES}
        try:
            product.start()
            yield product, provider
        finally:
            product.stop()


@pytest.fixture
def site(both: tuple[Product, Provider]) -> Product:
    return both[0]


@pytest.fixture
def provider(both: tuple[Product, Provider]) -> Iterator[Provider]:
    provider = both[1]
    yield provider
    provider.trouble, provider.consents, provider.changed, provider.person = "", False, {}, Somebody()


def out(page: Page, name: str, verb: str = "Continue with") -> None:
    """A click on the provider's button, up to the page over there."""
    page.get_by_role("button", name=f"{verb} {NAMES[name]}").click()
    expect(page.get_by_role("heading", name="Sign in at the provider")).to_be_visible()


def allow(page: Page) -> None:
    page.get_by_role("button", name="Allow").click()


def sign_out(visitor: Visitor) -> None:
    visitor.post_form("/accounts/logout/", {})


def is_in(page: Page, handle: str) -> None:
    page.goto("/")
    told = json.loads(page.locator("#page-data").inner_text())
    assert told["user"]["handle"] == handle


@pytest.mark.parametrize("name", NAMES)
def test_first_time_and_back_again(name: str, site: Product, provider: Provider, visit: Visit) -> None:
    """On a phone; by GitHub without JavaScript."""
    provider.person = Somebody(f"50{len(name)}", f"gracious-{name}", "Grace Hopper", f"{name}@example.org")
    window = visit(site, **PHONE, java_script_enabled=name != "github")
    page = window.page
    page.goto("/accounts/login/")
    out(page, name)
    allow(page)
    expect(page.get_by_role("heading", name="Almost in")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Grace Hopper")
    page.get_by_label("Handle").fill("ada")
    page.get_by_role("button", name="Make an account").click()
    expect(page.locator(".is-wrong .errors")).to_be_visible()
    if name == "google":
        assert_readable(page)
    page.get_by_label("Handle").fill(f"grace-{name}")
    page.get_by_role("button", name="Make an account").click()
    expect(page).to_have_url(f"{site.url}/")
    is_in(page, f"grace-{name}")
    sign_out(window)
    provider.consents = True  # from now on the provider sends people straight back
    page.goto("/accounts/signup/?next=/people/ada/")
    page.get_by_role("button", name=f"Continue with {NAMES[name]}").click()
    expect(page).to_have_url(f"{site.url}/people/ada/")
    is_in(page, f"grace-{name}")


def test_turning_back(site: Product, provider: Provider, visit: Visit) -> None:
    """By the provider's button, and by the browser's."""
    page = visit(site).page
    page.goto("/accounts/login/")
    out(page, "google")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="You turned back")).to_be_visible()
    assert_readable(page)
    page.goto("/accounts/google/login/")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert_readable(page)
    page.goto("/accounts/3rdparty/login/cancelled/")
    page.get_by_role("link", name="Back to sign in").click()
    out(page, "github")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


@pytest.mark.parametrize(("name", "trouble"), [("google", "down"), ("github", "hang"), ("oidc", "down")])
def test_the_provider_is_down(name: str, trouble: str, site: Product, provider: Provider, visit: Visit) -> None:
    window = visit(site)
    window.allow(REFUSED)
    page = window.page
    page.goto("/accounts/login/")
    out(page, name)
    provider.trouble = trouble
    page.get_by_role("button", name="Allow").click(no_wait_after=True)
    others = visit(site, "ada").page  # whom it does not keep waiting
    others.goto("/", timeout=8_000)
    silent = page.get_by_role("heading", name=f"{NAMES[name]} does not answer")
    expect(silent).to_be_visible(timeout=30_000)
    assert_readable(page)
    page.get_by_role("link", name="Back to sign in").click()
    if name == "oidc":  # it is asked before one leaves
        page.get_by_role("button", name=f"Continue with {NAMES[name]}").click()
        expect(silent).to_be_visible()


def test_an_unproven_address_is_not_used(site: Product, provider: Provider, visit: Visit) -> None:
    provider.person = Somebody("700", "", "Ina", "ina@example.org", verified=False)
    page = visit(site).page
    page.goto("/accounts/login/")
    out(page, "oidc")
    allow(page)
    page.get_by_label("Handle").fill("ina-new")
    page.get_by_role("button", name="Make an account").click()
    expect(page).to_have_url(f"{site.url}/")
    page.goto("/accounts/email/")
    expect(page.locator("main")).not_to_contain_text("ina@example.org")


def test_the_address_of_somebody_here(site: Product, provider: Provider, visit: Visit) -> None:
    """No takeover: sign in first, then connect; then it lets one in, until it is taken away."""
    provider.person = Somebody("800", "linda", "Linda", "linda@example.org")
    window = visit(site)
    window.allow(REFUSED)
    page = window.page
    account = {"name": "Linda", "username": "linda", "email": "linda@example.org", "password1": PASSWORD}
    window.post_form("/accounts/signup/", account)
    sign_out(window)
    page.goto("/accounts/login/")
    out(page, "google")
    allow(page)
    expect(page.get_by_role("heading", name="There is an account with this address")).to_be_visible()
    assert_readable(page)
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("Handle or email").fill("linda")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Connected accounts")).to_be_visible()
    out(page, "google", "Connect")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Back to connected accounts").click()
    out(page, "google", "Connect")
    allow(page)
    expect(page.get_by_role("status")).to_have_text(re.compile("Google lets you in from now on"))
    sign_out(window)
    page.goto("/accounts/login/?next=/accounts/3rdparty/")
    out(page, "google")
    allow(page)
    page.get_by_role("button", name=re.compile("^Disconnect")).click()
    expect(page.get_by_role("status")).to_have_text(re.compile("no longer"))
    expect(page.get_by_role("main")).to_contain_text("None yet.")


def test_the_last_way_in_stays(site: Product, provider: Provider, visit: Visit) -> None:
    provider.person = Somebody("900", "mia", "Mia", "mia@example.org")
    window = visit(site)
    window.allow(REFUSED)
    page = window.page
    page.goto("/accounts/login/")
    out(page, "github")
    allow(page)
    page.get_by_role("button", name="Make an account").click()
    expect(page).to_have_url(f"{site.url}/")
    page.goto("/settings/")
    page.get_by_role("link", name="Connected accounts").click()
    page.get_by_role("button", name=re.compile("^Disconnect")).click()
    expect(page.get_by_role("alert")).to_contain_text("your only way in")
    assert_readable(page)
    out(page, "oidc", "Connect")
    allow(page)
    page.get_by_role("button", name=re.compile("^Disconnect GitHub")).click()
    expect(page.get_by_role("button", name=re.compile("^Disconnect"))).to_have_count(1)
    assert_readable(page)
