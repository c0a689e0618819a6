"""Somebody takes a copy of their data and goes, while another watches the room."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect

from chat.tests.browser.product import PASSWORD, Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STORED = "() => JSON.stringify([localStorage, sessionStorage])"


def stored(visitor: Visitor) -> str:
    """What this device keeps of the site."""
    return str(visitor.page.evaluate(STORED))


def test_a_copy_and_good_bye(product: Product, visit: Any, make_room: Any, tmp_path: Path) -> None:
    slug, handle = make_room(product, "ada", "bo"), f"eve{uuid4().hex[:6]}"
    eve, ada = visit(product), visit(product, "ada").enter(slug)
    eve.page.goto("/accounts/signup/")
    eve.page.get_by_label("Your name").fill("Eve")
    eve.page.get_by_label("Handle").fill(handle)
    eve.page.get_by_label("Password", exact=True).fill(PASSWORD)
    eve.page.get_by_role("button", name="Make an account").click()
    eve.page.wait_for_url("**/")
    eve.post_form(f"/rooms/{slug}/join/", {})
    eve.enter(slug).say("The tide turns at four")
    expect(ada.message("The tide turns at four")).to_be_visible()

    # A copy: asked for, watched, taken.
    eve.page.goto("/settings/")
    eve.page.get_by_role("link", name="A copy of your data").click()
    eve.page.get_by_role("button", name="Make a copy").click()
    link = eve.page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=20_000)
    with eve.page.expect_download() as download:
        link.click()
    path = tmp_path / "copy.zip"
    download.value.save_as(path)
    assert download.value.suggested_filename.startswith(handle)
    said = json.loads(ZipFile(path).read("messages/messages-00001.json"))
    assert [message["text"] for message in said] == ["The tide turns at four"]

    # The copy reads without the site.
    folder = tmp_path / "copy"
    ZipFile(path).extractall(folder)
    eve.page.goto(f"file://{folder}/index.html")
    eve.page.get_by_role("link", name="From ").click()
    expect(eve.page.get_by_text("The tide turns at four")).to_be_visible()

    # Good-bye, words and all; a draft that was never sent goes from the device.
    eve.enter(slug).box.fill("Not yet said")
    assert wait_until(lambda: "Not yet said" in stored(eve)), "the premise: the draft is on the device"
    eve.page.goto("/settings/delete/")
    eve.page.get_by_label("They go too").check()
    eve.page.get_by_label("Your handle").fill("ada")
    eve.page.get_by_role("button", name="Delete my account").click()
    expect(eve.page.get_by_text("That is not your handle")).to_be_visible()
    eve.page.get_by_label("Your handle").fill(handle)
    eve.page.get_by_role("button", name="Delete my account").click()
    expect(eve.page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    assert wait_until(lambda: "chat." not in stored(eve).replace("left.chat", ""))
    expect(ada.page.locator("#messages .tombstone").get_by_text("Deleted user")).to_be_visible(timeout=20_000)
    expect(ada.page.get_by_text("The tide turns at four")).to_have_count(0)
    expect(ada.page.locator("#messages .author").get_by_text("Eve", exact=True)).to_have_count(0)
    eve.allow("status of 400")
