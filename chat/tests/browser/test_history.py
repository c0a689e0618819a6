"""Reading back: older and newer pages come as the reader scrolls, and nothing under his eyes moves."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Route, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

# To the upper edge, where the next page is asked for; gives how far the first row moved in any frame until it had come.
UP_ONE_PAGE = """async () => {
  const box = document.getElementById("timeline");
  const first = () => document.querySelector("#messages > .message");
  const frame = () => new Promise(requestAnimationFrame);
  const row = first();
  box.scrollTop = 0;
  const before = row.getBoundingClientRect().top;
  let worst = 0;
  for (let frames = 0, after = 0; frames < 300 && after < 5; frames += 1) {
    await frame();
    worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - before));
    if (first() !== row) after += 1;
  }
  return worst;
}"""


def ids(visitor: Visitor) -> list[int]:
    script = "rows => rows.map(row => Number(row.dataset.messageId))"
    return list(visitor.page.locator("#messages > .message").evaluate_all(script))


def test_back_to_the_first_message_without_a_jump_and_to_the_end_again(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada", viewport={"width": 1280, "height": 700}).enter("harbour")
    newest = ids(ada)[-1]
    assert len(ids(ada)) == 50
    seen = set(ids(ada))
    while len(seen) < 400:
        known = len(seen)
        assert ada.page.evaluate(UP_ONE_PAGE) <= 2, "a row in sight moved"
        present = ids(ada)
        assert present == sorted(set(present)), "in order, none twice"
        assert len(present) <= 300
        seen |= set(present)
        assert len(seen) > known, "no older page came"
    assert newest not in present, "rows far below were dropped"
    days = ada.page.locator("#messages > .day").evaluate_all("all => all.map(each => each.dataset.day)")
    assert days == sorted(set(days)), "one heading a day"

    for _page in range(40):
        ada.page.locator("#timeline").evaluate("box => { box.scrollTop = box.scrollHeight }")
        if newest in ids(ada):
            break
        ada.page.wait_for_timeout(100)
    assert newest in ids(ada)
    assert len(ids(ada)) <= 300
    assert ids(ada) == sorted(set(ids(ada)))


@pytest.fixture
def long_room(product: Product, visit: Visit, make_room: Callable[..., str]) -> str:
    """A room of ada and bo with more than a screen of messages."""
    slug = make_room(product, "ada", "bo")
    ada = visit(product, "ada").enter(slug)
    for number in range(30):
        ada.say(f"line {number}")
    expect(ada.message("line 29")).to_be_visible()
    expect(ada.bubbles).to_have_count(0)
    return slug


def test_the_end_is_followed_only_near_the_end(product: Product, visit: Visit, long_room: str) -> None:
    ada, bo = visit(product, "ada").enter(long_room), visit(product, "bo").enter(long_room)
    assert ada.distance_to_end() < 2
    bo.say("follows")
    expect(ada.message("follows")).to_be_in_viewport()
    assert ada.distance_to_end() < 2

    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 200 }")
    button = ada.page.locator("#new-messages")
    expect(button).to_be_hidden()
    top = ada.page.locator("#timeline").evaluate("box => box.scrollTop")
    bo.say("one")
    bo.say("two")
    expect(button).to_have_text("2 new messages")
    assert ada.page.locator("#timeline").evaluate("box => box.scrollTop") == top
    button.click()
    expect(button).to_be_hidden()
    expect(ada.message("two")).to_be_in_viewport()
    assert ada.distance_to_end() < 2


def test_what_changes_above_does_not_move_what_is_read(product: Product, visit: Visit, long_room: str) -> None:
    ada = visit(product, "ada", viewport={"width": 1000, "height": 450}).enter(long_room)
    other = visit(product, "ada").enter(long_room)
    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 400 }")
    expect(ada.message("line 2")).not_to_be_in_viewport()
    assert ada.distance_to_end() > 150
    place = "() => document.querySelectorAll('#messages > .message')[20].getBoundingClientRect().top"
    before = ada.page.evaluate(place)
    other.act(other.message("line 2"), "edit")
    other.page.locator(".editor textarea").fill("line 2\nwith\nmany\nmore\nlines")
    other.page.locator(".editor textarea").press("Enter")
    expect(ada.page.get_by_text("more")).to_have_count(1)
    assert abs(ada.page.evaluate(place) - before) <= 1


def test_only_what_was_in_sight_is_read(product: Product, visit: Visit, long_room: str) -> None:
    bo = visit(product, "bo", viewport={"width": 1000, "height": 500})
    bo.page.goto("/")
    link = bo.page.locator(f'#sidebar a[href="/rooms/{long_room}/"] .unread')
    expect(link).to_have_text("30")
    bo.enter(long_room)
    expect(bo.page.locator(".new-line")).to_be_in_viewport()
    expect(bo.page.locator("#messages > .message").first).to_be_in_viewport()
    bo.page.wait_for_timeout(1000)
    rest = int(link.inner_text())
    assert 0 < rest < 30
    bo.page.locator("#timeline").evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(link).to_be_hidden()


def test_a_permalink_opens_its_message(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada").enter("harbour")
    first, *_rest = ids(ada)
    ada.page.goto(f"/rooms/harbour/messages/{first}/")
    ada.is_live()
    row = ada.page.locator(f"#message-{first}")
    expect(row).to_be_in_viewport()
    expect(row).to_have_class(re.compile("is-linked"))


def test_what_changes_while_an_older_page_is_on_its_way_is_not_lost(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(product, "ada")
    writer = visit(product, "ada").enter(slug)
    for number in range(60):
        writer.say(f"line {number}")
    expect(writer.bubbles).to_have_count(0, timeout=20_000)
    first = ids(writer)[0]

    ada = visit(product, "ada").enter(slug)
    held: list[tuple[Route, APIResponse]] = []
    ada.page.route(re.compile(r"/messages/\?before="), lambda route: held.append((route, route.fetch())))
    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
    ada.page.wait_for_timeout(500)
    assert len(held) == 1
    assert f'id="message-{first}"' in held[0][1].text()
    writer.post_form(f"/rooms/{slug}/messages/{first}/edit/", {"body": "changed on the way"})
    writer.say("a sign that it has come")
    expect(ada.message("a sign that it has come")).to_have_count(1)
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(ada.messages).to_have_count(61)
    assert ada.texts()[0] == "changed on the way"
