"""Another name, handle and picture: what one window does, the others show at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Rooms = Callable[..., str]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
MENTIONED = re.compile(r"\bmentions-me\b")
ADDRESS = re.compile(r"^/pictures/[0-9a-f]{32}\.webp$")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    Image.new("RGB", (400, 300), "teal").save(path)
    return path


def is_shown(avatars: Locator, number: int) -> None:
    """So many of these avatars have a picture, and where it can be seen the browser has drawn it."""
    pictures = avatars.locator("img")
    expect(pictures).to_have_count(number)
    for place in range(number):
        expect(pictures.nth(place)).to_have_attribute("src", ADDRESS)
        if not pictures.nth(place).is_visible():  # of a grouped message: not loaded for nothing
            continue
        expect(pictures.nth(place)).to_have_js_property("complete", True)
        assert pictures.nth(place).evaluate("image => image.naturalWidth") == 192


def settings(visit: Visit, product: Product, handle: str, **options: object) -> Visitor:
    visitor = visit(product, handle, **options)
    visitor.page.goto("/settings/")
    return visitor


def save(visitor: Visitor) -> None:
    visitor.page.locator("#settings-form [type=submit]").click()
    expect(visitor.page.locator(".flash-line")).to_be_visible()


def test_name_and_picture_change_live(product: Product, visit: Visit, make_room: Rooms, photo: Path) -> None:
    slug = make_room(product, "ines", "mateo")
    ines, mateo = visit(product, "ines").enter(slug), visit(product, "mateo").enter(slug)
    for words in ("One", "Two"):
        mateo.say(words)
    expect(ines.message("Two")).to_be_visible()
    mine = mateo.page.locator(".me .avatar, #here .person:has-text('Mateo') .avatar, #messages .avatar")
    theirs = ines.page.locator("#here .person:has-text('Mateo') .avatar, #messages .avatar")
    expect(theirs).to_have_count(3)
    is_shown(theirs, 0)

    his = settings(visit, product, "mateo", **PHONE)
    page = his.page
    page.locator("#id_picture").set_input_files(photo)
    expect(page.locator("#portrait img")).to_have_attribute("src", re.compile("^blob:"))
    page.get_by_role("button", name="Use this picture").click()
    expect(page.locator(".flash-line")).to_be_visible()
    is_shown(theirs, 3)
    is_shown(mine, 4)
    mateo.say("Three")
    expect(mateo.bubbles).to_have_count(0)
    is_shown(theirs, 4)
    is_shown(mine, 5)

    page.locator("[name=name]").fill("Matteo Zee")
    save(his)
    for window in (ines, mateo):
        expect(window.messages.first.locator(".author")).to_have_text("Matteo Zee")
        expect(window.messages.first.locator(".avatar")).to_have_text("MZ")
    expect(mateo.page.locator(".me-name")).to_have_text("Matteo Zee")
    theirs = ines.page.locator("#here .person:has-text('Zee') .avatar, #messages .avatar")
    is_shown(theirs, 4)

    page.get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_role("button", name="Remove the picture")).to_have_count(0)
    is_shown(theirs, 0)
    expect(theirs.first).to_have_text("MZ")
    ines.page.reload()
    expect(ines.messages.first.locator(".avatar")).to_have_text("MZ")


def test_another_handle_and_what_was_said_to_the_old_one(product: Product, visit: Visit, make_room: Rooms) -> None:
    slug = make_room(product, "ines", "priya")
    ines, priya = visit(product, "ines").enter(slug), visit(product, "priya").enter(slug)
    ines.say("@priya may know")
    expect(priya.messages.last).to_have_class(MENTIONED)
    hers = settings(visit, product, "priya", **PHONE)
    hers.allow("status of 400")
    hers.page.locator("[name=handle]").fill("ada")
    hers.page.locator("#settings-form [type=submit]").click()
    expect(hers.page.locator("#id_handle_error")).to_have_text("Somebody has this handle, or had it. Choose another.")
    hers.page.locator("[name=handle]").fill("captain")
    save(hers)
    ines.say("@priya once more")
    expect(priya.message("@priya once more")).to_have_class(MENTIONED)
    ines.page.reload()
    expect(ines.message("@priya may know").locator(".mention")).to_have_count(1)
    priya.page.reload()
    expect(priya.message("@priya may know")).to_have_class(MENTIONED)
    ines.page.goto("/people/priya/")
    expect(ines.page).to_have_url(re.compile("/people/captain/$"))
    expect(ines.page.locator(".person-head")).to_contain_text("@captain")


def test_what_is_shown_before_it_is_kept(product: Product, visit: Visit, tmp_path: Path) -> None:
    """The theme; and that a file is too large, before a byte of it is sent."""
    jonas = settings(visit, product, "jonas")
    theme = jonas.page.locator("html")
    expect(theme).to_have_attribute("data-theme", "auto")
    jonas.page.locator("[name=theme]").select_option("dark")
    expect(theme).to_have_attribute("data-theme", "dark")
    jonas.page.locator("[name=time_zone]").select_option("Europe/Oslo")
    save(jonas)
    expect(theme).to_have_attribute("data-theme", "dark")
    expect(jonas.page.locator("[name=time_zone]")).to_have_value("Europe/Oslo")
    large = tmp_path / "large.png"
    large.write_bytes(bytes(5 * 1024 * 1024 + 1))
    jonas.page.locator("#id_picture").set_input_files(large)
    expect(jonas.page.locator("#id_picture_error")).to_have_text("A picture may have up to 5 MB. Choose a smaller one.")
    assert jonas.page.locator("#id_picture").evaluate("field => field.files.length") == 0


def test_without_script(product: Product, visit: Visit, photo: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.png"
    words.write_text("<script>alert(1)</script>")
    jonas = settings(visit, product, "jonas", java_script_enabled=False)
    page = jonas.page
    large = tmp_path / "large.png"
    large.write_bytes(bytes(6 * 1024 * 1024))
    jonas.allow("status of 400", "status of 413")
    for given, answer in ((words, "no picture"), (large, "up to 5 MB"), (photo, "Your picture is kept.")):
        page.goto("/settings/")
        page.locator("#id_picture").set_input_files(given)
        page.get_by_role("button", name="Use this picture").click()
        expect(page.locator("main")).to_contain_text(answer)
    expect(page.locator("#portrait img")).to_have_attribute("src", ADDRESS)
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.locator("#portrait img")).to_have_count(0)
