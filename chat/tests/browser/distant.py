"""The product at the end of a line whose weather the test makes, also under a name that is no secure context."""

import copy
from pathlib import Path

from playwright.sync_api import BrowserContext

from chat.tests.browser.product import Product
from chatsite.testing.proxy import Proxy

LAN = "lan.test"  # a name the test browser resolves to this machine: plain http, and not localhost


class Distant(Product):
    """Reached through `proxy` alone."""

    def __init__(self, folder: Path, data: Path) -> None:
        super().__init__(folder, data)
        self.proxy = Proxy(self.port)
        self.url = f"http://localhost:{self.proxy.port}"
        self.lan_url = f"http://{LAN}:{self.proxy.port}"
        self.settings["SITE_URL"] = f"{self.url},{self.lan_url}"

    def in_lan(self) -> "Distant":
        """The same, as it is called in a LAN."""
        other = copy.copy(self)
        other.url = self.lan_url
        return other


def sign_in_lan(context: BrowserContext, known: BrowserContext) -> None:
    """The sign-in of `known` holds in `context` too: Playwright itself does not know the name of the LAN."""
    context.add_cookies([{**cookie, "domain": LAN} for cookie in known.cookies()])
