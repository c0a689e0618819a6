"""Two people in two windows: what one does, the other sees at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Rooms = Callable[..., str]


@pytest.fixture
def pair(product: Product, visit: Visit, make_room: Rooms) -> tuple[Visitor, Visitor]:
    slug = make_room(product, "ada", "bo")
    return visit(product, "ada").enter(slug), visit(product, "bo").enter(slug)


def test_a_message_is_posted_edited_and_deleted_live(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    ada.say("Hello **Bo**")
    expect(bo.message("Bo")).to_be_visible()
    assert bo.texts() == ada.texts() == ["Hello Bo"]
    expect(ada.bubbles).to_have_count(0)

    ada.act(ada.messages.last, "edit")
    editor = ada.messages.last.locator(".editor textarea")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Hello **Bo**")
    editor.fill("Good morning")
    editor.press("Enter")
    expect(bo.message("Good morning")).to_be_visible()
    expect(bo.messages.last.locator(".edited")).to_be_visible()
    expect(ada.message("Good morning")).to_be_visible()
    expect(ada.box).to_be_focused()

    ada.act(ada.messages.last, "delete")
    ada.messages.last.locator(".confirm-delete [type=submit]").click()
    for visitor in pair:
        expect(visitor.messages.last.locator(".tombstone")).to_be_visible()
        expect(visitor.page.get_by_text("Good morning")).to_have_count(0)
        expect(visitor.messages).to_have_count(1)


def test_only_ones_own_messages_can_be_changed(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    ada.say("Mine")
    expect(bo.message("Mine")).to_be_visible()
    bo.messages.last.hover()
    toolbar = bo.page.locator("#toolbar")
    expect(toolbar.locator("[data-action=copy-link]")).to_be_visible()
    expect(toolbar.locator("[data-action=edit]")).to_be_hidden()
    expect(toolbar.locator("[data-action=delete]")).to_be_hidden()


def test_many_messages_from_both_keep_one_order(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    for number in range(10):
        ada.say(f"ada {number}")
        bo.say(f"bo {number}")
    for visitor in pair:
        expect(visitor.messages).to_have_count(20)
        expect(visitor.bubbles).to_have_count(0)
    assert ada.texts() == bo.texts()
    for name in ("ada", "bo"):
        assert [words for words in ada.texts() if words.startswith(name)] == [f"{name} {n}" for n in range(10)]


def test_an_edit_does_not_overwrite_what_is_being_edited(pair: tuple[Visitor, Visitor], visit: Visit) -> None:
    ada, bo = pair
    ada.say("First")
    expect(ada.message("First")).to_be_visible()
    other = visit(ada.product, "ada").enter(ada.page.url.split("/")[-2])
    ada.act(ada.messages.last, "edit")
    mine = ada.messages.last.locator(".editor textarea")
    mine.fill("Half a thought")
    other.act(other.messages.last, "edit")
    other.messages.last.locator(".editor textarea").fill("From the other tab")
    other.messages.last.locator(".editor textarea").press("Enter")
    expect(bo.message("From the other tab")).to_be_visible()
    expect(mine).to_have_value("Half a thought")
    mine.press("Escape")
    expect(ada.message("From the other tab")).to_be_visible()


def test_who_is_here_and_who_is_typing(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    here = ada.page.locator("#here .person")
    expect(here).to_have_count(2)
    bo.box.press_sequentially("I am wri")
    expect(ada.page.locator("#typing")).to_have_text("Bo Okafor is typing")
    expect(ada.page.locator("#typing")).to_have_text("")
    bo.page.goto("/")
    expect(here).to_have_count(1)
    expect(ada.page.locator("#here-count")).to_have_text("1")


def test_unread_counts_and_the_read_pointer(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug, elsewhere = make_room(product, "ada", "bo"), make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada").enter(elsewhere), visit(product, "bo").enter(slug)
    link = ada.page.locator(f'#sidebar a[href="/rooms/{slug}/"]')
    empty, begun = (bo.page.get_by_text(words) for words in ("Say the first word.", "This is where it began."))
    expect(empty).to_be_visible()
    expect(begun).to_be_hidden()
    bo.say("one")
    expect(begun).to_be_visible()
    expect(empty).to_be_hidden()
    bo.say("@ada two")
    expect(link.locator(".unread")).to_have_text("2")
    expect(link.locator(".mentions")).to_have_text("1")
    expect(ada.page).to_have_title(re.compile(r"^\(\d+\+?\) Room "))

    second = visit(product, "ada").enter(slug)
    expect(second.page.locator(".new-line")).to_be_visible()
    expect(link.locator(".unread")).to_be_hidden()
    expect(link.locator(".mentions")).to_be_hidden()
    second.page.reload()
    second.is_live()
    expect(second.page.locator(".new-line")).to_have_count(0)


def test_renames_reach_open_windows(pair: tuple[Visitor, Visitor]) -> None:
    ada, bo = pair
    path = "/".join(ada.page.url.split("/")[3:])
    ada.say("Before")
    expect(bo.message("Before")).to_be_visible()
    ada.post_form(f"/{path}settings/", {"name": "A new name", "topic": "and topic"})
    for visitor in pair:
        expect(visitor.page.locator("#room-name")).to_have_text("A new name")
        expect(visitor.page.locator("#room-topic")).to_have_text("and topic")
        expect(visitor.page.locator("#sidebar [aria-current] .room-name")).to_have_text("A new name")
        expect(visitor.page).to_have_title(re.compile(r"A new name · Lindhaven$"))


def test_who_is_removed_is_shown_out(product: Product, visit: Visit) -> None:
    ada, bo = visit(product, "ada"), visit(product, "bo")
    path = ada.post_form("/rooms/new/", {"name": "Captains", "kind": "private"})
    ada.post_form(f"{path}members/", {"handle": "bo"})
    bo.enter(path.split("/")[2])
    member = bo.page.evaluate("document.body.dataset.userId")
    ada.post_form(f"{path}members/{member}/remove/", {})
    bo.page.wait_for_url("**/")
    expect(bo.page.locator(f'#sidebar a[href="{path}"]')).to_have_count(0)


def test_leaving_and_joining_show_in_the_other_tab(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ada", "bo")
    tab = visit(product, "bo")
    tab.page.goto("/")
    link = tab.page.locator(f'#sidebar a[href="/rooms/{slug}/"]')
    expect(link).to_be_visible()
    visit(product, "bo").post_form(f"/rooms/{slug}/leave/", {})
    expect(link).to_have_count(0)
    visit(product, "bo").post_form(f"/rooms/{slug}/join/", {})
    expect(link).to_be_visible()
