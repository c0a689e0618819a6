"""A reader in another language, from the door to a live room: the site's words are theirs, people's words stay."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product

pytestmark = pytest.mark.browser


def test_a_german_reader(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    german = visit(product, locale="de-DE").page
    german.goto("/accounts/login/")
    expect(german.locator("html")).to_have_attribute("lang", "de")
    expect(german.get_by_role("button", name="Anmelden", exact=True)).to_be_visible()
    german.get_by_role("button", name="English").click()
    expect(german.locator("html")).to_have_attribute("lang", "en")
    expect(german.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert german.url.endswith("/accounts/login/")

    slug = make_room(product, "ada", "bo")
    ada, bo = visit(product, "ada").enter(slug), visit(product, "bo", locale="de-DE").enter(slug)
    expect(bo.box).to_have_attribute("placeholder", f"Nachricht an {ada.page.locator('#room-name').inner_text()}")
    expect(bo.page.locator(".day a")).to_have_count(0)
    ada.say("Good morning")
    expect(bo.message("Good morning")).to_be_visible()
    expect(bo.page.locator(".day a")).to_have_text("Heute")
    ada.act(ada.messages.last, "delete")
    ada.messages.last.locator(".confirm-delete [type=submit]").click()
    expect(bo.messages.last.locator(".tombstone")).to_have_text("Gelöscht von Ada Lindqvist")
    expect(ada.messages.last.locator(".tombstone")).to_have_text("Deleted by Ada Lindqvist")

    bo.page.reload()  # what the server draws is dressed alike before it is seen
    expect(bo.messages.last.locator(".tombstone")).to_have_text("Gelöscht von Ada Lindqvist")
    bo.page.goto("/settings/")
    bo.page.get_by_label("Sprache").select_option("English")
    bo.page.get_by_role("button", name="Speichern").click()
    expect(bo.page.get_by_text("Your settings are kept.")).to_be_visible()
    bo.page.get_by_label("Language").select_option("As the browser says")
    bo.page.get_by_role("button", name="Save").click()
    expect(bo.page.get_by_text("Deine Einstellungen sind gespeichert.")).to_be_visible()
