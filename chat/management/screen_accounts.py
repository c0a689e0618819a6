"""What is done on the pages of accounts, and behind them, before a picture of them is taken."""

import re
import time
from urllib.parse import urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page

from chat.management.screen_stage import Stage
from chat.tests.browser.product import PASSWORD

PHONE_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Safari/604.1"
# A copy that another process has begun: it is three thousand messages in.
COPYING = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from chat.models import Job
later = timezone.now() + timedelta(hours=1)
person = User.objects.get(handle="hana")
state = {"state": "running", "done": 3120, "total": 8400, "leased_until": later}
Job.objects.get_or_create(person=person, kind="export", state="running", defaults=state)
"""


def open_otto(page: Page) -> None:
    page.get_by_role("link", name="otto", exact=True).click()
    page.locator(".desk-person").wait_for()


def prove_it(page: Page) -> None:
    """Pages that ask who one is again, when the sign-in was a while ago."""
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form .primary").click()
        page.locator("input[name=password]").wait_for(state="detached")


def add_app(page: Page) -> None:
    """Once: the next picture of the same page makes new recovery codes."""
    prove_it(page)
    if page.locator("#secret").count():
        secret = page.locator("#secret").inner_text().replace(" ", "")
        page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    else:
        page.goto("/accounts/2fa/recovery-codes/generate/")
    page.locator("main form .button").first.click()
    page.locator(".codes").wait_for()


def show_factors(page: Page) -> None:
    add_app(page)
    page.goto("/accounts/2fa/")


def half_way_in(page: Page) -> None:
    """Past the password, before the second step."""
    page.locator("input[name=login]").fill("priya")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form .primary").first.click()
    page.locator("input[name=code]").wait_for()


def to_provider(page: Page, answer: str = "Allow") -> None:
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=answer).click()
    page.locator("main h1").wait_for()


def cancel_there(page: Page) -> None:
    to_provider(page, "Cancel")


def come_first_time(page: Page) -> None:
    """Without the address, which is taken."""
    to_provider(page)
    page.goto("/accounts/3rdparty/signup/")


def make_reset_link(page: Page) -> None:
    open_otto(page)
    page.goto(page.url.replace("/change/", "/acts/reset-link/"))
    if page.locator("main input[name=password]").count():
        prove_it(page)
    page.locator("[name=reason]").fill("Asked at the counter")
    page.locator("main [type=submit], #content [type=submit]").first.click()
    page.locator("input[readonly]").wait_for()


def follow_reset_link(page: Page) -> None:
    make_reset_link(page)
    link = page.locator("input[readonly]").input_value()
    page.context.clear_cookies()
    page.goto(link)


def find_it_down(page: Page, stage: Stage) -> None:
    """Somebody allows it at the provider, which then stops answering."""
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name="Allow").wait_for()
    stage.provider.trouble = "down"
    try:
        page.get_by_role("button", name="Allow").click()
        page.locator("main h1").wait_for()
    finally:
        stage.provider.trouble = ""


def follow_confirmation(page: Page, stage: Stage) -> None:
    """The link that is mailed to a new address."""
    address = "ada.lindqvist@harbour.example"
    prove_it(page)
    if not page.get_by_text(address).count():
        page.locator("#id_email").fill(address)
        page.locator("#id_email").press("Enter")
    link = re.search(r"http://\S+", stage.post.newest(address))
    if link is not None:
        page.goto(urlsplit(link[0]).path)
    page.get_by_role("button", name="Yes, confirm it").wait_for()


def sign_in_twice(page: Page) -> None:
    """Here and on a phone, and nowhere else: whom the other pictures need would be signed out too."""
    _sign_in(page, "dmitri")
    page.goto("/accounts/sessions/")
    others = page.get_by_role("button", name="Sign out everywhere else")
    if others.count():
        others.click()
        page.get_by_text("You are signed in nowhere else.").wait_for()
    if page.context.browser is not None:
        phone = page.context.browser.new_context(base_url=page.url, user_agent=PHONE_AGENT)
        _sign_in(phone.new_page(), "dmitri")
        phone.close()
    page.reload()
    others.wait_for()


def _sign_in(page: Page, handle: str) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(handle)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form .primary").first.click()
    page.locator("body[data-user-id]").wait_for()


def rename_passkey(page: Page) -> None:
    """One that a virtual authenticator has just made."""
    device = page.context.new_cdp_session(page)
    own = {"protocol": "ctap2", "transport": "internal", "isUserVerified": True}
    can = {"hasResidentKey": True, "hasUserVerification": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**own, **can}})
    prove_it(page)
    page.locator("input[name=name]").fill("Chiara's phone")
    page.locator("main form .primary").click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Rename Chiara's phone").first.click()
    page.locator("input[name=name]").wait_for()


def begin_copy(page: Page, stage: Stage) -> None:
    prove_it(page)
    stage.product.shell(COPYING)
    page.goto("/settings/data/")
    page.locator("#copy progress").wait_for()


def make_copy(page: Page) -> None:
    prove_it(page)
    if not page.get_by_role("link", name="Download").count():
        page.get_by_role("button", name="Make a copy").click()
    page.get_by_role("link", name="Download").wait_for()
