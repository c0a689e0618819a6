"""A line that is dead without saying so, a tab that slept, a network that returns: by a clock the test turns."""

from collections.abc import Callable
from signal import SIGCONT, SIGSTOP

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.line import Line
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import CUT_OFF

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]


def test_a_server_that_hangs_is_left_after_a_minute_and_found_again(
    own_product: Product, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(own_product, "ada")
    ada = visit(own_product, "ada")
    ada.allow(*CUT_OFF)
    ada.page.clock.install()
    ada.enter(slug)
    assert own_product.process is not None
    own_product.process.send_signal(SIGSTOP)
    try:
        ada.page.clock.run_for(50_000)
        expect(ada.page.locator("#connection")).to_be_hidden()
        ada.page.clock.run_for(20_000)
        expect(ada.page.locator("#connection")).to_contain_text("Offline")
    finally:
        own_product.process.send_signal(SIGCONT)
    ada.page.clock.run_for(31_000)
    ada.is_live()
    ada.say("here again")
    expect(ada.message("here again")).to_be_visible()


def test_a_tab_that_slept_asks_before_it_gives_up_its_line(product: Product, visit: Visit, make_room: Rooms) -> None:
    ada = visit(product, "ada")
    ada.page.clock.install()
    line = Line(ada)
    ada.enter(make_room(product, "ada"))
    ada.page.clock.fast_forward(3_600_000)
    ada.page.wait_for_timeout(500)
    ada.page.clock.run_for(10_000)
    ada.say("slept well")
    expect(ada.message("slept well")).to_be_visible()
    assert line.opened == 1


def test_it_connects_at_once_when_the_network_returns(product: Product, visit: Visit, make_room: Rooms) -> None:
    ada = visit(product, "ada")
    ada.page.clock.install()
    line = Line(ada)
    ada.enter(make_room(product, "ada"))
    ada.page.clock.pause_at(ada.page.evaluate("Date.now()") / 1000 + 1)
    line.cut()
    expect(ada.page.locator("html[data-live]")).to_have_count(0)
    line.mend()
    ada.page.wait_for_timeout(500)
    assert line.opened == 1, "no clock, no attempt"
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    ada.is_live()
