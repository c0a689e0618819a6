"""A window that is not let in for now: it says why, waits as long as it was told, and comes in by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# One after the other until it is told to stop.
KNOCK = """() => {
  const url = new URL("/ws/", location.href);
  url.protocol = "ws:";
  window.knocks = true;
  const knock = () => {
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      window.isRefused ||= data.includes("rate_limited");
      socket.close();
    };
    socket.onclose = () => window.knocks && setTimeout(knock, 20);
  };
  knock();
}"""


@pytest.mark.parametrize("own_product", [{"POST_RATE": "20,2"}], indirect=True)
def test_who_connects_too_often_is_told_and_gets_in(own_product: Product, visit: Callable[..., Visitor]) -> None:
    elsewhere, ada = visit(own_product, "ada").page, visit(own_product, "ada")
    elsewhere.goto("/rooms/new/")
    elsewhere.evaluate(KNOCK)
    elsewhere.wait_for_function("() => window.isRefused")
    ada.page.goto("/rooms/harbour/")
    line = ada.page.locator("#connection")
    expect(line).to_contain_text("You connect too often. Wait a moment.")
    ada.say("Meanwhile")
    expect(ada.message("Meanwhile")).to_be_visible()  # by the other way, and why there is no socket stays said
    expect(line).to_contain_text("You connect too often. Wait a moment.")
    elsewhere.evaluate("window.knocks = false")
    ada.is_live()
    expect(line).to_be_hidden()
    ada.say("In after all")
    expect(ada.message("In after all")).to_be_visible()
