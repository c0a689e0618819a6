"""A window that is not let in for now: it says why, waits as long as it was told, and comes in by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KNOCK = """async (times) => {
  const url = new URL("/ws/", location.href);
  url.protocol = "ws:";
  for (let time = 0; time < times; time += 1) {
    await new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onmessage = () => socket.close();
      socket.onclose = resolve;
    });
  }
}"""


@pytest.mark.parametrize("own_product", [{"POST_RATE": "20,2"}], indirect=True)
def test_who_connects_too_often_is_told_and_gets_in(own_product: Product, visit: Callable[..., Visitor]) -> None:
    ada = visit(own_product, "ada")
    ada.page.goto("/rooms/new/")
    ada.page.evaluate(KNOCK, 25)  # some of them are refused already
    ada.page.goto("/rooms/harbour/")
    line = ada.page.locator("#connection")
    expect(line).to_contain_text("You connect too often. Wait a moment.")
    ada.say("Meanwhile")
    expect(ada.message("Meanwhile")).to_be_visible()  # by the other way, and why there is no socket stays said
    expect(line).to_contain_text("You connect too often. Wait a moment.")
    ada.is_live()
    expect(line).to_be_hidden()
    ada.say("In after all")
    expect(ada.message("In after all")).to_be_visible()
