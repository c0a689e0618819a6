"""Reading back: older and newer pages come as the reader scrolls, and nothing under his eyes moves."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Route, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.crowd import fill
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


# What a click on a link to `path` does.
PRESS = """path => {
  const link = document.createElement("a");
  link.href = path;
  document.getElementById("main").append(link);
  link.click();
  link.remove();
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
        assert ada.page.evaluate(UP_ONE_PAGE) <= 1, "a row in sight moved"
        present = ids(ada)
        assert present == sorted(set(present)), "in order, none twice"
        assert len(present) <= 300
        seen |= set(present)
        assert len(seen) > known, "no older page came"
    assert newest not in present, "rows far below were dropped"
    days = ada.page.locator("#messages > .day").evaluate_all("all => all.map(each => each.dataset.day)")
    assert days == sorted(set(days)), "one heading a day"

    for _page in range(200):
        ada.page.locator("#timeline").evaluate("box => { box.scrollTop = box.scrollHeight }")
        if newest in ids(ada):
            break
        ada.page.wait_for_timeout(100)
    assert newest in ids(ada)
    assert len(ids(ada)) <= 300
    assert ids(ada) == sorted(set(ids(ada)))


def test_the_end_is_followed_only_near_the_end(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    fill(product, slug, 30)
    ada, bo = visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)
    assert ada.distance_to_end() < 2
    bo.say("follows")
    expect(ada.message("follows")).to_be_in_viewport()
    assert ada.distance_to_end() < 2

    ada.page.locator("#timeline").evaluate("box => { box.scrollTop -= 300 }")
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


def test_messages_and_days_are_gone_to_in_place(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    said = fill(product, slug, 5000)  # a minute each: three days and a half
    ada = visit(product, "ada", viewport={"width": 1280, "height": 800}, timezone_id="Pacific/Auckland")
    page, linked = ada.page, re.compile("is-linked")
    # A permalink opens its message, and so does a link to one, near or far, without another page.
    page.goto(f"/rooms/{slug}/messages/{said[100]}/")
    ada.is_live()
    expect(page.locator(f"#message-{said[100]}")).to_be_in_viewport()
    expect(page.locator(f"#message-{said[100]}")).to_have_class(linked)
    page.evaluate("window.samePage = true")
    for wanted in (said[104], said[-20]):
        page.evaluate(PRESS, f"/rooms/{slug}/messages/{wanted}/")
        row = page.locator(f"#message-{wanted}")
        expect(row).to_be_in_viewport()
        expect(row).to_have_class(linked)
        expect(row).to_be_focused()
        expect(page.locator(".is-linked")).to_have_count(1)
        expect(page).to_have_url(re.compile(f"/messages/{wanted}/$"))
    page.go_back()
    expect(page.locator(f"#message-{said[104]}")).to_be_in_viewport()
    # Of two that one goes to quickly the later one counts, though nobody answers for the first.
    page.route(f"**/messages/?around={said[2000]}*", lambda route: None)
    page.evaluate(PRESS, f"/rooms/{slug}/messages/{said[2000]}/")
    page.evaluate(PRESS, f"/rooms/{slug}/messages/{said[3000]}/")
    expect(page.locator(f"#message-{said[3000]}")).to_be_in_viewport()
    expect(page).to_have_url(re.compile(f"/messages/{said[3000]}/$"))

    # A day begins where the reader's clock says; its first message stands below its heading.
    page.evaluate(PRESS, f"/rooms/{slug}/")
    expect(page.locator(f"#message-{said[-1]}")).to_be_in_viewport()
    day = page.evaluate("new Date(Date.now() - 2 * 86400000).toLocaleDateString('en-CA')")
    page.evaluate(PRESS, f"/rooms/{slug}/{day}/")
    heading = page.locator(f"#messages > .day[data-day='{day}']")
    expect(heading).to_be_in_viewport()
    first = page.locator("#messages > .message:focus")
    assert page.evaluate("new Date(document.activeElement.dataset.time).toLocaleDateString('en-CA')") == day
    assert page.evaluate("new Date(document.activeElement.dataset.time).toLocaleTimeString('en-GB')")[:5] == "00:00"
    above, below = heading.bounding_box(), first.bounding_box()
    assert above is not None
    assert below is not None
    assert 0 <= below["y"] - above["y"] - above["height"] < 40
    expect(page).to_have_url(re.compile(f"/{day}/$"))
    page.locator("#new-messages").click()
    expect(page.locator(f"#message-{said[-1]}")).to_be_in_viewport()
    assert page.evaluate("window.samePage"), "never another page"


def test_what_changes_while_an_older_page_is_on_its_way_is_not_lost(
    product: Product, visit: Visit, make_room: Callable[..., str]
) -> None:
    slug = make_room(product, "ada")
    first, *_rest = fill(product, slug, 60)  # ada's
    writer = visit(product, "ada").enter(slug)
    ada = visit(product, "ada").enter(slug)
    held: list[tuple[Route, APIResponse]] = []
    ada.page.route(re.compile(r"/messages/\?before="), lambda route: held.append((route, route.fetch())))
    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
    for _look in range(200):  # the route is taken while the page is waited for
        if held:
            break
        ada.page.wait_for_timeout(100)
    assert len(held) == 1
    assert f'id="message-{first}"' in held[0][1].text()
    writer.post_form(f"/rooms/{slug}/messages/{first}/edit/", {"body": "changed on the way"})
    writer.say("a sign that it has come")
    expect(ada.message("a sign that it has come")).to_have_count(1)
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(ada.messages).to_have_count(61)
    assert ada.texts()[0] == "changed on the way"
