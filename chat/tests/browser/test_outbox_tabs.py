"""Words of one person in two tabs: one order, one that sends, and both show what became of them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.kept import another_tab, journal, posts
from chat.tests.browser.line import Line
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import CUT_OFF

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]


def test_of_two_tabs_one_sends_and_both_show(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada"), visit(product, "bo").enter(slug)
    line = Line(ada)
    sent = posts(ada.page)
    ada.enter(slug)
    other = another_tab(ada)
    second, sent_there = Line(other), posts(other.page)
    other.enter(slug)
    for each in (line, second):
        each.cut()
    blocked = re.compile(r"/messages/$")
    ada.context.route(blocked, lambda route: route.abort())
    ada.allow(*CUT_OFF)

    ada.say("one, here")
    expect(other.bubbles).to_have_count(1)
    other.say("two, there")
    expect(ada.bubbles).to_have_count(2)
    ada.say("three, here again")
    for tab in (ada, other):
        expect(tab.bubbles.locator(".message-body")).to_have_text(["one, here", "two, there", "three, here again"])

    sent.clear()
    sent_there.clear()
    for each in (line, second):
        each.mend()
    expect(bo.message("three, here again")).to_be_visible(timeout=40_000)
    for tab in (ada, other):
        expect(tab.bubbles).to_have_count(0)
        tab.is_live()
    assert bo.texts() == other.texts() == ["one, here", "two, there", "three, here again"]
    over_sockets = [body for body in sent + sent_there if "client_id" not in body]
    assert sorted(over_sockets) == sorted(bo.texts()), "each was sent once"
    ada.context.unroute(blocked)

    # The tab that was to send is closed with its turn taken: the other goes on.
    line.cut()
    second.cut()
    ada.context.route(blocked, lambda _route: None)  # a request that never ends
    ada.say("said and closed")
    expect(other.bubbles).to_have_count(1)
    ada.page.wait_for_timeout(100)
    ada.page.close()
    ada.context.unroute(blocked)
    second.mend()
    expect(bo.message("said and closed")).to_be_visible(timeout=30_000)
    expect(other.bubbles).to_have_count(0)


def test_a_refusal_is_said_in_both_tabs_and_answered_in_either(
    product: Product, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(product, "ada", "bo")
    ada = visit(product, "ada").enter(slug)
    ada.box.fill("half a thou")
    kept = "() => Object.entries(localStorage).some(([key, it]) => key.includes('draft') && it.includes('half a thou'))"
    ada.page.wait_for_function(kept)
    other = another_tab(ada).enter(slug)
    expect(other.box).to_have_value("half a thou")
    other.box.blur()
    ada.say("half a thought, and sent")
    expect(other.message("half a thought, and sent")).to_be_visible()
    expect(other.box).to_have_value("")

    # What a program would do wrong, the page does not let anybody do: the words are changed on their way.
    refuse = """(words) => {
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (frame) {
        return send.call(this, frame.replace("refuse me", "x".repeat(5001)));
      };
    }"""
    for tab in (ada, other):
        tab.page.evaluate(refuse)
    ada.say("refuse me")
    ada.say("but take me")
    for tab in (ada, other):
        failed = tab.bubbles.filter(has=tab.page.locator(".not-sent"))
        expect(failed.locator(".not-sent")).to_contain_text("Not sent.")
        expect(failed.locator(".not-sent span")).not_to_have_text("Not sent.")  # the server's reason too
        expect(tab.message("but take me")).to_be_visible()
    other.bubbles.get_by_role("button", name="Retry").click()
    expect(other.bubbles.locator(".not-sent")).to_contain_text("Not sent.")
    ada.page.reload()
    ada.is_live()
    expect(ada.bubbles.locator(".not-sent")).to_contain_text("Not sent.")
    ada.bubbles.get_by_role("button", name="Retry").click()  # this page has no such fault any more
    for tab in (ada, other):
        expect(tab.message("refuse me")).to_be_visible()
        expect(tab.bubbles).to_have_count(0)
    other.say("refuse me")
    expect(ada.bubbles.locator(".not-sent")).to_be_visible()
    ada.bubbles.get_by_role("button", name="Discard").click()
    for tab in (ada, other):
        expect(tab.bubbles).to_have_count(0)
    assert journal(ada.page) == []
