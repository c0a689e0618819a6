"""The box people write in: keys, drafts, limits, and how fast is too fast."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.modules import open_modules, run
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

ENTER: dict[str, Any] = {"key": "Enter"}
PRESSES: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({}, "send", "newline"),
    ({"shiftKey": True}, "newline", "newline"),
    ({"altKey": True}, "newline", "newline"),
    ({"ctrlKey": True}, "send", "send"),
    ({"metaKey": True}, "send", "send"),
    ({"ctrlKey": True, "isComposing": True}, None, None),
    ({"isComposing": True}, None, None),
    ({"keyCode": 229}, None, None),
    ({"key": "a"}, None, None),
]


@pytest.fixture
def ada(product: Product, visit: Visit, make_room: Callable[..., str]) -> Visitor:
    return visit(product, "ada").enter(make_room(product, "ada", "bo"))


def test_what_enter_means_on_a_desk_and_by_touch(page: Page) -> None:
    open_modules(page)
    for keys, on_a_desk, by_touch in PRESSES:
        meant = run(page, "keys", "return [false, true].map((touch) => m.keyAsks(given[0], touch))", {**ENTER, **keys})
        assert meant == [on_a_desk, by_touch], keys
    counted = run(page, "keys", "return ['', 'aé', '😀', '👩‍🚒', 'e\\u0301'].map(m.lengthOf)")
    assert counted == [0, 2, 1, 3, 2], "code points, as the server counts them"


def test_keys_in_the_box(ada: Visitor, product: Product, visit: Visit) -> None:
    box, page = ada.box, ada.page
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.press("Enter")
    expect(box).to_have_value("")
    expect(ada.messages).to_have_count(1)
    box.press_sequentially("three")
    box.press("Control+Enter")
    expect(ada.messages).to_have_count(2)
    box.fill("by button")
    page.locator("#composer [type=submit]").click()
    expect(ada.messages).to_have_count(3)
    expect(box).to_be_focused()

    # Blank is nothing to say.
    box.fill("  \n ")
    box.press("Enter")
    expect(box).to_have_value("  \n ")
    box.fill("")

    # Words still being composed are not sent by the Enter that ends them, nor by one that is theirs.
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "ことば", "selectionStart": 3, "selectionEnd": 3})
    expect(box).to_have_value("ことば")
    enter = {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", enter)
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    keyboard.send("Input.insertText", {"text": "ことば"})
    expect(box).to_have_value("ことば")
    box.press("Enter")
    expect(ada.message("ことば")).to_be_visible()

    # What is pasted keeps its lines.
    box.fill("first\n\n  second\tthird\n")
    box.press("Control+a")
    box.press("Control+x")
    expect(box).to_have_value("")
    box.press("Control+v")
    expect(box).to_have_value("first\n\n  second\tthird\n")
    box.fill("")
    assert ada.texts() == ["one\ntwo", "three", "by button", "ことば"]

    # ArrowUp in the empty box edits the last message of one's own; Escape leaves it as it was.
    bo = visit(product, "bo").enter(page.url.split("/")[-2])
    bo.say("his")
    expect(ada.message("his")).to_be_visible()
    ada.say("mine `code` *x*")
    expect(ada.messages).to_have_count(6)
    box.press("ArrowUp")
    editor = page.locator(".editor textarea")
    expect(editor).to_have_value("mine `code` *x*")
    expect(editor).to_be_focused()
    editor.fill("x" * 5001)
    expect(page.locator(".editor .composer-count")).to_have_text("1 too many")
    editor.press("Escape")
    expect(editor).to_have_count(0)
    expect(box).to_be_focused()
    assert ada.texts()[-1] == "mine code x"
    box.fill("not empty")
    box.press("ArrowUp")
    expect(editor).to_have_count(0)


def test_the_box_grows_and_says_when_it_is_too_much(ada: Visitor) -> None:
    box, count, state = ada.box, ada.page.locator("#composer-count"), ada.page.locator("#composer-state")
    heights = []
    for lines in (1, 4, 10, 30):
        box.fill("\n".join("x" * lines))
        heights.append(box.bounding_box()["height"])  # type: ignore[index]
    assert heights[0] < heights[1] < heights[2]
    assert heights[3] <= heights[2] + 2
    assert heights[2] <= 10 * 24 + 40

    box.fill("😀" * 4501)
    expect(count).to_have_text("499 left")
    box.fill("😀" * 5012)
    expect(count).to_have_text("12 too many")
    expect(count).to_have_class(re.compile("is-over"))
    expect(state).to_have_text("Too long to send.")
    assert state.get_attribute("role") == "status"
    expect(box).to_have_attribute("aria-invalid", "true")
    box.press("Enter")
    expect(state).to_have_text("Take out 12 characters to send it.")
    expect(ada.bubbles).to_have_count(0)
    assert len(box.input_value()) == 5012
    box.fill("😀" * 5000)
    expect(count).to_have_text("0 left")
    expect(state).to_have_text("")
    expect(box).not_to_have_attribute("aria-invalid", "true")
    box.press("Enter")
    expect(ada.messages).to_have_count(1)


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


def test_in_a_slow_room_words_wait_in_order_and_it_is_said_how_long(
    ada: Visitor, product: Product, visit: Visit
) -> None:
    slug = ada.page.url.split("/")[-2]
    with closing(sqlite3.connect(product.data / "chatrooms.sqlite3", timeout=10)) as database, database:
        database.execute("UPDATE chat_room SET slow_seconds = 2 WHERE slug = ?", [slug])
    bo = visit(product, "bo").enter(slug)
    wait = bo.page.locator("#composer-wait")
    for words in ("one", "two", "three"):
        bo.say(words)
    expect(wait).to_have_text(re.compile("^Goes in [12] seconds?$"))
    expect(bo.bubbles).to_have_count(2)
    expect(ada.message("three")).to_be_visible(timeout=20_000)
    assert ada.texts() == ["one", "two", "three"]
    expect(wait).to_have_text("")
    expect(bo.bubbles).to_have_count(0)
