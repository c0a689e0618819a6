"""From room to room without loading a page: by links, back and forward, by name, by keys; what is unread is told."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.reading import assert_clean
from chat.tests.browser.visitor import CUT_OFF, Visitor
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

Rooms = Callable[..., str]

# The first row in sight, and how far from the upper edge it stands.
PLACE = """() => {
  const edge = document.getElementById("timeline").getBoundingClientRect().top;
  const rows = [...document.querySelectorAll("#messages > .message")];
  const row = rows.find((each) => each.getBoundingClientRect().bottom > edge);
  return [row.id, row.getBoundingClientRect().top - edge];
}"""
KEPT = "() => Boolean(history.state?.place)"
SLACK = {"documents": 0, "jsEventListeners": 0, "nodes": 20}


@pytest.fixture
def ada(product: Product, visit: Visit) -> Visitor:
    """In the harbour; a load of another page would take the mark away."""
    visitor = visit(product, "ada", reduced_motion="reduce").enter("harbour")
    visitor.page.evaluate("window.mark = true")
    return visitor


def link_to(visitor: Visitor, slug: str) -> Any:
    return visitor.page.locator(f'#sidebar a[href="/rooms/{slug}/"]')


def is_in(visitor: Visitor, slug: str) -> None:
    """The room is on screen, live, and the sidebar and the title say so."""
    expect(visitor.page).to_have_url(re.compile(f"/rooms/{slug}/"))
    visitor.is_live()
    expect(link_to(visitor, slug)).to_have_attribute("aria-current", "page")
    expect(visitor.page.locator("#sidebar [aria-current]")).to_have_count(1)
    name = visitor.page.locator("#room-name").inner_text()
    expect(visitor.page).to_have_title(re.compile(rf"^(\(\d+\+?\) )?{re.escape(name)} · "))


def is_same_page(visitor: Visitor) -> bool:
    return bool(visitor.page.evaluate("window.mark === true"))


def test_there_and_back_again(ada: Visitor, product: Product, make_room: Rooms) -> None:
    """A link, back to the place that was read, forward to the words half written; from the list of rooms, too."""
    page, slug = ada.page, make_room(product, "ada")
    expect(link_to(ada, slug)).to_be_visible()
    page.locator("#timeline").evaluate("box => box.scrollTop = 700")
    page.wait_for_function(KEPT)
    place = page.evaluate(PLACE)

    link_to(ada, slug).click()
    is_in(ada, slug)
    expect(ada.box).to_be_focused()
    expect(page.locator("#said")).to_contain_text("is open")
    expect(ada.messages).to_have_count(0)
    page.keyboard.type("half a thought")

    page.go_back()
    is_in(ada, "harbour")
    row, offset = page.evaluate(PLACE)
    assert row == place[0]
    assert abs(offset - place[1]) <= 1
    page.go_forward()
    is_in(ada, slug)
    expect(ada.box).to_have_value("half a thought")
    page.keyboard.press("Enter")
    expect(ada.message("half a thought")).to_be_visible()
    assert is_same_page(ada)

    page.goto("/")
    page.evaluate("window.mark = true")
    page.locator('.directory a[href="/rooms/harbour/"]').first.click()
    is_in(ada, "harbour")
    assert is_same_page(ada)
    assert_clean(page)
    page.go_back()
    expect(page.locator(".directory").first).to_be_visible()


def test_the_last_click_wins_and_a_failing_network_loses_nothing(
    ada: Visitor, product: Product, make_room: Rooms
) -> None:
    page, slow, quick = ada.page, make_room(product, "ada"), make_room(product, "ada")
    held: list[Route] = []
    page.route(f"**/rooms/{slow}/", lambda route: held.append(route))
    ada.box.fill("kept")
    link_to(ada, slow).click()
    outline = page.locator(".outline")
    expect(outline).to_have_text(re.compile("^Room "))
    assert page.evaluate("document.getElementById('composer').inert"), "nobody writes in what is not seen"
    assert_clean(page)
    link_to(ada, quick).click()
    is_in(ada, quick)
    expect(outline).to_have_count(0)
    held.pop().fulfill(body="too late", content_type="text/html")

    ada.allow(*CUT_OFF, "status of 404")
    page.unroute_all()
    page.route(f"**/rooms/{slow}/", lambda route: route.abort())
    link_to(ada, slow).click()
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("could not be opened now.")
    assert_clean(page)
    is_in(ada, quick)
    ada.say("still here")
    expect(ada.message("still here")).to_be_visible()
    page.unroute_all()
    failure.get_by_role("button", name="Try again").click()
    is_in(ada, slow)
    expect(failure).to_have_count(0)
    assert is_same_page(ada)

    page.route(f"**/rooms/{quick}/", lambda route: route.continue_(url=f"{product.url}/rooms/gone/"), times=1)
    link_to(ada, quick).click()
    page.wait_for_function("() => window.mark === undefined")  # what is no room is loaded as ever
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    is_in(ada, quick)


def test_what_is_unread_is_told_until_it_is_read(product: Product, visit: Visit, make_room: Rooms) -> None:
    """In the list, in the title and on the icon; by keys from one unread room to the next."""
    eve, handle = visit(product), f"eve{uuid4().hex[:8]}"
    eve.post_form("/accounts/signup/", {"name": "Eve", "username": handle, "password1": PASSWORD})
    here, plain, naming = (make_room(product, "bo") for _each in range(3))
    for slug in (here, plain, naming):
        eve.post_form(f"/rooms/{slug}/join/", {})
    page = eve.enter(naming).page
    link_to(eve, here).click()
    is_in(eve, here)

    bo = visit(product, "bo").enter(naming)
    bo.say("one")
    bo.say(f"@{handle} two")
    expect(bo.messages).to_have_count(2)
    bo.enter(plain).say("three")
    link = link_to(eve, naming)
    expect(link.locator(".mentions")).to_have_text("1")
    expect(link.locator(".unread")).to_have_text("2")
    expect(link.locator(".unread")).to_be_hidden()  # the mention says enough
    expect(link_to(eve, plain).locator(".unread")).to_have_text("1")
    expect(page).to_have_title(re.compile(r"^\(3\) Room "))
    icon = page.locator("link[rel~=icon]").first
    assert ">3<" in unquote(str(icon.get_attribute("href")))

    eve.box.focus()
    seen = set()
    for _each in range(2):
        before = page.url
        page.keyboard.press("Alt+Shift+ArrowDown")
        expect(page).not_to_have_url(before)
        seen.add(page.url.split("/")[-2])
        expect(page.locator("#sidebar [aria-current] :is(.unread, .mentions)").locator("visible=true")).to_have_count(0)
    assert seen == {plain, naming}
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect(page.locator("#said")).to_have_text("Nothing is unread.")
    expect(page).to_have_title(re.compile("^Room "))
    assert str(icon.get_attribute("href")).endswith(".svg")


def test_jumping_by_name_and_the_list_of_keys(ada: Visitor, product: Product, make_room: Rooms) -> None:
    page, palette = ada.page, ada.page.locator("#palette")
    box, options = palette.get_by_role("combobox"), palette.get_by_role("option")
    ada.box.focus()
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    expect(options.nth(2)).to_be_visible()
    assert_clean(page)
    page.keyboard.type("harb")
    expect(options.first).to_have_text("Harbouryou are here")
    box.fill("REPAIR CAFE")
    expect(options).to_have_count(1)
    expect(options.first).to_have_text("Repair café")
    expect(palette.get_by_role("status")).to_have_text("1 room")
    page.keyboard.press("Enter")
    is_in(ada, "repair-cafe")
    expect(ada.box).to_be_focused()

    page.locator(".sidebar-jump").click()
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(options.first).to_have_attribute("aria-selected", "false")
    assert box.get_attribute("aria-activedescendant") == options.last.get_attribute("id")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("xyzzy")
    expect(palette.get_by_text("None of your rooms is called that.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    is_in(ada, "repair-cafe")

    ada.box.focus()
    page.keyboard.type("?")
    expect(ada.box).to_have_value("?")
    ada.box.fill("")
    page.locator("#timeline").focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    expect(keys.get_by_text("Unread from here on")).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert is_same_page(ada)


def test_thirty_rooms_later_nothing_has_piled_up(
    ada: Visitor, product: Product, visit: Visit, make_room: Rooms
) -> None:
    """No listener, no node, no open room, nothing said or sent twice."""
    page, slugs = ada.page, [make_room(product, "ada", "bo"), make_room(product, "ada")]
    sent: list[dict[str, Any]] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda words: sent.append(json.loads(words))))
    page.reload()
    ada.is_live()
    page.evaluate("window.mark = true")

    def go(slug: str) -> None:
        link_to(ada, slug).click()
        page.wait_for_url(f"**/rooms/{slug}/")

    def counts() -> dict[str, int]:
        devtools.send("HeapProfiler.collectGarbage")
        return dict(devtools.send("Memory.getDOMCounters"))

    def is_no_more() -> bool:
        """Than before: at last, since timers of the rooms left last may still hold them."""
        after.append(counts())
        return all(after[-1][name] <= before[name] + slack for name, slack in SLACK.items())

    devtools = ada.context.new_cdp_session(page)
    for slug in slugs:
        go(slug)
    ada.is_live()
    before, after = counts(), list[dict[str, int]]()
    for slug in slugs * 15:
        go(slug)
    ada.is_live()
    assert wait_until(is_no_more, seconds=10, every=0.25), (before, after[-1])

    go(slugs[0])
    ada.is_live()
    page.evaluate("""() => {
      window.announced = [];
      const region = document.getElementById("announcer");
      new MutationObserver(() => region.textContent && announced.push(region.textContent))
        .observe(region, { childList: true, subtree: true, characterData: true });
    }""")
    visit(product, "bo").enter(slugs[0]).say("heard once")
    page.wait_for_function("() => window.announced.length > 0")
    ada.say("sent once")
    expect(ada.message("sent once")).to_have_count(1)
    assert page.evaluate("window.announced") == ["Bo Okafor: heard once"]
    opened = [each["room"] for each in sent if each["type"] == "room.open"]
    closed = [each["room"] for each in sent if each["type"] == "room.close"]
    assert len(set(opened)) == 3
    assert len(closed) == 33  # one for each room that was left; the last is open
    assert len([each for each in sent if each["type"] == "message.post"]) == 1
    assert is_same_page(ada)
