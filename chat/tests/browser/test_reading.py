"""What counts as read: seen, in a window that is looked at; and what was marked unread stays so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.crowd import fill
from chat.tests.browser.product import Product

pytestmark = pytest.mark.browser

# Windows of tests believe all at once that they are looked at; these do when a test says so.
LOOKING = "Document.prototype.hasFocus = () => window.isLookedAt ?? true"
LOOK = "is => { window.isLookedAt = is; if (is) window.dispatchEvent(new Event('focus')) }"
UP_AND_DOWN = """async () => {
  const box = document.getElementById("timeline");
  for (const step of [-200, 150, -50, 100]) {
    box.scrollTop += step;
    await new Promise((done) => setTimeout(done, 100));
  }
}"""


def count_in(page: Page, slug: str) -> Locator:
    return page.locator(f'#sidebar a[href="/rooms/{slug}/"] .unread')


def first_new(page: Page) -> Locator:
    return page.locator("#messages > .new-line + .message")


def test_read_is_what_was_seen_and_unread_what_was_marked(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(product, "ada", "bo")
    ids = fill(product, slug, 200, unread=80)
    bo = visit(product, "bo", viewport={"width": 1280, "height": 500})
    bo.context.add_init_script(LOOKING)
    elsewhere = bo.context.new_page()
    elsewhere.add_init_script("window.isLookedAt = false")
    elsewhere.goto(f"/rooms/{slug}/")
    page, count = bo.page, count_in(bo.page, slug)
    bo.enter(slug)

    # The room opens at the first unread message, and only what is seen is read.
    expect(page.locator(".new-line")).to_be_in_viewport()
    expect(first_new(page)).to_have_attribute("data-message-id", str(ids[120]))
    expect(count).not_to_have_text("80")
    assert 0 < int(count.inner_text()) < 80
    expect(page.locator(".new-line")).not_to_have_class("new-line is-read")
    expect(page.locator("#new-messages")).to_have_text("Newest messages")
    page.locator("#new-messages").click()
    expect(count).to_be_hidden()
    assert bo.distance_to_end() < 2
    # In the other window the line says so, without anybody looking at it.
    expect(elsewhere.locator(".new-line.is-read")).to_be_attached()
    expect(count_in(elsewhere, slug)).to_be_hidden()
    elsewhere.locator("#new-messages").click()
    expect(elsewhere.locator(f"#message-{ids[-1]}")).to_be_in_viewport()

    # Unread from here on, in both windows, however much one scrolls about.
    row = page.locator(f"#message-{ids[190]}")
    row.evaluate("row => row.scrollIntoView({ block: 'center' })")
    bo.act(row, "unread")
    others = page.locator(f"#message-{ids[189]} ~ .message:not(.is-mine)").count()
    expect(count).to_have_text(str(others))
    expect(page.locator(".new-line:not(.is-read)")).to_be_in_viewport()
    page.evaluate(UP_AND_DOWN)
    expect(count).to_have_text(str(others))
    elsewhere.evaluate(LOOK, True)
    elsewhere.evaluate(UP_AND_DOWN)
    expect(count_in(elsewhere, slug)).to_have_text(str(others))
    elsewhere.evaluate(LOOK, False)
    assert int(page.locator(".new-line ~ .message").first.get_attribute("data-message-id") or 0) >= ids[190]

    # Saying something is reading on, and so is coming in again.
    bo.say("I have read it now")
    expect(count).to_be_hidden()
    expect(count_in(elsewhere, slug)).to_be_hidden()
    page.locator(f"#message-{ids[199]} .message-link").focus()
    page.keyboard.press("u")
    expect(count).to_have_text("1")
    bo.enter(slug)
    expect(count).to_be_hidden()

    # Nobody looks: what comes is unread, and the line stands before the first of it.
    page.evaluate(LOOK, False)
    page.locator("#timeline").evaluate("box => { box.scrollTop = box.scrollHeight }")
    ada = visit(product, "ada").enter(slug)
    ada.say("while you were away")
    ada.say("and another")
    expect(count).to_have_text("2")
    expect(first_new(page)).to_contain_text("while you were away")
    page.evaluate(LOOK, True)
    expect(count).to_be_hidden()
    expect(page.locator(".new-line.is-read")).to_be_attached()
