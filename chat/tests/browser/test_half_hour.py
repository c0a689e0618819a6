"""A moderator's half hour at the desk and in the room, and windows that see each act within a second."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chat.tests.chaos.oracle import crowding

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rooms = Callable[..., str]
AT_ONCE, HEALED = 1.0, 5.0  # seconds between what the book says and what a window shows: mostly, and always

# Notes when something came to be on the page, or was gone from it.
LOOK_OUT = """([selector, isThere]) => {
  window.seenAt = null;
  const look = () => Boolean(document.querySelector(selector)) === isThere && (window.seenAt ??= Date.now());
  new MutationObserver(look).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, characterData: true });
}"""


class Book:
    """The audit as the database of the running server holds it."""

    def __init__(self, product: Product) -> None:
        self.path = product.data / "chatrooms.sqlite3"

    def last(self) -> tuple[str, str, float]:
        """Verb and reason of the newest act, and when it was done, in seconds of the epoch."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as book:
            row = book.execute(
                "SELECT verb, reason, created_at FROM chat_auditentry ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return row[0], row[1], datetime.fromisoformat(row[2]).replace(tzinfo=UTC).timestamp()


class Desk:
    """A site moderator's window on the administration; nobody in the room."""

    def __init__(self, visitor: Visitor, book: Book) -> None:
        self.page, self.book = visitor.page, book
        self.took: list[float] = []  # seconds until a window showed each act

    def act(self, link: str, reason: str, **fields: str) -> None:
        """Follow the link or button of an act, fill in its form, and do it."""
        self.page.locator("#content").get_by_text(link, exact=True).first.click()
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").select_option(label=value)
        self.page.locator("[name=reason]").fill(reason)
        self.page.locator(".desk-buttons [type=submit]").click()
        expect(self.page.locator("[name=reason]")).to_have_count(0)
        assert self.book.last()[1] == reason

    def open_log(self, slug: str) -> None:
        self.page.goto("/admin/")
        self.page.get_by_role("link", name="Messages", exact=True).first.click()
        self.page.locator("[name=room]").fill(slug)
        self.page.get_by_role("button", name="Show", exact=True).click()

    def open_person(self, handle: str) -> None:
        self.page.goto("/admin/accounts/user/")
        self.page.locator("#searchbar").fill(handle)
        self.page.locator("#searchbar").press("Enter")
        self.page.get_by_role("link", name=handle, exact=True).first.click()


def look_out(visitor: Visitor, selector: str, *, there: bool = True) -> None:
    visitor.page.evaluate(LOOK_OUT, [selector, there])


def seen_soon(visitor: Visitor, desk: Desk, verb: str) -> None:
    """What the window looked out for came by itself, behind the act."""
    visitor.page.wait_for_function("() => window.seenAt !== null")
    seen = float(visitor.page.evaluate("window.seenAt")) / 1000
    done, _reason, at = desk.book.last()
    assert done == verb
    desk.took.append(seen - at)


def test_a_moderators_half_hour(own_product: Product, visit: Visit, make_room: Rooms) -> None:
    book = Book(own_product)
    slug = make_room(own_product, "chiara", "bo")
    owner, bo = visit(own_product, "chiara").enter(slug), visit(own_product, "bo").enter(slug)
    desk = Desk(visit(own_product, "ada"), book)
    bo.say("Buy *cheap* anchors")
    expect(owner.messages.last.locator("em")).to_be_visible()
    hide_and_restore(desk, slug, [owner, bo])
    mute_and_lift(desk, bo)
    bo.say("Sorry")
    expect(owner.message("Sorry")).to_be_visible()
    ban_from_the_room_and_lift(desk, owner, bo)
    ban_from_the_site_and_lift(desk, bo, slug)
    bo.enter(slug).say("Back again")
    owner.enter(slug)
    expect(owner.message("Back again")).to_be_visible()
    assert len(desk.took) == 8
    assert median(desk.took) < AT_ONCE * crowding(), desk.took
    assert max(desk.took) < HEALED * crowding(), desk.took
    desk.page.goto("/admin/chat/auditentry/")
    for reason in ("Advertising", "It was a joke", "The jokes", "No more jokes", "Anchors again", "Enough"):
        expect(desk.page.locator("#content")).to_contain_text(reason)


def hide_and_restore(desk: Desk, slug: str, windows: list[Visitor]) -> None:
    """Seen in the log as people see it, hidden there, restored from the message's own page."""
    desk.open_log(slug)
    expect(desk.page.locator("#log .message-body em")).to_have_text("cheap")
    desk.page.locator(".log-tick input").check()
    for visitor in windows:
        look_out(visitor, "#messages .is-hidden")
    desk.act("Hide…", "Advertising")
    for visitor in windows:
        seen_soon(visitor, desk, "message.hide")
        expect(visitor.messages.last.locator(".tombstone")).to_have_text("Hidden by Ada Lindqvist: Advertising")
        expect(visitor.page.get_by_text("anchors")).to_have_count(0)
    desk.page.locator("#log .log-about a").first.click()
    for visitor in windows:
        look_out(visitor, "#messages .is-hidden", there=False)
    desk.act("Restore…", "It was a joke")
    for visitor in windows:
        seen_soon(visitor, desk, "message.restore")
        expect(visitor.messages.last.locator(".message-body")).to_have_text("Buy cheap anchors")


def mute_and_lift(desk: Desk, bo: Visitor) -> None:
    desk.open_person("bo")
    look_out(bo, "#composer[hidden]")
    desk.act("Mute…", "The jokes", place="The whole site", lasts="1 hour")
    seen_soon(bo, desk, "person.mute")
    expect(bo.page.locator("#closed")).to_contain_text("The jokes")
    desk.open_person("bo")
    look_out(bo, "#composer:not([hidden])")
    desk.act("Lift mutes and bans…", "No more jokes")
    seen_soon(bo, desk, "restriction.lift")


def ban_from_the_room_and_lift(desk: Desk, owner: Visitor, bo: Visitor) -> None:
    """By the room's own owner; the desk lifts it."""
    member, path = bo.page.evaluate("document.body.dataset.userId"), bo.page.url
    shown_out: list[float] = []
    bo.page.on("request", lambda request: shown_out.append(time.time()))
    ban_in_the_room(owner.page, str(member))
    bo.page.wait_for_url("**/")
    verb, reason, banned_at = desk.book.last()
    assert (verb, reason) == ("person.ban", "Anchors again")
    desk.took.append(shown_out[0] - banned_at)
    expect(bo.page.locator(f'#sidebar a[href="{urlsplit(path).path}"]')).to_have_count(0)
    desk.open_person("bo")
    desk.act("Lift mutes and bans…", "The owner agrees")
    bo.page.goto(path)
    bo.page.get_by_role("button", name="Join").click()
    bo.is_live()


def ban_from_the_site_and_lift(desk: Desk, bo: Visitor, slug: str) -> None:
    """The open window closes, and no page opens, until it is lifted."""
    bo.allow(r"status of 40\d")
    look_out(bo, "#connection.is-ended")
    desk.open_person("bo")
    desk.act("Ban…", "Enough", place="The whole site", lasts="1 week")
    seen_soon(bo, desk, "person.ban")
    expect(bo.page.locator("#connection")).to_have_text("You can no longer take part here.")
    bo.page.goto(f"/rooms/{slug}/")
    expect(bo.page.locator("#messages")).to_have_count(0)
    desk.open_person("bo")
    desk.act("Lift mutes and bans…", "He asked nicely")


def ban_in_the_room(page: Page, member: str) -> None:
    """The owner's way: by the message's toolbar to the page that asks what, until when and why."""
    row = page.locator(f"#messages .message[data-author-id='{member}']").last
    row.hover()
    row.locator("#toolbar [data-action=restrict]").click()
    page.get_by_label("Ban").check()
    page.locator("[name=reason]").fill("Anchors again")
    page.get_by_role("button", name="Restrict").click()
    page.wait_for_url("**/moderation/")
