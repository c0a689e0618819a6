"""Which pages are pictured, for whom, and what is done on them before the picture is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

# People who have the town hall open while its pictures are taken.
COMPANY = ("bo", "chiara", "goro", "lena", "nour")
WIDTHS = {360: 740, 768: 1024, 1280: 900, 1920: 1080}
TALL = 1500
THEMES = ("light", "dark")
LIVE = "html[data-live]"


@dataclass(frozen=True)
class Scene:
    """`handle` signs in ("" is a visitor), `act` is done on the page, a `frozen` server then answers nothing."""

    name: str
    path: str
    handle: str = "ada"
    act: Callable[[Page], None] | None = None
    widths: tuple[int, ...] = tuple(WIDTHS)
    tall: bool = False
    frozen: bool = False
    empty_site: bool = False


def _live(page: Page) -> None:
    page.locator(LIVE).wait_for(state="attached")


def _open_drawer(page: Page) -> None:
    page.locator("#menu").click()
    page.locator("#drawer[open]").wait_for()


def _open_people(page: Page) -> None:
    _live(page)
    page.locator("#people-toggle").click()
    page.locator(".people-open #people").wait_for()


def _every_state(page: Page) -> None:
    """Beside those that the seed made: a refused message, and an own one under the editor."""
    _live(page)
    box = page.locator("#composer textarea")
    box.fill("The server takes no control characters:\0")
    box.press("Enter")
    page.locator("#pending .is-failed").wait_for()
    own = page.locator("#messages .message.is-mine:not(.is-deleted)").last
    own.hover()
    own.locator("#toolbar [data-action=edit]").click()
    page.locator("#messages textarea").wait_for()


def say_unanswered(page: Page) -> None:
    """What is said to a server that does not answer: pending, and after a second with its clock."""
    page.locator("#composer textarea").fill("Is anybody there?")
    page.locator("#composer textarea").press("Enter")
    page.locator("#pending .is-pending.is-slow").wait_for()


SCENES = (
    Scene("welcome", "/", handle=""),
    Scene("set-up", "/", handle="", empty_site=True),
    Scene("sign-up", "/accounts/signup/", handle=""),
    Scene("directory", "/"),
    Scene("new-room", "/rooms/new/"),
    Scene("members", "/rooms/town-hall/members/"),
    Scene("settings", "/settings/"),
    Scene("not-found", "/rooms/no-such-room/"),
    Scene("outside", "/rooms/chess-by-post/"),
    Scene("empty-room", "/rooms/new-pier/", act=_live),
    Scene("room", "/rooms/town-hall/", act=_live),
    Scene("unread", "/rooms/market-square/", act=_live),
    Scene("states", "/rooms/town-hall/", act=_every_state, tall=True, frozen=True),
    Scene("drawer", "/rooms/town-hall/", act=_open_drawer, widths=(360,)),
    Scene("people", "/rooms/town-hall/", act=_open_people, widths=(360, 768)),
)

# Kept in the repository, in docs/screens/: scene, width, theme.
CHOSEN = (
    ("room", 1280, "light"),
    ("room", 1280, "dark"),
    ("room", 1920, "light"),
    ("room", 768, "light"),
    ("room", 360, "dark"),
    ("states", 1280, "light"),
    ("drawer", 360, "light"),
    ("welcome", 1280, "light"),
    ("welcome", 360, "dark"),
    ("set-up", 1280, "dark"),
    ("directory", 1280, "light"),
    ("empty-room", 768, "dark"),
)
