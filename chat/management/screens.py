"""Which pages are pictured, for whom, and what is done on them before the picture is taken."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page

from chat.tests.browser.product import PASSWORD
from chatsite.testing.provider import Somebody

# Where pictures are taken: an empty site, the town, the town with mail and other ways to sign in, and by invitation.
SITES: dict[str, dict[str, str]] = {
    "empty": {},
    "town": {},
    "ways": {"EMAIL_URL": "smtp://127.0.0.1:9"},
    "invited": {"SIGNUP": "invite"},
}
# Whom the providers of "ways" tell of: somebody with an address that an account in the town has.
AT_PROVIDER = Somebody(name="Ada L.", login="ada-l", email="ada@town.example")
# People who have the town hall open while its pictures are taken.
COMPANY = ("bo", "chiara", "goro", "lena", "nour")
WIDTHS = {360: 740, 768: 1024, 1280: 900, 1920: 1080}
PHONE_AND_DESK = (360, 1280)
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
    site: str = "town"


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


def _hide_in_place(page: Page) -> None:
    _live(page)
    theirs = page.locator("#messages .message:not(.is-mine, .is-deleted)").last
    theirs.hover()
    theirs.locator("#toolbar [data-action=hide]").click()
    page.locator(".judge input").fill("Not in the town hall")


def _restrict_bo(page: Page) -> None:
    """From the members' page, whose menu leads there."""
    _open_member_menu(page)
    page.locator(".member [open] .menu-list a").first.click()
    page.locator("select[name=period]").wait_for()


def _open_member_menu(page: Page) -> None:
    page.locator(".member", has_text="@bo").locator("summary").click()


def _open_otto(page: Page) -> None:
    page.get_by_role("link", name="otto", exact=True).click()
    page.locator(".desk-person").wait_for()


def say_unanswered(page: Page) -> None:
    """What is said to a server that does not answer: pending, and after a second with its clock."""
    page.locator("#composer textarea").fill("Is anybody there?")
    page.locator("#composer textarea").press("Enter")
    page.locator("#pending .is-pending.is-slow").wait_for()


def _prove_it(page: Page) -> None:
    """Pages that ask who one is again, when the sign-in was a while ago."""
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form .primary").click()
        page.locator("input[name=password]").wait_for(state="detached")


def _add_app(page: Page) -> None:
    """Once: the next picture of the same page makes new recovery codes."""
    _prove_it(page)
    if page.locator("#secret").count():
        secret = page.locator("#secret").inner_text().replace(" ", "")
        page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    else:
        page.goto("/accounts/2fa/recovery-codes/generate/")
    page.locator("main form .button").first.click()
    page.locator(".codes").wait_for()


def _show_factors(page: Page) -> None:
    _add_app(page)
    page.goto("/accounts/2fa/")


def _half_way_in(page: Page) -> None:
    """Past the password, before the second step."""
    page.locator("input[name=login]").fill("priya")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form .primary").first.click()
    page.locator("input[name=code]").wait_for()


def _to_provider(page: Page, answer: str = "Allow") -> None:
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=answer).click()
    page.locator("main h1").wait_for()


def _cancel_there(page: Page) -> None:
    _to_provider(page, "Cancel")


def _come_first_time(page: Page) -> None:
    """Without the address, which is taken."""
    _to_provider(page)
    page.goto("/accounts/3rdparty/signup/")


def _make_reset_link(page: Page) -> None:
    _open_otto(page)
    page.goto(page.url.replace("/change/", "/acts/reset-link/"))
    if page.locator("main input[name=password]").count():
        _prove_it(page)
    page.locator("[name=reason]").fill("Asked at the counter")
    page.locator("main [type=submit], #content [type=submit]").first.click()
    page.locator("input[readonly]").wait_for()


def _follow_reset_link(page: Page) -> None:
    _make_reset_link(page)
    link = page.locator("input[readonly]").input_value()
    page.context.clear_cookies()
    page.goto(link)


def _follow_invite(page: Page) -> None:
    """As somebody new who was sent a link."""
    link = page.locator("input[readonly]").first.input_value()
    page.context.clear_cookies()
    page.goto(link)
    page.locator("main h1").wait_for()


SCENES = (
    Scene("welcome", "/", handle=""),
    Scene("set-up", "/", handle="", site="empty"),
    Scene("sign-up", "/accounts/signup/", handle=""),
    Scene("directory", "/"),
    Scene("new-room", "/rooms/new/"),
    Scene("members", "/rooms/town-hall/members/"),
    Scene("member-menu", "/rooms/town-hall/members/", act=_open_member_menu, widths=PHONE_AND_DESK),
    Scene("restrict", "/rooms/town-hall/members/", act=_restrict_bo, widths=PHONE_AND_DESK),
    Scene("moderation", "/rooms/town-hall/moderation/", widths=PHONE_AND_DESK),
    Scene("hide", "/rooms/town-hall/", act=_hide_in_place, widths=PHONE_AND_DESK),
    Scene("muted", "/rooms/town-hall/", handle="otto", act=_live, widths=PHONE_AND_DESK),
    Scene("desk", "/admin/", widths=PHONE_AND_DESK, tall=True),
    Scene("desk-log", "/admin/chat/message/?room=town-hall", widths=PHONE_AND_DESK, tall=True),
    Scene("desk-person", "/admin/accounts/user/", act=_open_otto, widths=PHONE_AND_DESK, tall=True),
    Scene("desk-audit", "/admin/chat/auditentry/", widths=PHONE_AND_DESK, tall=True),
    Scene("settings", "/settings/", tall=True),
    Scene("sign-in", "/accounts/login/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("email", "/accounts/email/", act=_prove_it, widths=PHONE_AND_DESK),
    Scene("password", "/accounts/password/change/", widths=PHONE_AND_DESK),
    Scene("prove", "/accounts/reauthenticate/", widths=PHONE_AND_DESK),
    Scene("factors", "/accounts/2fa/", widths=PHONE_AND_DESK),
    Scene("factor-app", "/accounts/2fa/totp/activate/", act=_prove_it, widths=PHONE_AND_DESK, tall=True),
    Scene("factor-passkey", "/accounts/2fa/webauthn/add/", act=_prove_it, widths=PHONE_AND_DESK),
    Scene("recovery-codes", "/accounts/2fa/totp/activate/", handle="priya", act=_add_app, widths=PHONE_AND_DESK),
    Scene("factors-on", "/accounts/2fa/totp/activate/", handle="priya", act=_show_factors, widths=PHONE_AND_DESK),
    Scene("second-step", "/accounts/login/", handle="", act=_half_way_in, widths=PHONE_AND_DESK),
    Scene("sessions", "/accounts/sessions/", widths=PHONE_AND_DESK),
    Scene("reset", "/accounts/password/reset/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("reset-without-mail", "/accounts/password/reset/", handle="", widths=PHONE_AND_DESK),
    Scene("reset-sent", "/accounts/password/reset/done/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("reset-link", "/admin/accounts/user/", act=_make_reset_link, widths=PHONE_AND_DESK),
    Scene("new-password", "/admin/accounts/user/", act=_follow_reset_link, widths=PHONE_AND_DESK),
    Scene("sign-in-code", "/accounts/login/code/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("sign-up-with-mail", "/accounts/signup/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("mail-sent", "/accounts/confirm-email/", handle="", site="ways", widths=PHONE_AND_DESK),
    Scene("sign-up-by-invitation", "/accounts/signup/", handle="", site="invited", widths=PHONE_AND_DESK),
    Scene("sign-in-again", "/accounts/reauthenticate/again/", widths=PHONE_AND_DESK),
    Scene("provider-cancelled", "/accounts/login/", handle="", site="ways", act=_cancel_there, widths=PHONE_AND_DESK),
    Scene("address-taken", "/accounts/login/", handle="", site="ways", act=_to_provider, widths=PHONE_AND_DESK),
    Scene("first-time", "/accounts/login/", handle="", site="ways", act=_come_first_time, widths=PHONE_AND_DESK),
    Scene("inactive", "/accounts/inactive/", handle="", widths=PHONE_AND_DESK),
    Scene("connections", "/accounts/3rdparty/", act=_prove_it, site="ways", widths=PHONE_AND_DESK),
    Scene("invite-to-site", "/settings/invites/", widths=PHONE_AND_DESK),
    Scene("invite-to-room", "/rooms/town-hall/invites/", widths=PHONE_AND_DESK),
    Scene("invited", "/rooms/town-hall/invites/", act=_follow_invite, widths=PHONE_AND_DESK),
    Scene("invite-dead", "/join/1-0000/", handle="", widths=PHONE_AND_DESK),
    Scene("my-data", "/settings/data/", act=_prove_it, widths=PHONE_AND_DESK),
    Scene("delete-account", "/settings/delete/", act=_prove_it, widths=PHONE_AND_DESK),
    Scene("person", "/people/bo/", widths=PHONE_AND_DESK),
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
    ("hide", 1280, "light"),
    ("muted", 360, "dark"),
    ("settings", 1280, "light"),
    ("sign-in", 360, "dark"),
    ("factors-on", 360, "light"),
    ("invite-to-room", 1280, "light"),
    ("desk", 1280, "dark"),
    ("desk-log", 1280, "light"),
)
