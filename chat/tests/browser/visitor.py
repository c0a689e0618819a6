"""A person at a browser window: what he does on the pages, and everything the browser complains of."""

import re
import time
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from chat.tests.browser import policy
from chat.tests.browser.product import PASSWORD, Product

FRESH = 240  # seconds; accounts/reauth.py asks after 300
# What a browser says by itself when nobody answers; only a test that takes the server away may hear it.
CUT_OFF = (r"net::ERR_", r"WebSocket connection to .* failed")
BLOCKED = "Service Worker registration blocked by Playwright"


class Visitor:
    """Signed in when `handle` is given. Complaints that match no allowed pattern come out of close().

    What the Content Security Policy had to stop comes out always: no pattern allows it.
    """

    def __init__(self, browser: Browser, product: Product, handle: str | None, options: dict[str, Any]) -> None:
        self.product = product
        self.handle = handle
        self.options = options
        self._browser = browser
        self.complaints: list[str] = []
        self.allowed: list[str] = []
        self._touched = self._came_again = False
        # Without the offline worker: what a test puts between a page and the server would not be asked.
        own = {"service_workers": "block", **options}
        self._context = browser.new_context(base_url=product.url, storage_state=self._state(), **own)
        self._context.set_default_timeout(20_000)
        self.violations = policy.watch(self._context)
        self._context.on("console", self._heard)
        self._context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))

    def _state(self) -> Any:
        return _state_of(self._browser, self.product, self.handle) if self.handle else None

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not policy.is_violation(message) and message.text != BLOCKED:
            self.complaints.append(f"{message.type}: {message.text} ({message.page.url if message.page else ''})")

    @cached_property
    def page(self) -> Page:
        """The first of the window; opened when it is first asked for, since some only post a form."""
        page = self._context.new_page()
        if self._came_again:
            self._forget_storage(page)
        return page

    @property
    def has_page(self) -> bool:
        return "page" in self.__dict__

    @property
    def context(self) -> BrowserContext:
        """The window itself. Who has touched it may have changed it for good: nobody comes after him."""
        self._touched = True
        return self._context

    def leave(self) -> bool:
        """Close the pages, and tell whether the window may serve another test by come_again()."""
        may = not self._touched and not (self.has_page and _is_changed(self.page))
        for page in self._context.pages if may else []:
            page.close()
        return may

    def come_again(self) -> None:
        """As somebody new: no page, no storage, no cookie but those of a sign-in."""
        self._came_again = True
        self.__dict__.pop("page", None)
        for kept in (self.complaints, self.violations, self.allowed):
            kept.clear()
        self._context.clear_cookies()
        if state := self._state():
            self._context.add_cookies(state["cookies"])

    def _forget_storage(self, page: Page) -> None:
        session = self._context.new_cdp_session(page)
        kinds = "file_systems,indexeddb,local_storage,service_workers,cache_storage"
        session.send("Storage.clearDataForOrigin", {"origin": self.product.url, "storageTypes": kinds})
        session.detach()

    def allow(self, *patterns: str) -> None:
        """From now on, complaints that match are expected."""
        self.allowed += patterns

    def close(self) -> list[str]:
        self._context.close()
        return self.told()

    def told(self) -> list[str]:
        """What the browser complained of so far."""
        rest = [each for each in self.complaints if not any(re.search(pattern, each) for pattern in self.allowed)]
        return self.violations + rest

    # What he does.

    def enter(self, slug: str) -> "Visitor":
        """Open the room and wait until it is live."""
        self.page.goto(f"/rooms/{slug}/")
        self.is_live()
        return self

    def is_live(self) -> None:
        expect(self.page.locator("html[data-live]")).to_be_attached(timeout=40_000)

    def say(self, words: str) -> None:
        self.box.fill(words)
        self.box.press("Enter")

    @property
    def box(self) -> Locator:
        return self.page.locator("#composer textarea[name=body]")

    @property
    def messages(self) -> Locator:
        return self.page.locator("#messages > .message")

    @property
    def bubbles(self) -> Locator:
        return self.page.locator("#pending > .message")

    def message(self, words: str) -> Locator:
        """The confirmed message with these words."""
        return self.messages.filter(has=self.page.get_by_text(words, exact=True))

    def texts(self) -> list[str]:
        """The words of all confirmed messages, in order."""
        return self.page.locator("#messages .message-body").all_inner_texts()

    def act(self, message: Locator, action: str) -> None:
        """Use the toolbar on a message."""
        message.hover()
        message.locator(f"#toolbar [data-action={action}]").click()

    def distance_to_end(self) -> float:
        script = "box => box.scrollHeight - box.clientHeight - box.scrollTop"
        return float(self.page.locator("#timeline").evaluate(script))

    def post_form(self, path: str, fields: dict[str, str]) -> str:
        """What a form without script posts; gives the path it ends at."""
        return _post(self._context, path, fields)


def _is_changed(page: Page) -> bool:
    """A clock that a test turns is the whole window's, and stays."""
    return page.is_closed() or "native code" not in str(page.evaluate("String(setTimeout)"))


def _state_of(browser: Browser, product: Product, handle: str) -> Any:
    """The cookies of a sign-in that is young enough for the pages that would ask “Is it you?”"""
    kept: Any = product.states.get(handle)
    if kept is None or time.monotonic() - kept[0] > FRESH:
        product.states[handle] = kept = (time.monotonic(), _sign_in(browser, product, handle))
    return kept[1]


def _sign_in(browser: Browser, product: Product, handle: str) -> Any:
    context = browser.new_context(base_url=product.url)
    _post(context, "/accounts/login/", {"login": handle, "password": PASSWORD})
    state = context.storage_state()
    assert any(cookie["name"].endswith("sessionid") for cookie in state["cookies"]), f"{handle} is not signed in"
    context.close()
    return state


def _post(context: BrowserContext, path: str, fields: dict[str, str]) -> str:
    if not any(cookie["name"].endswith("csrftoken") for cookie in context.cookies()):
        context.request.get("/accounts/login/")
    token = next(str(cookie["value"]) for cookie in context.cookies() if str(cookie["name"]).endswith("csrftoken"))
    answer = context.request.post(path, form={"csrfmiddlewaretoken": token, **fields})
    assert answer.ok, f"{path}: {answer.status}"
    return urlsplit(answer.url).path
