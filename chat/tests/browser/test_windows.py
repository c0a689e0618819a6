"""Windows that several tests have one after another: nothing of one test may reach the next."""

from collections.abc import Callable

import pytest

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chat.tests.browser.windows import Windows

pytestmark = pytest.mark.browser

LEAVE = """() => {
  localStorage.setItem("left", "x"); sessionStorage.setItem("left", "x"); document.cookie = "left=x";
  return new Promise((done) => { indexedDB.open("left").onsuccess = () => done(); });
}"""
FOUND = """async () => [localStorage.getItem("left"), sessionStorage.getItem("left"), document.cookie.includes("left"),
  (await indexedDB.databases()).some(({ name }) => name === "left")]"""
LOADED = "() => performance.getEntriesByType('resource').map(({ transferSize }) => transferSize)"


def open_window(windows: Windows, product: Product) -> Visitor:
    visitor = windows.open(product, "fern", {"locale": "en-NZ"}, fresh=False)  # nobody else has such a one
    visitor.page.goto("/settings/")
    return visitor


def test_who_comes_again_finds_only_the_cache(windows: Windows, product: Product) -> None:
    first = open_window(windows, product)
    first.page.evaluate(LEAVE)
    assert first.page.evaluate(FOUND) == ["x", "x", True, True]
    first.page.evaluate("console.error('said by the first')")
    first.allow("nothing like it")
    assert len(windows.close(first)) == 1

    again = open_window(windows, product)
    assert again is first
    assert again.page.evaluate(FOUND) == [None, None, False, False]
    assert set(again.page.evaluate(LOADED)) == {0}
    assert windows.close(again) == []

    fresh = windows.open(product, "fern", {"locale": "en-NZ"}, fresh=True)
    fresh.page.goto("/settings/")
    assert 0 not in fresh.page.evaluate(LOADED)
    assert fresh.close() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda visitor: visitor.page.clock.install(),
        lambda visitor: visitor.context.set_offline(True),
        lambda visitor: visitor.page.close(),
    ],
    ids=["the clock", "the network", "no page"],
)
def test_a_window_that_was_changed_is_nobodys_after(
    windows: Windows, product: Product, change: Callable[[Visitor], None]
) -> None:
    first = open_window(windows, product)
    change(first)
    windows.close(first)
    other = open_window(windows, product)
    assert other is not first
    windows.close(other)
