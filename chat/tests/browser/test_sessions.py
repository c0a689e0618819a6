"""Where one is signed in, a new password, and what comes by mail, on a server that sends some."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.reading import assert_readable
from chatsite.testing.post import Post, post_office

pytestmark = pytest.mark.browser

NEW, NEWER = "orange lighthouse 3", "violet umbrella 8"
PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with post_office() as office:
        yield office


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, town: Path, post: Post) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("mailing"), town, EMAIL_URL=post.url)
    try:
        product.start()
        yield product
    finally:
        product.stop()


def sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Handle or email").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("body[data-user-id]")).to_be_attached()


def change_password(page: Page, old: str, new: str) -> None:
    page.goto("/accounts/password/change/")
    for label, words in (("Present password", old), ("New password", new), ("New password, again", new)):
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".flash")).to_contain_text("Your password is changed")


def link_of(mail: str) -> str:
    found = re.search(r"http://localhost:\d+(/\S+)", mail)
    assert found is not None, mail
    return found[1]


def is_out(page: Page) -> None:
    expect(page.locator("#connection")).to_contain_text("You are signed out")


def test_sessions_and_a_new_password(mailing: Product, visit: Visit) -> None:
    here, there = visit(mailing), visit(mailing, **PHONE)
    for each in (here, there):
        sign_in(each.page, "ada", PASSWORD)
        each.enter("harbour")
    settings = here.context.new_page()

    change_password(settings, PASSWORD, NEW)
    is_out(there.page)
    here.page.wait_for_timeout(500)
    here.say("Still here after a new password")
    expect(here.message("Still here after a new password")).to_be_visible()
    expect(here.page.locator("#connection.is-ended")).to_have_count(0)

    sign_in(there.page, "ada", NEW)
    there.enter("harbour")
    settings.goto("/accounts/sessions/")
    rows = settings.locator(".session")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("This one")
    expect(rows.first).to_contain_text("on Linux")
    rows.last.get_by_role("button", name=re.compile("^Sign out")).click()
    expect(rows).to_have_count(1)
    is_out(there.page)

    sign_in(there.page, "ada", NEW)
    there.enter("harbour")
    settings.reload()
    settings.get_by_role("button", name="Sign out everywhere else").click()
    expect(settings.get_by_text("You are signed in nowhere else.")).to_be_visible()
    is_out(there.page)
    here.say("And after ending the others")
    expect(here.message("And after ending the others")).to_be_visible()


def test_somebody_else_signs_in_meanwhile(mailing: Product, visit: Visit) -> None:
    """A window left open belongs to whom it was drawn for."""
    bo = visit(mailing)
    sign_in(bo.page, "bo", PASSWORD)
    bo.enter("harbour")
    other = bo.context.new_page()
    other.goto("/accounts/logout/")
    other.get_by_role("button", name="Sign out").click()
    is_out(bo.page)
    bo.say("Not hers to send")
    sign_in(other, "ines", PASSWORD)
    bo.page.evaluate("dispatchEvent(new Event('pageshow'))")
    bo.page.wait_for_timeout(1_500)
    expect(bo.page.locator("#connection")).to_contain_text("You are signed out")
    other.goto("/rooms/harbour/")
    expect(other.get_by_text("Not hers to send")).to_have_count(0)


def test_mail_leads_in(mailing: Product, visit: Visit, post: Post) -> None:
    """Sign-up, a code, a forgotten password, another address; on a phone, without a script."""
    visitor = visit(mailing, **PHONE, java_script_enabled=False)
    page = visitor.page
    page.goto("/accounts/signup/")
    for label, words in (("Your name", "Nora"), ("Handle", "nora"), ("Email", "nora@example.org"), ("Password", NEW)):
        page.get_by_label(label, exact=label == "Handle").fill(words)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    page.goto(link_of(post.newest("nora@example.org")))
    page.get_by_role("button", name="Yes, confirm it").click()
    page.goto("/settings/")
    expect(page.get_by_label("Your name")).to_have_value("Nora")

    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with a code by mail").click()
    page.get_by_label("Email").fill("nora@example.org")
    page.get_by_role("button", name="Send the code").click()
    code = re.search(r"^[A-Z0-9-]{6,}$", post.newest("nora@example.org", with_words="code"), re.MULTILINE)
    assert code is not None
    page.get_by_label("Code").fill(code[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/accounts/sessions/")
    expect(page.locator(".session")).to_have_count(1)

    sign_out(page)
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill("nora@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    page.goto(link_of(post.newest("nora@example.org", with_words="new password")))
    page.get_by_label("New password", exact=True).fill(NEWER)
    page.get_by_label("New password, again", exact=True).fill(NEWER)
    page.get_by_role("button", name="Keep this password").click()
    sign_in(page, "nora@example.org", NEWER)
    another_address(page, post)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("body[data-user-id]")).to_have_count(0)


def another_address(page: Page, post: Post) -> None:
    page.goto("/accounts/email/")
    page.get_by_label("Email").fill("nora@elsewhere.example")
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_text("waits to be confirmed")).to_be_visible()
    page.goto(link_of(post.newest("nora@elsewhere.example")))
    page.get_by_role("button", name="Yes, confirm it").click()
    page.goto("/accounts/email/")
    expect(page.get_by_text("Yours is nora@elsewhere.example.")).to_be_visible()
    assert "no longer nora@example.org" in post.newest("nora@example.org", with_words="no longer")


def test_pages_about_mail_can_be_read(mailing: Product, visit: Visit) -> None:
    page = visit(mailing).page
    page.goto("/accounts/login/code/")
    assert_readable(page)
    page.get_by_label("Email").fill("nobody@a-rather-long-name-of-a-place-somewhere.example.org")
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    assert_readable(page)
    page.goto("/accounts/password/reset/")
    assert_readable(page)
