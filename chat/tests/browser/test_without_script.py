"""From an empty installation to a conversation, all without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def say(page: Page, words: str) -> None:
    page.locator("#composer textarea").fill(words)
    page.locator("#composer [type=submit]").click()


def test_set_up_sign_up_talk_and_page_back(empty_product: Product, visit: Visit) -> None:
    page = visit(empty_product, java_script_enabled=False).page
    page.goto("/")
    fields = {"site_name": "Lighthouse", "name": "Ada", "handle": "ada", "password": PASSWORD, "room_name": "Lobby"}
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("form:has([name=site_name]) [type=submit]").click()
    expect(page.locator("#room-name")).to_have_text("Lobby")

    guest = visit(empty_product, java_script_enabled=False).page
    guest.goto("/accounts/signup/")
    for name, value in {"name": "Bo", "username": "bo", "email": "bo@town.example", "password1": PASSWORD}.items():
        guest.locator(f"[name={name}]").fill(value)
    guest.locator("form:has([name=username]) [type=submit]").click()
    guest.goto("/rooms/new/")
    guest.locator("[name=name]").fill("Boathouse")
    guest.locator("form:has([name=topic]) [type=submit]").click()
    expect(guest.locator("#room-name")).to_have_text("Boathouse")

    page.goto("/rooms/boathouse/")
    expect(page.locator("#messages")).to_have_count(0)
    page.locator("form[action$='/join/'] [type=submit]").click()
    say(page, "Hello **Bo**")
    expect(page.locator("#messages .message-body strong")).to_have_text("Bo")
    guest.reload()
    expect(guest.locator("#messages .message-body")).to_have_text("Hello Bo")

    page.locator("#messages .message-link").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("textarea[name=body]")).to_have_value("Hello **Bo**")
    page.locator("textarea[name=body]").fill("Good morning")
    page.locator("form:has(textarea[name=body]) [type=submit]").first.click()
    guest.reload()
    expect(guest.locator("#messages .message-body")).to_have_text("Good morning")
    expect(guest.locator("#messages .edited")).to_be_visible()

    page.goto("/rooms/boathouse/")
    page.locator("#messages .message-link").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.locator("main form[method=post] [type=submit]").last.click()
    guest.reload()
    expect(guest.locator("#messages .tombstone")).to_have_text("Deleted by Ada")
    expect(guest.get_by_text("Good morning")).to_have_count(0)


def test_paging_back_and_forth(product: Product, visit: Visit) -> None:
    page = visit(product, "ada", java_script_enabled=False).page
    page.goto("/rooms/harbour/")
    seen = _ids(page)
    assert len(seen) == 50
    while page.locator("#older a").count():  # as many pages as the others have said
        page.locator("#older a").click()
        page.wait_for_url(re.compile(r"\\?before="))
        older = _ids(page)
        assert older[-1] < seen[0]
        seen = older + seen
    assert len(seen) >= 400
    expect(page.locator("#older")).to_have_count(0)
    page.locator("#newer a[rel=next]").click()
    assert _ids(page)[0] == older[-1] + 1 or _ids(page)[0] > older[-1]


def _ids(page: Page) -> list[int]:
    return [int(str(row.get_attribute("data-message-id"))) for row in page.locator("#messages > .message").all()]
