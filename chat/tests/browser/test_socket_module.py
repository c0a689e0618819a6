"""A window that was signed out looks whether its person is in again: the module alone, against a server of straw."""

from typing import Any

import pytest
from playwright.sync_api import Page

from chat.tests.browser.modules import open_modules, run

pytestmark = pytest.mark.browser

BEGIN = """
  window.made = []; window.heard = [];
  window.WebSocket = class { constructor() { made.push(this); } send() {} close() { this.isClosed = true; } };
  window.socket = new m.Socket("/ws/", { user: 1 });
  for (const name of ["ready", "ended"]) socket.on(name, (what) => heard.push(name === "ready" ? name : what));
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
    straw.evaluate("dispatchEvent(new Event('pageshow'))")
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
    page.evaluate("dispatchEvent(new Event('pageshow'))")
    assert (heard(page), made(page)) == (["ready", "banned"], 1)
