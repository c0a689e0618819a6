"""By ear, by other colours, at other sizes: what a screen reader is told, and every state of a room's page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.reading import OVERHANG, assert_clean
from chat.tests.browser.visitor import Visitor
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

# Everything that is ever said about messages, whichever room's region says it.
HEAR = """() => {
  globalThis.heard = [];
  new MutationObserver((records) => {
    const said = records.filter(({ target }) => target.id === "announcer" && target.textContent);
    heard.push(...said.map(({ target }) => target.textContent));
  }).observe(document.body, { subtree: true, childList: true });
}"""


def test_what_others_say_is_said_once_and_nothing_else_is(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)
    region = ada.page.locator("#announcer")
    assert region.get_attribute("aria-live") == "polite"
    assert ada.page.locator("[role=log]").get_attribute("aria-live") == "off"
    ada.page.evaluate(HEAR)
    ada.say("my own words")
    bo.say("**Good** `morning`")
    expect(region).to_have_text("Bo Okafor: Good morning")

    # Neither an edit is said nor a delete; and the focus stays in the row that changes under it.
    row = ada.messages.last
    ada.box.focus()
    ada.page.keyboard.press("Shift+Tab")
    expect(row).to_be_focused()
    bo.act(bo.message("Good morning"), "edit")
    bo.page.locator(".editor textarea").fill("Good evening")
    bo.page.locator(".editor textarea").press("Enter")
    expect(ada.message("Good evening")).to_be_visible()
    expect(row).to_be_focused()
    bo.act(bo.message("Good evening"), "delete")
    bo.page.locator(".confirm-delete [type=submit]").click()
    expect(ada.page.locator(".tombstone")).to_be_visible()
    expect(row).to_be_focused()
    expect(region).to_have_text("")  # words that are gone do not stay behind

    # A burst is counted, in few sentences, however long the machine takes for it.
    for number in range(12):
        bo.say(f"quick {number}")
    expect(ada.message("quick 11")).to_be_visible()
    assert wait_until(lambda: sum(map(counted, heard(ada)[1:])) == 12), heard(ada)
    assert len(heard(ada)) <= 5
    assert any(re.fullmatch(r"\d+ new messages", words) for words in heard(ada))

    # Another room: its history is not read out, what is said there is.
    bo.enter("harbour")
    ada.page.locator('#sidebar a[href="/rooms/harbour/"]').click()
    ada.page.wait_for_url("**/rooms/harbour/")
    ada.is_live()
    before = ada.messages.count()
    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
    expect(ada.messages).not_to_have_count(before)
    bo.say("Anybody here?")
    expect(region).to_have_text("Bo Okafor: Anybody here?")
    assert [heard(ada)[0], heard(ada)[-1]] == ["Bo Okafor: Good morning", "Bo Okafor: Anybody here?"]
    assert sum(map(counted, heard(ada))) == 14


def heard(visitor: Visitor) -> list[str]:
    visitor.page.wait_for_timeout(50)  # lets the window go on
    return list(visitor.page.evaluate("heard"))


def counted(words: str) -> int:
    """How many messages were told by these words."""
    burst = re.fullmatch(r"(\d+) new messages", words)
    return int(burst[1]) if burst else len(words.splitlines())


State = Callable[[Visitor], None]


def _press(*keys: str) -> State:
    def act(ada: Visitor) -> None:
        for key in keys:
            ada.page.keyboard.press(key)

    return act


def _typed(words: str) -> State:
    return lambda ada: ada.box.fill(words)


def _clicked(place: str) -> State:
    return lambda ada: ada.page.locator(place).click()


# How each state of the page is entered, what shows that it is, and how it is left.
STATES: dict[str, tuple[State, str, State]] = {
    "naming": (lambda ada: ada.box.press_sequentially("@"), ".completion-option", _typed("")),
    "over the limit": (_typed("x" * 5001), ".composer-count.is-over", _typed("")),
    "a message": (_press("Shift+Tab"), "#toolbar", _press("Escape")),
    "editing": (_press("ArrowUp"), ".editor textarea", _press("Escape")),
    "deleting": (_press("Shift+Tab", "Delete"), ".confirm-delete", _press("Escape", "Escape")),
    "linked": (_clicked(".message-link"), ".is-linked:focus-within", _press("Escape")),
    "the menu": (_clicked(".room-header .menu summary"), ".room-header .menu-list", _press("Escape")),
    "jumping": (_press("Control+k"), "#palette", _press("Escape")),
    "keys": (_press("Shift+Tab", "?"), "#keys", _press("Escape")),
}


def test_every_state_is_clean_still_and_in_its_frame(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    ada = visit(product, "ada", reduced_motion="reduce").enter(make_room(product, "ada", "bo"))
    page = ada.page
    ada.say("Mine")
    expect(ada.message("Mine")).to_be_visible()
    for name, (begin, mark, end) in STATES.items():
        ada.box.focus()
        begin(ada)
        expect(page.locator(mark).first, name).to_be_visible()
        assert moving(page) == [], name
        for theme, rules in THEMES:
            page.emulate_media(color_scheme=theme)
            assert_clean(page, **rules)
        # 1280 pixels at 400 %: nothing sticks out, and the box can still be seen whole.
        page.set_viewport_size({"width": 320, "height": 256})
        assert page.evaluate(OVERHANG) == [], name
        assert page.evaluate(BOX_IS_IN_SIGHT), name
        page.set_viewport_size({"width": 1280, "height": 720})
        end(ada)
        expect(page.locator(mark).filter(visible=True), name).to_have_count(0)


THEMES: tuple[tuple[Any, dict[str, Any]], ...] = (
    ("light", {}),
    ("dark", {"runOnly": {"type": "rule", "values": ["color-contrast"]}}),
)


BOX_IS_IN_SIGHT = """() => {
  const { top, bottom } = document.querySelector(".composer-box").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def moving(page: Page) -> list[str]:
    script = "document.getAnimations().filter((each) => each.playState === 'running').map((each) => each.animationName)"
    page.evaluate("new Promise(requestAnimationFrame)")
    return list(page.evaluate(script))


# Where colours are the reader's own, lines tell what colours did: what, and the property that draws the line.
LINES = [
    (".composer-box", "border-top-style"),
    ("#toolbar", "border-top-style"),
    ("#sidebar [aria-current=page]", "outline-style"),
    (".message.mentions-me", "outline-style"),
    (".completion-option[aria-selected=true]", "outline-style"),
    (".completion", "border-top-style"),
    (".send", "border-top-style"),
    (".message:focus", "outline-style"),
]

LINE_OF = "([place, line]) => document.querySelector(place) && getComputedStyle(document.querySelector(place))[line]"


def test_lines_carry_what_colours_did(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    visit(product, "bo").enter(slug).say("@ada, look")
    ada = visit(product, "ada", forced_colors="active").enter(slug)
    page = ada.page
    expect(page.locator(".mentions-me")).to_be_visible()
    drawn: dict[str, str | None] = {}
    for keys in (["Shift+Tab"], ["Escape", "@", "b"]):
        ada.box.focus()
        for key in keys:
            page.keyboard.press(key)
        if "@" in keys:
            page.locator(".completion-option").wait_for()
        for place, line in LINES:
            script = (
                "([place, line]) => { const e = document.querySelector(place); return e && getComputedStyle(e)[line] }"
            )
            drawn[place] = page.evaluate(script, [place, line]) or drawn.get(place)
    assert {place for place, style in drawn.items() if style in {None, "none"}} == set()
