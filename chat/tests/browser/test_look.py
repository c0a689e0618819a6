"""Every page, in both themes: nothing sticks out sideways, axe finds nothing, the content policy is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Opener
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_clean, assert_readable
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

VISITOR_PAGES = ["/"]
MEMBER_PAGES = [
    "/",
    "/rooms/new/",
    "/rooms/harbour/",
    "/rooms/town-hall/",
    "/rooms/market-square/",
    "/rooms/new-pier/",
    "/rooms/chess-by-post/",
    "/rooms/town-hall/members/",
    "/rooms/town-hall/settings/",
    "/rooms/town-hall/moderation/",
    "/people/karim/",
    "/rooms/no-such-room/",
]
PAGES = [(None, path) for path in VISITOR_PAGES] + [("ada", path) for path in MEMBER_PAGES]
MISSING = r"status of 404"


def _opened(visit: Visit, product: Product, handle: str | None, path: str, **options: Any) -> Page:
    visitor = visit(product, handle, **options)
    visitor.allow(MISSING)
    visitor.page.goto(path)
    expect(visitor.page.locator("#main")).to_be_visible()
    return visitor.page


@pytest.mark.parametrize(("handle", "path"), PAGES)
def test_every_page_can_be_read(open_page: Opener, handle: str | None, path: str) -> None:
    page = open_page(handle, MISSING)
    page.goto(path)
    expect(page.locator("#main")).to_be_visible()
    assert_readable(page)


def test_the_set_up_page_is_accessible_too(visit: Visit, empty_product: Product) -> None:
    page = _opened(visit, empty_product, None, "/")
    expect(page.locator("input[name=site_name]")).to_be_visible()
    assert_readable(page)


def test_the_chosen_theme_wins_over_the_systems(visit: Visit, product: Product) -> None:
    dark = _background(_opened(visit, product, None, "/", color_scheme="dark"))
    page = _opened(visit, product, None, "/", color_scheme="light")
    light = _background(page)
    assert light != dark
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert _background(page) == dark


def test_motion_stops_when_it_is_not_wanted(visit: Visit, product: Product) -> None:
    page = _opened(visit, product, "ada", "/rooms/town-hall/", reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--quick')") == "0s"


def test_axe_sees_what_is_wrong(visit: Visit, product: Product) -> None:
    """The premise of the tests above: a picture without words for it is found."""
    page = _opened(visit, product, None, "/")
    page.evaluate("document.querySelector('#main').append(document.createElement('img'))")
    with pytest.raises(AssertionError, match="image-alt"):
        assert_clean(page)


def test_every_control_can_be_hit_by_a_finger(visit: Visit, product: Product) -> None:
    """WCAG 2.5.8 asks 24 px; by touch ours are 44, but for links inside sentences."""
    page = _opened(
        visit,
        product,
        "ada",
        "/rooms/town-hall/",
        has_touch=True,
        is_mobile=True,
        viewport={"width": 360, "height": 740},
    )
    for control in page.locator(".room-header .icon-button, #composer textarea").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box
            assert box["height"] >= 43


def _background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_menus_close_by_escape_and_by_a_press_elsewhere(visit: Visit, product: Product) -> None:
    page = visit(product, "ada").enter("town-hall").page
    menu = page.locator(".room-header .menu")
    menu.locator("summary").click()
    expect(menu.locator(".menu-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator(".menu-list")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("#composer textarea").click()
    expect(menu.locator(".menu-list")).to_be_hidden()


STARTS = """(body, selector) => [...body.querySelectorAll(selector)].map((block) => {
  const words = document.createRange();
  words.selectNodeContents(block);
  const inner = words.getBoundingClientRect(), outer = block.getBoundingClientRect();
  return outer.right - inner.right < inner.left - outer.left ? "right" : "left";
})"""


def test_each_paragraph_runs_the_way_its_own_words_do(visit: Visit, product: Product, make_room: Any) -> None:
    visitor = visit(product, "ada").enter(make_room(product, "ada"))
    visitor.say("> In the afternoon\n\nشكرا، سأكون على الرصيف\n\nThank you, then")
    body = visitor.messages.last.locator(".message-body")
    expect(body).to_contain_text("Thank you")
    expect(visitor.bubbles).to_have_count(0)
    assert body.evaluate(STARTS, "p") == ["left", "right", "left"]
