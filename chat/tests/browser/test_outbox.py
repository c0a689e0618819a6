"""No typed word is lost: reload, crash, no network, a disk that keeps nothing, another person."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Error, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.distant import Distant, sign_in_lan
from chat.tests.browser.kept import another_tab, journal
from chat.tests.browser.line import Line
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_readable
from chat.tests.browser.visitor import CUT_OFF
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]


def test_words_outlive_the_network_a_reload_and_a_start_without_one(
    distant: Distant, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(distant, "ada", "bo")
    ada, bo = visit(distant, "ada", service_workers="allow").enter(slug), visit(distant, "bo").enter(slug)
    ada.allow(*CUT_OFF)
    bo.allow(*CUT_OFF)
    ready = "async () => Boolean((await navigator.serviceWorker.ready).active && (await caches.keys()).length)"
    assert wait_until(lambda: bool(ada.page.evaluate(ready)), seconds=20)

    distant.proxy.down()
    for words in ("first\nof two lines", "second"):
        ada.box.fill(words)
        ada.box.press("Enter")
        expect(ada.box).to_have_value("")
    ada.box.fill("half a thou")
    expect(ada.bubbles).to_have_count(2)
    expect(ada.page.locator("#connection")).to_contain_text("Offline. What you write is kept.")
    assert wait_until(lambda: [entry["body"] for entry in journal(ada.page)] == ["first\nof two lines", "second"])

    ada.page.reload()
    expect(ada.page.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(ada.page.locator("#waiting li")).to_have_text(["first\nof two lines", "second"])
    expect(ada.page.locator("#drafts li")).to_have_text(["half a thou"])
    assert_readable(ada.page)
    ada.page.set_viewport_size({"width": 1280, "height": 720})
    ada.page.get_by_role("button", name="Try now").click()
    kept = ada.page.evaluate(
        "async () => { const c = await caches.open((await caches.keys())[0]);"
        " return (await c.keys()).map(({url}) => new URL(url).pathname); }"
    )
    assert not [path for path in kept if path != "/offline/" and not path.startswith(("/static/", "/icon"))]

    distant.proxy.up()
    ada.is_live()
    expect(ada.bubbles).to_have_count(0)
    expect(bo.message("second")).to_be_visible(timeout=40_000)
    assert bo.texts() == ada.texts() == ["first\nof two lines", "second"]
    expect(ada.box).to_have_value("half a thou")
    assert journal(ada.page) == []


def test_a_killed_browser_sends_what_it_had(
    product: Product,
    visit: Visit,
    make_room: Rooms,
    browser_type: BrowserType,
    browser_type_launch_args: Any,
    tmp_path: Path,
) -> None:
    slug = make_room(product, "ada", "bo")
    bo = visit(product, "bo").enter(slug)
    cookies = visit(product, "ada").context.cookies()

    def launch() -> Any:
        return browser_type.launch_persistent_context(
            tmp_path / "profile", base_url=product.url, service_workers="block", **browser_type_launch_args
        )

    context = launch()
    context.add_cookies(cookies)
    page = context.new_page()
    page.route_web_socket("**/ws/", lambda route: route.close(code=3000))
    page.route("**/messages/", lambda route: route.abort())
    page.goto(f"/rooms/{slug}/")
    box = page.locator("#composer textarea[name=body]")
    for words in ("typed before the crash", "and this"):
        box.fill(words)
        box.press("Enter")
    expect(page.locator("#pending > .message")).to_have_count(2)
    box.fill("half a thou")
    assert wait_until(lambda: [each["words"] for each in journal(page, "drafts")] == ["half a thou"])
    assert len(journal(page)) == 2
    os.kill(_process_with(str(tmp_path / "profile")), signal.SIGKILL)

    context = launch()
    try:
        context.add_cookies(cookies)  # which Chromium would have written by and by
        page = context.new_page()
        page.goto(f"/rooms/{slug}/")
        expect(bo.message("and this")).to_be_visible(timeout=20_000)
        expect(page.locator("#composer textarea[name=body]")).to_have_value("half a thou")
        assert bo.texts() == ["typed before the crash", "and this"]
    finally:
        context.close()


def _process_with(profile: str) -> int:
    """The browser's own process, which all others of it hang on."""
    running = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    for line in running.splitlines():
        if f"--user-data-dir={profile}" in line and "--type=" not in line:
            return int(line.split()[0])
    raise AssertionError("no such browser")


def test_in_a_lan_without_a_worker_and_behind_a_captive_portal(
    distant: Distant, visit: Visit, make_room: Rooms
) -> None:
    slug = make_room(distant, "ada", "bo")
    bo = visit(distant, "bo").enter(slug)
    ada = visit(distant.in_lan(), service_workers="allow")
    sign_in_lan(ada.context, visit(distant, "ada").context)
    bo.allow(*CUT_OFF)
    ada.allow(*CUT_OFF, "Cross-Origin-Opener-Policy header has been ignored")
    line = Line(ada)
    ada.enter(slug)
    assert ada.page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [False, False]
    line.cut()
    portal = "<!doctype html><title>Free Wi-Fi</title><form>Room number?</form>"
    ada.page.route("**/messages/", lambda route: route.fulfill(body=portal, content_type="text/html"))
    with ada.page.expect_request("**/messages/", timeout=20_000):
        ada.say("through\nthe portal")
    expect(ada.page.locator("#connection")).to_contain_text("Offline. What you write is kept.")
    expect(ada.bubbles).to_have_count(1)

    distant.proxy.down()
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        ada.page.reload()
    distant.proxy.up()
    ada.page.unroute("**/messages/")
    ada.page.goto(f"/rooms/{slug}/")
    expect(bo.messages).to_have_count(1, timeout=30_000)
    expect(ada.messages).to_have_count(1)
    expect(ada.bubbles).to_have_count(0)
    assert ada.texts() == bo.texts() == ["through\nthe portal"]
    expect(ada.page.locator("#connection")).to_contain_text("What you write is sent.")
    line.mend()
    with suppress(Error):  # it may have tried by itself
        ada.page.get_by_role("button", name="Try now").click(timeout=2_000)
    ada.is_live()
    expect(ada.page.locator("#connection")).to_have_text("Up to date")
    expect(ada.page.locator("#connection")).to_be_hidden()


FORBIDDEN = """
Object.defineProperty(window, "indexedDB", { get() { throw new DOMException("no", "SecurityError"); } });
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } });
"""


def test_where_nothing_may_be_kept_it_works_and_warns(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada"), visit(product, "bo").enter(slug)
    ada.allow(*CUT_OFF)
    ada.page.add_init_script(FORBIDDEN)
    line = Line(ada)
    ada.enter(slug)
    ada.say("not kept, but sent")
    expect(bo.message("not kept, but sent")).to_be_visible()
    line.cut()
    ada.page.route("**/messages/", lambda route: route.abort())
    ada.say("at risk")
    expect(ada.page.locator("#connection")).to_contain_text("Leave this page open")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    ada.page.once("dialog", stay)
    ada.page.close(run_before_unload=True)
    assert wait_until(lambda: bool(ada.page.evaluate("1") and asked))
    assert asked == ["beforeunload"]
    ada.page.unroute("**/messages/")
    line.mend()
    expect(bo.message("at risk")).to_be_visible(timeout=30_000)


def test_the_words_of_one_are_never_sent_as_anothers(product: Product, visit: Visit, make_room: Rooms) -> None:
    """Somebody else has signed in in this browser, while they waited."""
    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada"), visit(product, "bo").enter(slug)
    ada.allow("status of 401")
    hers, his = ada.context.cookies(), visit(product, "bo").context.cookies()
    line = Line(ada)
    ada.enter(slug)
    line.cut()
    ada.context.add_cookies(his)
    with ada.page.expect_response(re.compile("/messages/$"), timeout=20_000) as answer:
        ada.say("mine alone")
    assert answer.value.status == 401
    line.mend()
    expect(ada.page.locator("#connection")).to_contain_text(
        "You are signed out. What you write is kept.", timeout=20_000
    )
    expect(ada.bubbles).to_have_count(1)
    ada.page.reload()  # as he sees the room
    expect(ada.page.locator("html[data-live]")).to_be_attached()
    expect(ada.bubbles).to_have_count(0)
    assert ada.texts() == bo.texts() == []
    ada.context.add_cookies(hers)
    ada.page.reload()
    expect(bo.message("mine alone")).to_be_visible()
    expect(bo.message("mine alone").locator(".author")).to_have_text("Ada Lindqvist")


def test_signing_out_leaves_nothing(distant: Distant, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(distant, "bo", "ada")
    bo = visit(distant, "bo").enter(slug)
    bo.allow(*CUT_OFF)
    tab = another_tab(bo)
    tab.page.goto("/")
    tab.page.route_web_socket("**/ws/", lambda route: route.close(code=3000))
    bo.page.route("**/messages/", lambda route: route.abort())
    bo.box.fill("half a thou")
    assert wait_until(lambda: len(journal(bo.page, "drafts")) == 1)
    bo.page.evaluate("() => { WebSocket.prototype.send = () => {}; }")  # nothing that is said arrives
    bo.say("never sent")
    assert wait_until(lambda: len(journal(bo.page)) == 1)
    bo.box.fill("half a thought")
    tab.page.locator(".me summary").click()
    sign_out = tab.page.get_by_role("button", name="Sign out")
    with tab.page.expect_event("dialog") as asked:
        tab.page.once("dialog", lambda dialog: dialog.dismiss())
        sign_out.click()
    assert asked.value.message == "1 message is not sent yet. Sign out and lose it?"
    assert len(journal(tab.page)) == 1, "nothing is lost by turning back"
    tab.page.once("dialog", lambda dialog: dialog.accept())
    sign_out.click()
    expect(bo.page.locator("#connection")).to_have_text("You are signed out. Sign in")
    expect(bo.page.locator("#connection a")).to_be_visible()
    expect(bo.box).to_have_value("half a thought")
    expect(bo.bubbles).to_have_count(0)
    expect(tab.page.locator("[name=login]")).to_be_visible()
    stored = "() => Object.keys(localStorage).concat(Object.keys(sessionStorage))"
    assert wait_until(lambda: [key for key in tab.page.evaluate(stored) if key.startswith("chat.")] == [])
    assert (journal(tab.page), journal(tab.page, "drafts")) == ([], [])
    distant.states.pop("bo")

    # By the desk's own button, too.
    ada = visit(distant, "ada").enter(slug)
    ada.allow(*CUT_OFF)
    ada.box.fill("half a thou")
    assert wait_until(lambda: len(journal(ada.page, "drafts")) == 1)
    ada.page.goto("/admin/")
    ada.page.locator("#logout-form button").click()
    ada.page.wait_for_url("**/admin/logout/")
    assert (journal(ada.page), journal(ada.page, "drafts")) == ([], [])
    distant.states.pop("ada")
