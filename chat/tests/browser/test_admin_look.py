"""The desks in a browser: nothing sticks out, axe finds nothing, the policy is kept, and all works without a script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Opener
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import Visitor
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

DESKS = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/user/{otto}/change/",
    "/admin/accounts/user/{otto}/password/",
    "/admin/accounts/user/{otto}/acts/mute/",
    "/admin/accounts/user/{otto}/acts/close-sessions/",
    "/admin/auth/group/1/change/",
    "/admin/chat/restriction/?state=all",
    "/admin/chat/auditentry/",
    "/admin/chat/auditentry/?actor=nobody",
    "/admin/chat/auditentry/1/change/",
    "/admin/chat/connection/",
    "/admin/chat/opening/",
    "/admin/chat/membership/",
]


def person_id(page: Page, handle: str) -> str:
    page.goto(f"/admin/accounts/user/?q={handle}")
    address = str(page.get_by_role("link", name=handle, exact=True).get_attribute("href"))
    return address.split("/accounts/user/")[1].split("/")[0]


@pytest.mark.parametrize("path", DESKS)
def test_every_desk_can_be_read(open_page: Opener, path: str) -> None:
    page = open_page("ada", r"status of 400")  # a wish that was refused
    page.goto(path.format(otto=person_id(page, "otto")) if "{" in path else path)
    expect(page.locator("#main")).to_be_visible()
    assert_readable(page)


def test_a_link_for_a_new_password_is_shown_once(visit: Visit, product: Product) -> None:
    page = visit(product, "ada").page
    page.goto(f"/admin/accounts/user/{person_id(page, 'otto')}/acts/reset-link/")
    page.get_by_label("Reason").fill("Forgot it")
    page.get_by_role("button", name="Make a link for a new password").click()
    link = page.get_by_label("Link to hand over")
    assert "/accounts/password/reset/key/" in link.input_value()
    assert_readable(page)
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("/accounts/password/reset/key/")).to_have_count(0)


def test_a_ban_without_a_script_closes_the_other_window(own_product: Product, visit: Visit) -> None:
    moderator = visit(own_product, "ada", java_script_enabled=False)
    moderator.allow(r"status of 400")
    ada = moderator.page
    elif_ = visit(own_product, "elif").enter("harbour")
    elif_.allow(r"status of 40")
    number = person_id(ada, "elif")
    ada.goto(f"/admin/accounts/user/{number}/change/")
    expect(ada.locator(".desk-person")).to_contain_text("Harbour")
    ada.get_by_role("link", name="Ban…").click()
    ada.get_by_label("Where").select_option("The whole site")
    ada.get_by_role("button", name="Ban", exact=True).click()
    expect(ada.locator(".errorlist")).to_have_text("This field is required.")
    expect(ada.get_by_label("Where")).to_have_value("site")
    ada.get_by_label("Reason").fill("Sold berths that are not his")
    ada.get_by_role("button", name="Ban", exact=True).click()
    expect(ada.locator(".messagelist")).to_contain_text("Done: Ban (1 person).")
    expect(ada.locator(".desk-list")).to_contain_text("Sold berths that are not his")
    expect(elif_.page.locator("html[data-live]")).not_to_be_attached()

    ada.get_by_role("link", name="Lift…", exact=True).click()
    ada.get_by_label("Reason").fill("It was his brother")
    ada.get_by_role("button", name="Lift", exact=True).click()
    expect(ada.locator(".desk-list")).to_have_count(0)
    expect(ada.locator(".told").first).to_contain_text("It was his brother")


def test_many_people_at_once_from_the_list(own_product: Product, visit: Visit) -> None:
    ada = visit(own_product, "ada").page
    ada.goto("/admin/accounts/user/")
    for handle in ("fern", "karim"):
        ada.locator("tr", has=ada.get_by_role("link", name=handle, exact=True)).get_by_role("checkbox").check()
    ada.get_by_label("Action:").select_option("Mute…")
    ada.get_by_role("button", name="Go").click()
    expect(ada.locator(".desk-things li")).to_have_text([re.compile(r"\(@fern\)"), re.compile(r"\(@karim\)")])
    ada.get_by_label("Where").select_option("The whole site")
    ada.get_by_label("Reason").fill("A quarrel")
    ada.get_by_role("button", name="Mute", exact=True).click()
    expect(ada.locator(".messagelist")).to_contain_text("Done: Mute (2 people).")
    for handle in ("fern", "karim"):
        row = ada.locator("tr", has=ada.get_by_role("link", name=handle, exact=True))
        expect(row.locator(".field-standing")).to_have_text("muted")


def test_the_first_page_counts_who_is_there(own_product: Product, visit: Visit) -> None:
    visit(own_product, "bo").enter("harbour")
    ada = visit(own_product, "ada").page
    ada.goto("/admin/")
    connected = ada.locator(".overview-figures li").first

    def is_counted() -> bool:
        ada.reload()
        return "1" in connected.inner_text()

    assert wait_until(is_counted, seconds=10), "connections are written once a second"
    expect(connected).to_have_text(re.compile(r"1\s+connected, in 1 room"))
    connected.get_by_role("link").click()
    expect(ada.locator(".desk-table")).to_contain_text("Bo Okafor")
    expect(ada.locator(".desk-table")).to_contain_text("Harbour")
