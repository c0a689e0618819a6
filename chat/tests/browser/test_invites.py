"""A site that is entered by invitation: an owner gives a link away, and somebody comes by it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.reading import assert_readable

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 360, "height": 640}}


@pytest.fixture(scope="module")
def by_invitation(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("by-invitation"), town, SIGNUP="invite")
    try:
        product.start()
        yield product
    finally:
        product.stop()


def make_link(page: Page, uses: str) -> str:
    """On the page of a room's invitations; the path of the new link."""
    page.get_by_label("How many people").select_option(uses)
    page.get_by_role("button", name="Make a link").click()
    return urlsplit(page.locator(".invite input[readonly]").first.input_value()).path


def test_a_new_person_comes_by_a_link(by_invitation: Product, visit: Visit) -> None:
    ada = visit(by_invitation, "ada", permissions=["clipboard-read", "clipboard-write"], **PHONE)
    room = ada.post_form("/rooms/new/", {"name": "The Crow's Nest", "kind": "private"})
    ada.page.goto(room)
    ada.page.get_by_label("Room menu").click()
    ada.page.get_by_role("link", name="Invite people").click()
    expect(ada.page.get_by_text("None yet.")).to_be_visible()
    link = make_link(ada.page, "1")
    ada.page.get_by_role("button", name="Copy").click()
    expect(ada.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert ada.page.evaluate("navigator.clipboard.readText()") == f"{by_invitation.url}{link}"
    assert_readable(ada.page)
    ada.page.goto(room)
    ada.is_live()

    eve = visit(by_invitation, **PHONE)
    eve.page.goto("/accounts/signup/")
    expect(eve.page.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    eve.page.goto(link)
    expect(eve.page.get_by_role("heading", name="The Crow's Nest")).to_be_visible()
    expect(eve.page.get_by_text("Ada Lindqvist invites you")).to_be_visible()
    assert_readable(eve.page)
    eve.page.get_by_role("button", name="Make an account").click()
    for name, value in {"name": "Eve Marsh", "username": "eve", "password1": PASSWORD}.items():
        eve.page.locator(f"[name={name}]").fill(value)
    eve.page.get_by_role("button", name="Make an account").click()
    expect(eve.page.locator("#room-name")).to_have_text("The Crow's Nest")
    eve.is_live()
    eve.say("Here I am")
    expect(ada.message("Here I am")).to_be_visible()

    late = visit(by_invitation)
    late.allow("status of 404")
    late.page.goto(link)
    expect(late.page.get_by_role("heading", name="This invitation does not hold.")).to_be_visible()
    assert_readable(late.page)


def test_without_scripts_and_with_an_account(by_invitation: Product, visit: Visit) -> None:
    ada = visit(by_invitation, "ada", java_script_enabled=False)
    room = ada.post_form("/rooms/new/", {"name": "The Sail Loft", "kind": "private"})
    ada.page.goto(f"{room}members/")
    ada.page.get_by_role("link", name="Invitations").click()
    link = make_link(ada.page, "any")
    expect(ada.page.get_by_role("button", name="Copy")).to_have_count(0)

    bo = visit(by_invitation, java_script_enabled=False)
    bo.page.goto(link)
    bo.page.get_by_role("button", name="I have one: sign in").click()
    bo.page.locator("[name=login]").fill("bo")
    bo.page.locator("[name=password]").fill(PASSWORD)
    bo.page.locator("form:has([name=password]) [type=submit]").first.click()
    expect(bo.page.locator("#room-name")).to_have_text("The Sail Loft")

    otto = visit(by_invitation, "otto", java_script_enabled=False)
    otto.page.goto(link)
    otto.page.get_by_role("button", name="Join the room").click()
    expect(otto.page.locator("#room-name")).to_have_text("The Sail Loft")

    ada.page.reload()
    expect(ada.page.get_by_text("2 have come")).to_be_visible()
    ada.page.get_by_role("button", name="Withdraw").click()
    expect(ada.page.get_by_text("None yet.")).to_be_visible()
    bo.page.goto(link)  # who is in goes there all the same
    expect(bo.page.locator("#room-name")).to_have_text("The Sail Loft")


def test_administrators_invite_onto_the_site(by_invitation: Product, visit: Visit) -> None:
    boss = visit(by_invitation, "ada")
    boss.page.goto("/settings/")
    boss.page.get_by_role("link", name="Invite people to the site").click()
    link = make_link(boss.page, "5")
    assert_readable(boss.page)
    guest = visit(by_invitation)
    guest.page.goto(link)
    expect(guest.page.get_by_text("Ada Lindqvist invites you to this place.")).to_be_visible()
    guest.page.get_by_role("button", name="Make an account").click()
    expect(guest.page.locator("[name=username]")).to_be_visible()
