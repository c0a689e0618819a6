"""A line that is dead without saying so, a tab that slept, a network that returns: by a clock the test turns."""

from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocket, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.distant import Distant
from chat.tests.browser.visitor import CUT_OFF
from chatsite.testing.proxy import DOWN

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]


def test_in_every_weather_the_line_tells_the_truth_and_comes_back(
    distant: Distant, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(distant, "ada", "bo")
    ada = visit(distant, "ada")
    ada.allow(*CUT_OFF, "closed before the connection is established")
    sockets: list[WebSocket] = []
    ada.page.on("websocket", lambda socket: sockets.append(socket))
    ada.page.clock.install()
    ada.enter(slug)
    proxy, clock, line = distant.proxy, ada.page.clock, ada.page.locator("#connection")

    # Slow, or a trickle, is not gone.
    proxy.slow(200)
    ada.say("slowly")
    expect(ada.message("slowly")).to_be_visible()
    proxy.trickle(4_000)
    ada.say("drop by drop")
    expect(ada.message("drop by drop")).to_be_visible()
    expect(line).to_be_hidden()

    # A tab that slept asks before it gives up its line.
    proxy.fair()
    clock.fast_forward(3_600_000)
    clock.run_for(2_000)
    ada.say("slept well")
    expect(ada.message("slept well")).to_be_visible()
    assert len(sockets) == 1

    # Half a line: the words arrive, the answer does not. Nobody waits a minute for that, and nothing is doubled.
    proxy.half_open(DOWN)
    ada.say("half heard")
    clock.run_for(12_000)
    expect(line).to_be_hidden()
    clock.run_for(8_000)
    expect(line).to_have_text("Offline. What you write is kept. Try now")
    expect(ada.bubbles).to_have_count(1)
    proxy.fair()
    clock.run_for(31_000)
    ada.is_live()
    expect(ada.bubbles).to_have_count(0)
    expect(line).to_have_text("Up to date")
    clock.run_for(2_000)
    expect(line).to_be_hidden()

    # A black hole, and nobody says a word: a minute at most. Then "Try now" tries now.
    proxy.swallow()
    clock.run_for(70_000)
    expect(line).to_contain_text("Offline")
    again = line.get_by_role("button")
    clock.run_for(5_000)
    again.click()
    expect(again).to_have_text("Trying…")
    proxy.fair()
    ada.is_live()

    # Away, and the network returns: at once, without a clock.
    clock.pause_at(ada.page.evaluate("Date.now()") / 1000 + 5)
    proxy.down()
    expect(ada.page.locator("html[data-live]")).to_have_count(0)
    proxy.up()
    before = len(sockets)
    ada.page.wait_for_timeout(300)
    assert len(sockets) == before, "no clock, no attempt"
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    ada.is_live()
    ada.say("here again")
    expect(ada.message("here again")).to_be_visible()
    said = ["slowly", "drop by drop", "slept well", "half heard", "here again"]
    assert ada.texts() == visit(distant, "bo").enter(slug).texts() == said
