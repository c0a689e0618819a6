"""A day by keyboard alone: from signing in to signing out, without the mouse, and hearing what happens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product

pytestmark = pytest.mark.browser

# What the Tab key would stop at among the messages, and which message has the focus.
STOPS = "#timeline :is(a, button):not([tabindex='-1'])"
IN_THE_WAY = f"() => [...document.querySelectorAll({STOPS!r})].filter((stop) => stop.checkVisibility()).length"
PLACE = "[...document.querySelectorAll('#messages > .message')].indexOf(document.activeElement)"


def tab_to(page: Page, target: Locator, key: str = "Tab", most: int = 40) -> None:
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is not within {most} presses of {key}")


def test_a_day_by_keyboard(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    name = visit(product, "bo").enter(slug).page.locator("#room-name").inner_text()
    ada = visit(product)
    page, keys = ada.page, ada.page.keyboard
    page.goto("/")
    tab_to(page, page.locator("[name=login]"))
    keys.type("ada")
    tab_to(page, page.locator("[name=password]"))
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.locator("#sidebar")).to_be_visible()
    page.wait_for_load_state()  # the keys below are the script's

    # To a room by its name, and from region to region.
    keys.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    keys.type(name)
    keys.press("Enter")
    page.wait_for_url(f"**/rooms/{slug}/")
    ada.is_live()
    for _ in range(6):
        if ada.box.evaluate("box => box === document.activeElement"):
            break
        keys.press("F6")
    expect(ada.box).to_be_focused()

    # Saying, correcting, taking back.
    for words in ("First", "Secnd", "Third"):
        keys.type(words)
        keys.press("Enter")
    expect(ada.messages).to_have_count(3)
    keys.press("ArrowUp")
    editor = page.locator(".editor textarea")
    expect(editor).to_have_value("Third")
    keys.type("!")
    keys.press("Enter")
    expect(ada.message("Third!")).to_be_visible()
    expect(ada.box).to_be_focused()
    keys.press("Shift+Tab")
    expect(ada.messages.last).to_be_focused()
    keys.press("ArrowUp")
    expect(ada.messages.nth(1)).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#toolbar [data-action=edit]")).to_be_focused()
    keys.press("Enter")
    expect(editor).to_be_focused()
    keys.press("Control+a")
    keys.type("Second")
    keys.press("Control+Enter")
    expect(ada.message("Second")).to_be_visible()
    expect(ada.messages.nth(1)).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Delete")
    expect(page.locator(".confirm-delete [type=submit]")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".tombstone")).to_be_visible()
    expect(ada.messages.last).to_be_focused()
    keys.press("Escape")
    expect(ada.box).to_be_focused()

    # Elsewhere, and out.
    keys.press("Control+k")
    keys.type("harb")
    keys.press("Enter")
    page.wait_for_url("**/rooms/harbour/")
    ada.is_live()
    tab_to(page, page.locator("#sidebar [aria-current=page]"), "F6", 8)
    # Past every room behind this one: other journeys have made some, too.
    tab_to(page, page.locator("details.me > summary"), most=page.locator("#sidebar :is(a, summary)").count())
    keys.press("Enter")
    tab_to(page, page.locator('form[action^="/accounts/logout/"] [type=submit]'))
    keys.press("Enter")
    expect(page.locator("[name=login]")).to_be_visible()


def test_messages_are_one_stop_and_arrows_go_among_them(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada").enter("harbour")
    page, keys, rows = ada.page, ada.page.keyboard, ada.messages
    ada.box.focus()
    assert page.evaluate(IN_THE_WAY) == 0
    keys.press("Shift+Tab")
    expect(rows.last).to_be_focused()
    words = rows.last.locator(".message-body").inner_text()
    assert words in str(rows.last.get_attribute("aria-label"))

    # From the row to its actions, and back in steps; the day's link is one step before.
    keys.press("ArrowRight")
    shown = page.locator("#toolbar button:visible")
    expect(shown.first).to_be_focused()
    keys.press("End")
    expect(shown.last).to_be_focused()
    keys.press("ArrowRight")
    expect(shown.first).to_be_focused()
    keys.press("Escape")
    expect(rows.last).to_be_focused()
    keys.press("Shift+Tab")
    expect(page.locator(".day a").last).to_be_focused()
    keys.press("Shift+Tab")
    expect(page.locator(".room-header summary").last).to_be_focused()
    keys.press("Tab")
    expect(rows.last).to_be_focused()
    keys.press("Escape")
    expect(ada.box).to_be_focused()
    assert page.evaluate(IN_THE_WAY) == 0

    # By row, by screen, to the ends; what is before the first loaded one comes by itself.
    keys.press("Shift+Tab")
    before = rows.count()
    keys.press("ArrowUp")
    expect(rows.nth(before - 2)).to_be_focused()
    keys.press("PageUp")
    far = page.evaluate(PLACE)
    assert far < before - 4
    keys.press("PageDown")
    assert page.evaluate(PLACE) > far
    keys.press("End")
    expect(rows.last).to_be_focused()
    keys.press("ArrowDown")
    expect(rows.last).to_be_focused()
    keys.press("Home")
    first = page.evaluate("document.activeElement.id")
    expect(rows).not_to_have_count(before)
    expect(page.locator(f"#{first}")).to_be_focused()
    keys.press("ArrowUp")
    assert page.evaluate("document.activeElement.matches('.message')")
    assert page.evaluate("document.activeElement.id") != first
