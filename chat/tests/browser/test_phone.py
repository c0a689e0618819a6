"""A phone: one pane, the rooms in a drawer, Enter is a new line."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_clean

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_room_on_a_phone(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    ada = visit(product, "ada", **PHONE).enter("harbour")
    page = ada.page
    assert page.evaluate(WIDTH) == 0
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(page.locator("#people")).to_be_hidden()

    page.locator("#menu").tap()
    expect(page.locator("#drawer")).to_be_visible()
    link = page.locator(f'#drawer a[href="/rooms/{slug}/"]')
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    page.locator("#menu").tap()
    page.touchscreen.tap(350, 400)
    expect(page.locator("#drawer")).to_be_hidden()
    page.locator("#menu").tap()
    link.tap()
    page.wait_for_url(f"**/rooms/{slug}/")
    ada.is_live()

    ada.box.tap()
    ada.box.press_sequentially("one")
    ada.box.press("Enter")
    ada.box.press_sequentially("two")
    expect(ada.box).to_have_value("one\ntwo")
    page.locator("#composer [type=submit]").tap()
    expect(ada.messages).to_have_count(1)
    expect(ada.box).to_be_focused()
    assert ada.texts() == ["one\ntwo"]
    assert page.evaluate(WIDTH) == 0

    # A tap brings the way to a sheet, a resting finger the sheet itself: and where it leaves, nothing is pressed.
    ada.messages.last.locator(".message-body").tap()
    more = ada.messages.last.locator("#toolbar button:visible")
    expect(more).to_have_count(1)
    sheet = page.locator("#sheet")
    more.tap()
    expect(sheet).to_be_visible()
    assert_clean(page)
    page.touchscreen.tap(180, 40)
    expect(sheet).to_be_hidden()
    rest(page, ada.messages.last.locator(".message-body"), over=sheet)
    expect(sheet.locator("h2")).to_have_text("Ada Lindqvist")
    sizes = sheet.locator("button:visible").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44
    sheet.locator("[data-action=edit]").tap()
    editor = page.locator(".editor textarea")
    editor.fill("three")
    page.locator(".editor [type=submit]").tap()
    expect(ada.message("three")).to_be_visible()


def rest(page: Page, place: Locator, over: Locator) -> None:
    """A finger stays where it is until `over` is there, and is then taken away."""
    box = place.bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 20, "y": box["y"] + 10}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(over).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(over).to_be_visible()


def test_who_is_here_slides_over_the_timeline(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada", **PHONE).enter("harbour")
    people = ada.page.locator("#people")
    ada.page.locator("#people-toggle").tap()
    expect(people.get_by_text("Ada Lindqvist")).to_be_visible()
    ada.page.locator("#people-close").tap()
    expect(people).to_be_hidden()


def test_on_a_wide_screen_the_panel_is_closed_for_good(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada", viewport={"width": 1400, "height": 800}).enter("harbour")
    people = ada.page.locator("#people")
    expect(people).to_be_visible()
    ada.page.locator("#people-toggle").click()
    expect(people).to_be_hidden()
    ada.page.reload()
    ada.is_live()
    expect(people).to_be_hidden()
    ada.page.locator("#people-toggle").click()
    expect(people).to_be_visible()
