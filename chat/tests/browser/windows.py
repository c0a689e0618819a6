"""Windows that serve one test after another: what the first has loaded, the next ones need not load again."""

from collections import defaultdict
from typing import Any

from playwright.sync_api import Browser

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor


class Windows:
    """Those of the servers in `shared` are kept from test to test; nothing is left in them but their cache."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.shared: set[str] = set()  # addresses
        self._resting: dict[str, list[Visitor]] = defaultdict(list)

    def open(self, product: Product, handle: str | None, options: dict[str, Any], *, fresh: bool) -> Visitor:
        """A resting one of this person with these options, or a new one."""
        resting = self._resting[_kind(product, handle, options)]
        if fresh or not resting:
            return Visitor(self.browser, product, handle, options)
        visitor = resting.pop()
        visitor.come_again()
        return visitor

    def close(self, visitor: Visitor) -> list[str]:
        """What the browser complained of."""
        if visitor.product.url not in self.shared or not visitor.leave():
            return visitor.close()
        self._resting[_kind(visitor.product, visitor.handle, visitor.options)].append(visitor)
        return visitor.told()


def _kind(product: Product, handle: str | None, options: dict[str, Any]) -> str:
    return f"{product.url} {handle} {sorted(options.items())}"
