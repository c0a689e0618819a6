"""The line goes, the server dies, the tab is reloaded: everybody comes back by himself, nothing lost or doubled."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.line import Line
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import CUT_OFF, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]


def enter_both(product: Product, visit: Visit, slug: str) -> tuple[Visitor, Visitor]:
    return visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)


def test_a_server_that_dies_and_returns_loses_and_doubles_nothing(
    own_product: Product, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(own_product, "ada", "bo")
    ada, bo = enter_both(own_product, visit, slug)
    for visitor in (ada, bo):
        visitor.allow(*CUT_OFF)
    ada.say("before")
    expect(bo.message("before")).to_be_visible()

    own_product.kill()
    for number in range(3):
        ada.say(f"ada while it is down {number}")
        bo.say(f"bo while it is down {number}")
    expect(ada.bubbles).to_have_count(3)
    expect(ada.page.locator("#connection")).to_contain_text("Offline")
    expect(ada.box).to_be_enabled()

    own_product.start()
    for visitor in (ada, bo):
        visitor.is_live()
        expect(visitor.messages).to_have_count(7, timeout=20_000)
        expect(visitor.bubbles).to_have_count(0)
    expect(ada.page.locator("#connection")).to_be_hidden()
    ada.say("after")
    expect(bo.message("after")).to_be_visible()

    expected = ["before", *(f"{who} while it is down {n}" for who in ("ada", "bo") for n in range(3)), "after"]
    assert sorted(ada.texts()) == sorted(expected)
    assert ada.texts() == bo.texts()
    for name in ("ada", "bo"):
        own = [words for words in ada.texts() if words.startswith(name)]
        assert own == [f"{name} while it is down {number}" for number in range(3)]
    ada.page.reload()
    ada.is_live()
    assert ada.texts() == bo.texts()


def test_a_cut_line_resumes_where_it_stopped(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada"), visit(product, "bo")
    line = Line(ada)
    ada.enter(slug)
    bo.enter(slug)
    for words in ("to be edited", "to be deleted", "stays"):
        bo.say(words)
    expect(ada.message("stays")).to_be_visible()

    line.cut()
    fetched: list[str] = []
    ada.page.on("request", lambda request: fetched.append(request.url))
    bo.act(bo.message("to be edited"), "edit")
    bo.page.locator(".editor textarea").fill("edited")
    bo.page.locator(".editor textarea").press("Enter")
    bo.act(bo.message("to be deleted"), "delete")
    bo.page.locator(".confirm-delete [type=submit]").click()
    bo.say("new")
    expect(bo.message("new")).to_be_visible()
    expect(bo.page.locator(".tombstone")).to_be_visible()
    expect(ada.message("to be deleted")).to_be_visible()

    line.mend()
    expect(ada.message("new")).to_be_visible(timeout=20_000)
    assert ada.texts() == bo.texts() == ["edited", "stays", "new"]
    expect(ada.page.locator(".tombstone")).to_be_visible()
    assert not [url for url in fetched if "/messages/" in url], "a short gap needs no list by HTTP"


MANY = """async ({room, count}) => {
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws/");
  await new Promise((resolve) => (socket.onmessage = resolve));
  for (let number = 0; number < count; number += 50) {
    let open = 50;
    await new Promise((resolve) => {
      socket.onmessage = ({data}) => JSON.parse(data).type === "ok" && --open === 0 && resolve();
      for (let n = 0; n < 50; n += 1) {
        const body = `message ${number + n}`;
        socket.send(JSON.stringify({type: "message.post", room, client_id: crypto.randomUUID(), body, ref: String(n)}));
      }
    });
  }
  socket.close();
}"""


def test_after_too_long_a_gap_the_list_is_loaded_afresh(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada"), visit(product, "bo").enter(slug)
    line = Line(ada)
    ada.enter(slug)
    bo.say("old")
    expect(ada.message("old")).to_be_visible()
    line.cut()
    room = bo.page.locator("#messages").evaluate("list => Number(list.dataset.roomId)")
    bo.page.evaluate(MANY, {"room": room, "count": 550})
    line.mend()
    expect(ada.message("message 549")).to_be_visible(timeout=40_000)
    ada.is_live()
    bo.say("and on")
    expect(ada.message("and on")).to_be_visible()
    assert ada.messages.count() <= 300


def test_a_database_from_a_backup_makes_clients_forget_their_cursors(
    own_product: Product, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(own_product, "ada", "bo")
    ada, bo = enter_both(own_product, visit, slug)
    for visitor in (ada, bo):
        visitor.allow(*CUT_OFF)
    own_product.stop()
    backup = own_product.back_up()
    own_product.start()
    bo.is_live()
    bo.say("will be lost with the disk")
    expect(ada.message("will be lost with the disk")).to_be_visible()
    own_product.stop()
    own_product.restore(backup)
    own_product.start()
    bo.is_live()
    for visitor in (ada, bo):
        expect(visitor.messages).to_have_count(0, timeout=20_000)
        visitor.is_live()
    bo.say("a new beginning")
    expect(ada.message("a new beginning")).to_be_visible()
