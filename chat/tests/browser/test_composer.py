"""The box people write in: keys, drafts, limits, what becomes of a refused message."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import CUT_OFF, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def ada(product: Product, visit: Visit, make_room: Callable[..., str]) -> Visitor:
    return visit(product, "ada").enter(make_room(product, "ada", "bo"))


def test_enter_sends_and_shift_enter_is_a_new_line(ada: Visitor) -> None:
    ada.box.press_sequentially("one")
    ada.box.press("Shift+Enter")
    ada.box.press_sequentially("two")
    ada.box.press("Enter")
    expect(ada.box).to_have_value("")
    expect(ada.messages).to_have_count(1)
    assert ada.texts() == ["one\ntwo"]
    ada.box.press_sequentially("three")
    ada.box.press("Control+Enter")
    expect(ada.messages).to_have_count(2)
    expect(ada.box).to_be_focused()


def test_sending_by_the_button_keeps_the_focus(ada: Visitor) -> None:
    ada.box.fill("by button")
    ada.box.focus()
    ada.page.locator("#composer [type=submit]").click()
    expect(ada.message("by button")).to_be_visible()
    expect(ada.box).to_be_focused()


def test_enter_that_ends_a_composition_does_not_send(ada: Visitor) -> None:
    ada.box.fill("ことば")
    ada.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    ada.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(ada.box).to_have_value("ことば")
    expect(ada.bubbles).to_have_count(0)
    ada.box.dispatch_event("keydown", {"key": "Enter", "bubbles": True})
    expect(ada.message("ことば")).to_be_visible()


def test_blank_is_not_sent(ada: Visitor) -> None:
    ada.box.fill("  \n ")
    ada.box.press("Enter")
    expect(ada.bubbles).to_have_count(0)
    ada.say("words")
    expect(ada.messages).to_have_count(1)


def test_over_the_limit_the_text_stays_and_says_so(ada: Visitor) -> None:
    ada.box.fill("😀" * 5001)
    count = ada.page.locator("#composer-count")
    expect(count).to_have_text("1 too many")
    expect(count).to_have_class("composer-count is-over")
    ada.box.press("Enter")
    expect(ada.bubbles).to_have_count(0)
    ada.box.fill("😀" * 5000)
    expect(count).to_have_text("0 left")
    ada.box.press("Enter")
    expect(ada.messages).to_have_count(1)


def test_the_box_grows_with_its_lines_and_then_scrolls(ada: Visitor) -> None:
    heights = []
    for lines in (1, 4, 10, 30):
        ada.box.fill("\n".join("x" * lines))
        heights.append(ada.box.bounding_box()["height"])  # type: ignore[index]
    assert heights[0] < heights[1] < heights[2]
    assert heights[3] <= heights[2] + 2
    assert heights[2] <= 10 * 24 + 40


def test_a_draft_survives_a_reload_per_room(ada: Visitor, product: Product, make_room: Callable[..., str]) -> None:
    other = make_room(product, "ada")
    ada.box.fill("half a thought")
    ada.page.reload()
    expect(ada.box).to_have_value("half a thought")
    address = ada.page.url
    ada.page.goto(f"/rooms/{other}/")
    expect(ada.box).to_have_value("")
    ada.page.goto(address)
    expect(ada.box).to_have_value("half a thought")
    ada.is_live()
    ada.box.press("Enter")
    expect(ada.message("half a thought")).to_be_visible()
    ada.page.reload()
    expect(ada.box).to_have_value("")


def test_arrow_up_edits_the_last_own_message_and_escape_leaves_it(ada: Visitor, product: Product, visit: Visit) -> None:
    bo = visit(product, "bo").enter(ada.page.url.split("/")[-2])
    ada.say("mine `code` *x*")
    expect(ada.messages).to_have_count(1)
    bo.say("his")
    expect(ada.message("his")).to_be_visible()
    ada.box.press("ArrowUp")
    editor = ada.page.locator(".editor textarea")
    expect(editor).to_have_value("mine `code` *x*")
    expect(editor).to_be_focused()
    editor.fill("other")
    editor.press("Escape")
    expect(ada.page.locator(".editor")).to_have_count(0)
    expect(ada.box).to_be_focused()
    assert ada.texts()[0] == "mine code x"


def test_a_refused_message_says_so_and_offers_retry_and_discard(ada: Visitor) -> None:
    ada.box.evaluate("(box) => { box.value = 'with a \\u0000 in it' }")
    ada.box.press("Enter")
    expect(ada.bubbles).to_have_count(1)
    bubble = ada.bubbles.first
    expect(bubble).to_contain_text("Not sent.")
    ada.say("the next one passes")
    expect(ada.message("the next one passes")).to_be_visible()
    bubble.locator("[data-action=retry]").click()
    expect(bubble).to_contain_text("Not sent.")
    bubble.locator("[data-action=discard]").click()
    expect(ada.bubbles).to_have_count(0)
    assert ada.texts() == ["the next one passes"]


@pytest.mark.slow
def test_what_was_said_to_a_dead_server_survives_a_reload(
    own_product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(own_product, "ada")
    ada = visit(own_product, "ada").enter(slug)
    ada.allow(*CUT_OFF)
    own_product.kill()
    ada.say("first")
    ada.say("second")
    bubble = ada.bubbles.first
    expect(bubble).to_contain_text("first")
    expect(bubble).to_have_class(re.compile("is-pending.*is-slow"), timeout=3_000)
    own_product.start()
    ada.page.reload()
    ada.is_live()
    expect(ada.message("second")).to_be_visible(timeout=20_000)
    assert ada.texts() == ["first", "second"]
    expect(ada.bubbles).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("own_product", [{"POST_RATE": "2,2"}], indirect=True)
def test_who_writes_too_fast_waits_and_loses_nothing(
    own_product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    ada = visit(own_product, "ada").enter(make_room(own_product, "ada"))
    for number in range(6):
        ada.say(f"fast {number}")
    expect(ada.messages).to_have_count(6, timeout=20_000)
    assert ada.texts() == [f"fast {number}" for number in range(6)]
    expect(ada.bubbles).to_have_count(0)
