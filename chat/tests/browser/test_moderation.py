"""Keeping order on the room's own pages, with a second window that sees it happen."""

import re
import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.reading import assert_clean
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Rooms = Callable[..., str]
MUTED = "A moderator has muted you"


@pytest.fixture
def pair(product: Product, visit: Visit, make_room: Rooms) -> tuple[Visitor, Visitor]:
    """Ada owns the room, Bo is in it."""
    slug = make_room(product, "ada", "bo")
    return visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)


def slug_of(visitor: Visitor) -> str:
    return visitor.page.url.split("/rooms/")[1].split("/")[0]


def id_of(visitor: Visitor) -> str:
    return str(visitor.page.evaluate("document.body.dataset.userId"))


def judge(visitor: Visitor, action: str, reason: str) -> None:
    """Hide or restore the last message, in place."""
    visitor.act(visitor.messages.last, action)
    box = visitor.page.locator(".judge input")
    expect(box).to_be_focused()
    box.fill(reason)
    box.press("Enter")
    expect(visitor.page.locator(".judge")).to_have_count(0)


def restrict(visitor: Visitor, person: str, **fields: str) -> None:
    path = f"/rooms/{slug_of(visitor)}/members/{person}/restrict/"
    visitor.post_form(path, {"kind": "mute", "period": "day", "reason": "Too loud", **fields})


def test_a_message_is_hidden_with_a_reason_and_restored(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.say("The *tide* turns at four")
    expect(ada.messages.last.locator("em")).to_be_visible()
    judge(ada, "hide", "Not in this room")
    for visitor in pair:
        expect(visitor.messages.last.locator(".tombstone")).to_have_text("Hidden by Ada Lindqvist: Not in this room")
        expect(visitor.page.get_by_text("turns at four")).to_have_count(0)
    expect(ada.box).to_be_focused()

    ada.act(ada.messages.last, "restore")
    expect(ada.page.locator(".judge .kept")).to_have_text("The *tide* turns at four")
    ada.page.locator(".judge input").press("Escape")
    judge(ada, "restore", "A mistake")
    for visitor in pair:
        expect(visitor.messages.last.locator(".message-body")).to_have_text("The tide turns at four")
        expect(visitor.messages).to_have_count(1)


def test_a_refused_reason_stands_in_the_form(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.say("Hello")
    expect(ada.message("Hello")).to_be_visible()
    ada.allow("status of 400")
    ada.act(ada.messages.last, "hide")
    ada.page.locator(".judge input").fill("wri\u202etten")
    ada.page.locator(".judge [type=submit]").click()
    expect(ada.page.locator(".judge [role=alert]")).to_contain_text("invisible")
    ada.page.keyboard.press("Escape")
    expect(ada.message("Hello")).to_be_visible()


def test_who_may_do_what_to_a_message(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.say("From Bo")
    expect(ada.message("From Bo")).to_be_visible()
    ada.say("From Ada")
    expect(bo.message("From Ada")).to_be_visible()
    offered = {
        (ada, "From Bo"): ["copy-link", "unread", "hide", "restrict"],
        (ada, "From Ada"): ["edit", "copy-link", "delete", "unread"],
        (bo, "From Bo"): ["edit", "copy-link", "delete", "unread"],
        (bo, "From Ada"): ["copy-link", "unread"],
    }
    for (visitor, words), actions in offered.items():
        visitor.message(words).hover()
        assert shown(visitor) == actions, words
    judge_last = ada.message("From Bo")
    ada.act(judge_last, "hide")
    ada.page.locator(".judge input").fill("Why")
    ada.page.locator(".judge input").press("Enter")
    for visitor, actions in ((ada, ["copy-link", "unread", "restore", "restrict"]), (bo, ["copy-link", "unread"])):
        tombstone = visitor.messages.filter(has=visitor.page.locator(".tombstone"))
        tombstone.hover()
        assert shown(visitor) == actions


def shown(visitor: Visitor) -> list[str]:
    buttons = visitor.page.locator("#toolbar button:visible")
    expect(buttons.first).to_be_visible()
    return [str(button.get_attribute("data-action")) for button in buttons.all()]


def test_a_new_moderator_gets_the_tools_at_once(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    ada.say("Judge me")
    expect(bo.message("Judge me")).to_be_visible()
    menu = bo.page.locator(".room-header .menu")
    menu.locator("summary").click()
    expect(menu.get_by_text("Moderation")).to_be_hidden()
    ada.post_form(f"/rooms/{slug_of(ada)}/members/{id_of(bo)}/role/", {"role": "moderator"})
    expect(menu.get_by_text("Moderation")).to_be_visible()
    bo.page.keyboard.press("Escape")
    judge(bo, "hide", "Because I can")
    expect(ada.messages.last.locator(".tombstone")).to_have_text("Hidden by Bo Okafor: Because I can")


def test_a_mute_closes_the_composer_and_its_end_opens_it(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.box.fill("Half a thought")
    restrict(ada, id_of(bo), period="lifted")
    expect(bo.page.locator("#closed")).to_have_text(re.compile(f"^\\s*{MUTED}: Too loud\\s*$"))
    expect(bo.page.locator("#closed")).to_be_focused()
    expect(bo.box).to_be_hidden()
    ada.say("You can still read this")
    expect(bo.message("You can still read this")).to_be_visible()
    second = bo.page.context.new_page()
    second.goto(bo.page.url)
    expect(second.locator("#closed")).to_contain_text(MUTED)

    ada.page.goto(f"/rooms/{slug_of(ada)}/moderation/")
    ada.page.get_by_role("link", name="Lift the mute of Bo Okafor").click()
    ada.page.locator("[name=reason]").fill("Calm again")
    ada.page.get_by_role("button", name="Lift").click()
    ada.page.wait_for_url("**/moderation/")
    for page in (bo.page, second):
        expect(page.locator("#closed")).to_be_hidden()
        expect(page.locator("#composer textarea")).to_be_visible()
    expect(bo.box).to_have_value("Half a thought")
    expect(bo.box).to_be_focused()
    bo.box.press("Enter")
    expect(bo.message("Half a thought")).to_be_visible()


def test_an_archived_room_can_be_read_only(pair: tuple[Visitor, Visitor]) -> None:
    """There is no act for it yet: the row is changed, and told by the next change of the header."""
    ada, bo = pair
    slug = slug_of(ada)
    for archived_at, words in (("2026-11-22 10:00:00", "archived"), (None, "")):
        with sqlite3.connect(ada.product.data / "chatrooms.sqlite3") as database:
            database.execute("UPDATE chat_room SET archived_at = ? WHERE slug = ?", (archived_at, slug))
        ada.post_form(f"/rooms/{slug}/settings/", {"name": f"Room {words}", "topic": ""})
        expect(bo.page.locator("#room-name")).to_have_text(f"Room {words}".strip())
        expect(bo.page.locator("#closed")).to_contain_text(words)
        expect(bo.box).to_be_hidden() if archived_at else expect(bo.box).to_be_visible()


def test_by_touch_all_tools_fit_and_can_be_hit(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    bo = visit(product, "bo").enter(slug)
    phone = visit(product, "ada", has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}).enter(slug)
    bo.say("Something bad")
    phone.message("Something bad").locator(".message-body").tap()
    phone.page.locator("#toolbar [data-action=more]").tap()
    tools = phone.page.locator("#sheet button:visible")
    expect(tools.filter(has_text="Hide")).to_be_visible()
    for button in tools.all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 43
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    phone.page.locator("#sheet [data-action=hide]").tap()
    phone.page.locator(".judge input").fill("Not here")
    phone.page.locator(".judge [type=submit]").tap()
    expect(bo.messages.last.locator(".tombstone")).to_have_text("Hidden by Ada Lindqvist: Not here")


def test_until_when_is_by_the_readers_clock(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    ada = visit(product, "ada", locale="en-GB", timezone_id="Asia/Tokyo")
    bo = visit(product, "bo", locale="en-GB", timezone_id="America/New_York").enter(slug)
    ada.page.goto(f"/rooms/{slug}/members/{id_of(bo)}/restrict/?kind=mute")
    expect(ada.page.locator("[data-zone]")).to_have_text("Asia/Tokyo")
    ada.page.locator("[name=until]").fill("2199-07-01T18:30")
    ada.page.locator("[name=reason]").fill("Too loud")
    ada.page.get_by_role("button", name="Restrict").click()
    expect(ada.page.locator("#restrictions time").first).to_have_text("1 Jul 2199, 18:30")
    expect(bo.page.locator("#closed")).to_have_text(re.compile(f"{MUTED} until 1 Jul 2199, 0?5:30: Too loud"))


def test_who_is_banned_is_shown_out_and_kept_out(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    path = f"/rooms/{slug_of(bo)}/"
    bo.say("Something bad")
    expect(ada.message("Something bad")).to_be_visible()
    ada.act(ada.messages.last, "restrict")
    ada.page.get_by_label("Ban").check()
    ada.page.locator("[name=reason]").fill("Enough")
    ada.page.get_by_role("button", name="Restrict").click()
    bo.page.wait_for_url("**/")
    expect(bo.page.locator(f'#sidebar a[href="{path}"]')).to_have_count(0)
    bo.page.goto(path)
    expect(bo.page.locator("main")).to_contain_text("You are banned from this room until")
    expect(bo.page.locator("main")).to_contain_text("Enough")
    expect(bo.page.get_by_role("button", name="Join")).to_have_count(0)
    expect(ada.page.locator("#restrictions")).to_contain_text("Bo Okafor")


def test_the_same_without_scripts(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    bo = visit(product, "bo").enter(slug)
    bo.say("Something bad")
    expect(bo.message("Something bad")).to_be_visible()
    page = visit(product, "ada", java_script_enabled=False).page
    page.goto(f"/rooms/{slug}/")
    page.locator("#messages .message-link").click()
    page.get_by_role("link", name="Hide…").click()
    page.locator("[name=reason]").fill("Not here")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".tombstone")).to_have_text("Hidden by Ada Lindqvist: Not here")
    page.get_by_role("link", name="Restore…").click()
    page.locator("[name=reason]").fill("A mistake")
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("#messages .message-body")).to_have_text("Something bad")
    page.get_by_role("link", name="Mute or ban…").click()
    page.get_by_label("Mute").check()
    page.locator("[name=reason]").fill("Too loud")
    page.get_by_role("button", name="Restrict").click()
    expect(page.locator("#restrictions")).to_contain_text("Too loud")
    muted = visit(product, "bo", java_script_enabled=False).page
    muted.goto(f"/rooms/{slug}/")
    expect(muted.locator("#closed")).to_contain_text("UTC: Too loud")
    expect(muted.locator("#composer")).to_be_hidden()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(visit: Visit, product: Product, theme: str, width: int) -> None:
    visitor = visit(product, "ada", color_scheme=theme, viewport={"width": width, "height": 800})
    page = visitor.enter("town-hall").page
    theirs = page.locator("#messages .message:not(.is-mine, .is-deleted)").last
    visitor.act(theirs, "hide")
    assert_clean(page)
    page.goto("/rooms/town-hall/members/")
    page.locator(".member", has_text="@bo").locator("summary").click()
    assert_clean(page)
    page.get_by_role("link", name="Ban from the room…").locator("visible=true").click()
    assert_clean(page)
    muted = visit(product, "otto", color_scheme=theme, viewport={"width": width, "height": 800})
    assert_clean(muted.enter("town-hall").page)
