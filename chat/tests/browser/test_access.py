"""By keyboard and by ear: what a screen reader is told, and where the focus stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(product: Product, visit: Visit, make_room: Callable[..., str]) -> tuple[Visitor, Visitor]:
    slug = make_room(product, "ada", "bo")
    return visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)


def test_new_messages_of_others_are_said_and_bursts_bundled(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    region = ada.page.locator("#announcer")
    ada.say("my own words")
    bo.say("Good morning")
    expect(region).to_have_text("Bo Okafor: Good morning")
    bo.act(bo.message("Good morning"), "edit")
    bo.page.locator(".editor textarea").fill("Good evening")
    bo.page.locator(".editor textarea").press("Enter")
    expect(ada.message("Good evening")).to_be_visible()
    ada.page.wait_for_timeout(1000)
    expect(region).to_have_text("Bo Okafor: Good morning")
    for number in range(8):
        bo.say(f"quick {number}")
    expect(region).to_have_text("8 new messages")


def test_words_that_are_gone_do_not_stay_behind_for_screen_readers(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.say("To be deleted")
    expect(ada.page.locator("#announcer")).to_have_text("Bo Okafor: To be deleted")
    bo.act(bo.message("To be deleted"), "delete")
    bo.page.locator(".confirm-delete [type=submit]").click()
    expect(ada.page.locator(".tombstone")).to_be_visible()
    expect(ada.page.locator("#announcer")).to_have_text("")


def test_history_is_not_read_out(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada").enter("harbour")
    before = ada.messages.count()
    ada.page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
    expect(ada.messages).not_to_have_count(before)
    ada.page.wait_for_timeout(1000)
    expect(ada.page.locator("#announcer")).to_have_text("")


def test_the_toolbar_is_reached_by_keyboard(pair: tuple[Visitor, Visitor]) -> None:
    ada, _bo = pair
    ada.say("by keyboard")
    expect(ada.message("by keyboard")).to_be_visible()
    ada.messages.last.locator(".message-link").focus()
    ada.page.keyboard.press("Tab")
    expect(ada.page.locator("#toolbar [data-action=edit]")).to_be_focused()
    ada.page.keyboard.press("Enter")
    editor = ada.page.locator(".editor textarea")
    expect(editor).to_be_focused()
    editor.fill("edited by keyboard")
    ada.page.keyboard.press("Control+Enter")
    expect(ada.message("edited by keyboard")).to_be_visible()


def test_the_focus_survives_edits_and_deletes_of_the_row_it_is_in(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    bo.say("to change")
    expect(ada.message("to change")).to_be_visible()
    link = ada.messages.last.locator(".message-link")
    link.focus()
    bo.act(bo.message("to change"), "edit")
    bo.page.locator(".editor textarea").fill("changed")
    bo.page.locator(".editor textarea").press("Enter")
    expect(ada.message("changed")).to_be_visible()
    expect(link).to_be_focused()
    bo.act(bo.message("changed"), "delete")
    bo.page.locator(".confirm-delete [type=submit]").click()
    expect(ada.page.locator(".tombstone")).to_be_visible()
    expect(link).to_be_focused()
