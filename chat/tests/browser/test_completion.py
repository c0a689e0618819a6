"""Naming somebody: where an @ asks for people, who is offered, and which keys belong to the list while it is open."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.modules import open_modules, run
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_clean

pytestmark = pytest.mark.browser

# What stands before the cursor, and what is being typed of a name there.
NAMINGS = [
    ("@", ""),
    ("Hello @bo", "bo"),
    ("(@b", "b"),
    ("one\n@two", "two"),
    ("@Åsa", "Åsa"),
    ("@名", "名"),
    ("@kt-9_x", "kt-9_x"),
    ("no", None),
    ("mail bo@harbour", None),
    ("a/@b", None),
    ("@@b", None),
    ("@bo ", None),
    (f"@{'x' * 33}", None),
]
PEOPLE = [{"handle": "asa", "name": "Åsa Quist"}, {"handle": "bo", "name": "Bo von Ahn"}]


def test_the_rules_of_naming(page: Page) -> None:
    open_modules(page)

    def ask(script: str, *given: Any) -> Any:
        return run(page, "mentioning", script, *given)

    found = ask(
        "return given[0].map((words) => m.namingAt(words, words.length)?.typed ?? null)", [w for w, _ in NAMINGS]
    )
    assert found == [typed for _, typed in NAMINGS]
    assert ask("return m.namingAt('Hi @bo there', 4)") == {"start": 3, "typed": ""}, "up to the cursor"
    put = ask("return [m.naming('Hi @b', 3, 'bo'), m.naming('Hi @bor, x', 3, 'bo'), m.naming('@b x', 0, 'bo')]")
    assert put == [
        {"start": 3, "end": 5, "put": "@bo "},
        {"start": 3, "end": 7, "put": "@bo"},
        {"start": 0, "end": 2, "put": "@bo"},
    ]
    narrowed = ask(
        "return given[1].map((b) => m.narrow(given[0], b).map((p) => p.handle))", PEOPLE, ["a", "VON", "ås", "n"]
    )
    assert narrowed == [["asa", "bo"], ["bo"], ["asa"], []]


def test_somebody_is_named_by_keys_and_by_pointer(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(product, "ada", "bo", "chiara", "mateo")
    ada, bo = visit(product, "ada").enter(slug), visit(product, "bo").enter("harbour")
    page, box = ada.page, ada.box
    options = page.locator(".completion-option:visible")

    # The list is steered from the box, which says so to screen readers.
    box.press_sequentially("Hello @m")
    expect(options).to_have_text(["MRMateo Ruiz@mateo"])
    expect(page.locator(".composer [role=status]:not(#composer-state)")).to_have_text(
        "1 person. Choose with the arrow keys."
    )
    active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-selected", "true")
    assert page.locator(f"#{box.get_attribute('aria-controls')}").get_attribute("role") == "listbox"
    assert_clean(page)
    box.press("Enter")
    expect(box).to_have_value("Hello @mateo ")
    expect(options).to_have_count(0)
    expect(ada.bubbles).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(box).to_have_value("Hello @m")

    # A lone @ offers everybody but oneself, and takes no key before an arrow does.
    box.fill("")
    box.press_sequentially("@")
    expect(options).to_have_count(3)
    expect(box).not_to_have_attribute("aria-activedescendant", r".")
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Tab")
    expect(box).to_have_value("@bo ")
    expect(box).to_be_focused()
    options.first.wait_for(state="detached")

    # Escape is for the list first, and what is typed on does not bring it back.
    box.fill("")
    box.press_sequentially("at 5 @c")
    expect(options).to_have_count(1)
    box.press("Escape")
    expect(options).to_have_count(0)
    box.press_sequentially("hi")
    expect(options).to_have_count(0)
    box.press("Enter")
    expect(ada.message("at 5 @chi")).to_be_visible()

    # By pointer; and whole handles need no more keys than their own.
    box.press_sequentially("@bo")
    expect(options).to_have_count(0)
    box.press("Enter")
    expect(ada.messages).to_have_count(2)
    box.press_sequentially("come, @ch")
    options.first.click()
    expect(box).to_have_value("come, @chiara ")
    expect(box).to_be_focused()
    box.fill("")

    # In an editor, too: Enter picks before it saves, Escape closes the list before the editor.
    box.press("ArrowUp")
    editor = page.locator(".editor textarea")
    expect(editor).to_be_focused()
    editor.press_sequentially(" @ma")
    expect(options).to_have_count(1)
    editor.press("Enter")
    expect(editor).to_have_value("@bo @mateo ")
    editor.press_sequentially("@c")
    expect(options).to_have_count(1)
    editor.press("Escape")
    expect(options).to_have_count(0)
    expect(editor).to_be_focused()
    editor.press("Escape")
    expect(editor).to_have_count(0)

    # Who was named sees it: beside the room, and in it.
    pill = bo.page.locator(f'#sidebar a[href="/rooms/{slug}/"] .mentions')
    expect(pill).to_contain_text("1")
    bo.enter(slug)
    expect(bo.messages.last).to_have_class(re.compile("mentions-me"))
    expect(bo.messages.first).not_to_have_class(re.compile("mentions-me"))
