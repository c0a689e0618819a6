"""The moderators' log in a browser: how it looks, ticking many messages at once, times on the reader's clock."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.tests.browser.conftest import Opener
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

LOG = "/admin/chat/message/"
PAGES = [
    LOG,
    f"{LOG}?room=town-hall",
    f"{LOG}?state=hidden",
    f"{LOG}?q=nobody-said-this",
    f"{LOG}?room=nowhere&until=9999-12-31",
    "{message}",
    "/admin/chat/room/",
    "/admin/chat/room/closed/",
    "{room}open/",
]


def entries(page: Page) -> Locator:
    return page.locator(".log-entry")


def ticks(page: Page) -> Locator:
    return page.locator(".log-tick input")


def found(page: Page, wanted: str) -> str:
    """The address that a page of the desk leads to."""
    page.goto(f"{LOG}?state=hidden" if wanted == "message" else "/admin/chat/room/closed/")
    link = ".log-about a[href*='/change/']" if wanted == "message" else ".log-closed a"
    return str(page.locator(link).first.get_attribute("href")).removesuffix("open/")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_read(open_page: Opener, path: str) -> None:
    page = open_page("ada", r"status of 400")  # a wish that was refused
    for name in ("message", "room"):
        path = path.replace(f"{{{name}}}", found(page, name)) if f"{{{name}}}" in path else path
    page.goto(path)
    assert_readable(page)


def test_a_message_looks_as_in_the_room(visit: Visit, product: Product) -> None:
    """The admin's own styles reach for paragraphs, lists, quotes and code; inside messages they must not."""
    styles = """row => [...row.querySelectorAll(".author, .message-body, .message-body *")].map(node => {
      const found = getComputedStyle(node);
      const named = ["font", "listStyleType", "margin", "padding", "color", "textDecoration", "borderInlineStartWidth"];
      return [node.className, node.tagName, ...named.map((name) => found[name])];
    })"""
    ada = visit(product, "ada").enter("town-hall")
    rich = ada.page.locator("#messages > .message:not(.mentions-me)")
    rows = [row for row in rich.all() if row.locator("pre, ol, blockquote, .mention, strong").count()][-8:]
    in_room = {row.get_attribute("id"): row.evaluate(styles) for row in rows}
    assert len(in_room) > 3
    ada.page.goto(f"{LOG}?room=town-hall#end")
    ada.page.mouse.move(1, 1)
    for name, expected in in_room.items():
        assert ada.page.locator(f"#{name}").evaluate(styles) == expected, name


def test_many_are_ticked_and_hidden(visit: Visit, own_product: Product) -> None:
    page = visit(own_product, "ada").page
    page.goto(f"{LOG}?room=market-square")
    number = ticks(page).count()
    page.locator("#log-all").check()
    expect(page.locator(".log-tick input:checked")).to_have_count(number)
    page.locator("#log-all").uncheck()
    ticks(page).nth(1).check()
    ticks(page).nth(4).click(modifiers=["Shift"])
    expect(page.locator(".log-tick input:checked")).to_have_count(4)
    texts = [entries(page).nth(n).locator(".message-body").inner_text() for n in range(1, 5)]

    page.get_by_role("button", name="Hide…").click()
    for text in texts:
        expect(page.locator("#content")).to_contain_text(text.split("\n")[0][:30])
    page.get_by_label("Reason").fill("Off the square's subject")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Done: Hide (4 messages).")
    expect(page.locator(".tombstone", has_text="Off the square's subject")).to_have_count(4)
    expect(page).to_have_url(f"{own_product.url}{LOG}?room=market-square")
    page.locator(".log-kept summary").first.click()
    expect(page.locator(".log-kept blockquote").first).to_be_visible()


def test_without_a_script(visit: Visit, own_product: Product) -> None:
    page = visit(own_product, "ada", java_script_enabled=False).page
    page.goto(LOG)
    expect(page.locator(".log-all")).to_be_hidden()
    page.get_by_label("Author").fill("@bo")
    page.get_by_label("Words").fill("wind")
    page.get_by_role("button", name="Show").click()
    expect(entries(page)).not_to_have_count(0)
    ticks(page).first.check()
    page.get_by_role("button", name="Hide…").click()
    page.get_by_label("Reason").fill("A test of the desk")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(".tombstone", has_text="A test of the desk")).to_have_count(1)
    entries(page).first.get_by_role("link", name="Message").click()
    expect(page.locator(".log-entry.is-it")).to_have_count(1)


def test_the_links_of_a_message_stay_at_the_desk_on_the_readers_clock(visit: Visit, product: Product) -> None:
    page = visit(product, "ada", timezone_id="Asia/Tokyo", locale="en-GB").page
    page.goto(f"{LOG}?room=harbour")
    row = entries(page).last
    number = row.locator(".message").get_attribute("data-message-id")
    expect(row.locator(".message-link")).to_have_attribute("href", f"{LOG}{number}/change/")
    shown = row.locator(".message-link time").inner_text()
    zone = page.locator("#log").get_attribute("data-zone")
    at = row.locator(".message").get_attribute("data-time")
    script = """([at, timeZone]) => new Intl.DateTimeFormat("en-GB",
      { dateStyle: "medium", timeStyle: "short", timeZone }).format(Date.parse(at))"""
    assert shown == page.evaluate(script, [at, zone])
