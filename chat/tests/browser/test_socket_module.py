"""The socket alone, against a server of straw: who is in again, what a dead line is, what wakes it."""

from typing import Any

import pytest
from playwright.sync_api import Page

from chat.tests.browser.modules import open_modules, run

pytestmark = pytest.mark.browser

BEGIN = """
  window.made = []; window.heard = [];
  window.sent = [];
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() { made.push(this); }
    send(words) { sent.push(JSON.parse(words).type); }
    close() { this.isClosed = true; }
  };
  window.socket = new m.Socket("/ws/", { user: 1 });
  for (const name of ["ready", "ended"]) socket.on(name, (what) => heard.push(name === "ready" ? name : what));
  window.say = (frame) => made.at(-1).onmessage({ data: JSON.stringify(frame) });
  window.hello = (id) => made.at(-1).onmessage({ data: JSON.stringify({ type: "hello", user: { id }, rooms: [] }) });
  window.shut = (code) => made.at(-1).onclose({ code });
  socket.start();
  hello(1);
"""


@pytest.fixture
def straw(page: Page) -> Page:
    """Signed in, then out: two sockets have been closed with 4401."""
    page.clock.install()
    open_modules(page)
    run(page, "socket", BEGIN)
    page.evaluate("() => { shut(4401); shut(4401); }")
    assert heard(page) == ["ready", "signed-out"]
    assert made(page) == 2
    return page


def heard(page: Page) -> Any:
    return page.evaluate("heard")


def made(page: Page) -> Any:
    return page.evaluate("made.length")


def test_the_next_cookie_brings_it_back(straw: Page) -> None:
    """A new password of one's own: the browser has it some moments later."""
    straw.clock.run_for(1_000)
    straw.evaluate("shut(4401)")
    straw.clock.run_for(3_000)
    straw.evaluate("hello(1)")
    assert (heard(straw), made(straw)) == (["ready", "signed-out", "ready"], 4)
    straw.clock.run_for(60_000)
    assert made(straw) == 4, "it looks no more, having arrived"


def test_it_gives_up_until_somebody_looks_at_it(straw: Page) -> None:
    for _look in range(3):
        straw.clock.run_for(20_000)
        straw.evaluate("made.at(-1).isClosed || shut(4401)")
    settled = made(straw)
    straw.clock.run_for(600_000)
    assert made(straw) == settled <= 5
    straw.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert made(straw) == settled + 1
    straw.evaluate("hello(1)")
    assert heard(straw) == ["ready", "signed-out", "ready"]


def test_it_is_nobody_elses(straw: Page) -> None:
    straw.clock.run_for(1_000)
    straw.evaluate("hello(2)")
    assert (heard(straw), straw.evaluate("socket.isReady")) == (["ready", "signed-out"], False)
    assert straw.evaluate("made.at(-1).isClosed")


def test_nor_without_having_been_told(page: Page) -> None:
    """Signed out and in as somebody else between two looks."""
    open_modules(page)
    run(page, "socket", BEGIN)
    page.evaluate("() => { shut(4401); hello(2); }")
    assert (heard(page), page.evaluate("socket.isReady")) == (["ready", "signed-out"], False)


def test_the_banned_do_not_look(page: Page) -> None:
    page.clock.install()
    open_modules(page)
    run(page, "socket", BEGIN)
    page.evaluate("shut(4403)")
    page.clock.run_for(60_000)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert (heard(page), made(page)) == (["ready", "banned"], 1)


# --- dead lines, sleep, and what wakes -----------------------------------------------------------------------------


@pytest.fixture
def live(page: Page) -> Page:
    """Signed in, by a clock the test turns."""
    page.clock.install()
    open_modules(page)
    run(page, "socket", BEGIN)
    return page


def sent(page: Page) -> Any:
    return page.evaluate("sent.splice(0)")


def test_a_command_without_an_answer_makes_a_silent_line_suspect(live: Page) -> None:
    live.evaluate(
        "() => void socket.request({ type: 'message.post' }).catch((lost) => heard.push(lost.constructor.name))"
    )
    live.clock.run_for(9_000)
    assert sent(live) == ["message.post"]
    live.clock.run_for(2_000)
    assert sent(live) == ["ping"]
    live.evaluate("say({ type: 'pong' })")
    live.clock.run_for(9_000)
    assert (sent(live), made(live)) == ([], 1), "it lives, and is only slow"
    live.clock.run_for(7_000)
    assert (sent(live), heard(live)[-1]) == (["ping"], "Lost")
    live.clock.run_for(1_000)
    assert made(live) == 2


def test_a_line_silent_for_a_minute_is_dead_and_one_that_answers_pings_is_not(live: Page) -> None:
    for _ping in range(4):
        live.clock.run_for(26_000)
        assert sent(live) == ["ping"]
        live.evaluate("say({ type: 'pong' })")
    live.clock.run_for(55_000)
    assert made(live) == 1
    live.clock.run_for(8_000)
    assert made(live) == 2


def test_a_handshake_into_a_black_hole_ends(live: Page) -> None:
    live.evaluate("shut(1006)")
    live.clock.run_for(600)
    assert made(live) == 2
    live.clock.run_for(19_000)
    assert made(live) == 2
    live.clock.run_for(3_000)
    assert (made(live), live.evaluate("made[1].isClosed")) == (3, True)


def test_try_now_begins_a_stale_handshake_anew_and_no_other(live: Page) -> None:
    live.evaluate("shut(1006)")
    live.clock.run_for(600)
    live.evaluate("socket.wake()")
    assert made(live) == 2, "it has only begun"
    live.clock.run_for(4_000)
    live.evaluate("socket.wake()")
    assert (made(live), live.evaluate("made[1].isClosed")) == (3, True)
    live.evaluate("made[1].onclose({ code: 1006 })")
    live.evaluate("hello(1)")
    assert (live.evaluate("socket.isReady"), made(live)) == (True, 3), "the end of the old one is nobody's"


@pytest.mark.parametrize(
    "event",
    [
        "dispatchEvent(new Event('online'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
        "navigator.connection.dispatchEvent(new Event('change'))",
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    ],
)
def test_it_wakes_at_once(live: Page, event: str) -> None:
    live.clock.pause_at(live.evaluate("Date.now()") / 1000 + 1)
    live.evaluate(event)
    assert (sent(live), made(live)) == (["ping"], 1), "an open line is asked"
    live.evaluate("shut(1006)")
    live.evaluate(event)
    assert made(live) == 2, "without one it does not wait for its turn"


def test_who_slept_while_waiting_does_not_wait_on(live: Page) -> None:
    live.evaluate("Math.random = () => 1")
    for _failure in range(7):
        live.evaluate("shut(1006)")
        live.clock.run_for(31_000)
    live.evaluate("shut(1006)")
    before = made(live)
    live.clock.set_fixed_time(live.evaluate("Date.now()") / 1000 + 3_600)
    live.clock.run_for(1_000)
    assert made(live) == before + 1


def test_a_line_that_is_closing_takes_no_words(live: Page) -> None:
    """Browsers complain of it; the words are lost with the line, and so told."""
    live.evaluate("made[0].readyState = 2")
    live.evaluate("() => void socket.request({ type: 'read.mark' }).catch((lost) => heard.push(lost.constructor.name))")
    live.evaluate("socket.tell({ type: 'typing' })")
    assert (sent(live), heard(live)) == ([], ["ready"])
    live.evaluate("shut(1006)")
    assert heard(live) == ["ready", "Lost"]


def test_a_page_put_aside_holds_no_socket(live: Page) -> None:
    live.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert (live.evaluate("made[0].isClosed"), live.evaluate("socket.isReady")) == (True, False)
    live.clock.run_for(60_000)
    assert made(live) == 1
    live.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert made(live) == 2
