"""The first page of a room: how heavy it is, that nothing on it jumps, and that it can be put on a home screen."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page

from chat.tests.browser import shifts
from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

BYTES, REQUESTS = 100_000, 10
# A telephone in the country.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}


class Line:
    """What has come over the network, by address."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.addresses: dict[str, str] = {}
        self.sizes: dict[str, float] = {}
        self.session.on("Network.requestWillBeSent", self._asked)
        self.session.on("Network.loadingFinished", self._came)
        self.session.send("Network.enable")
        self.session.send("Network.emulateNetworkConditions", SLOW)

    def _asked(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _came(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = event["encodedDataLength"]  # with its headers

    def weights(self) -> dict[str, float]:
        """Without people's own pictures, which come after and are kept for good."""
        pictures = {key for key, url in self.addresses.items() if "/pictures/" in url}
        return {self.addresses[key]: size for key, size in self.sizes.items() if key not in pictures}


@pytest.mark.parametrize(("width", "room"), [(360, "market-square"), (1280, "town-hall")])
def test_the_first_room_page_is_light_and_stands_still(width: int, room: str, visit: Visit, product: Product) -> None:
    visitor = visit(product, "ada", fresh=True, viewport={"width": width, "height": 740})
    visitor.page.add_init_script(shifts.WATCH)
    line = Line(visitor.page)
    visitor.enter(room)
    visitor.page.wait_for_load_state("networkidle")
    weights = line.weights()
    assert sum(weights.values()) < BYTES, weights
    assert len(weights) <= REQUESTS, weights
    assert {urlsplit(url).netloc for url in line.addresses.values()} == {urlsplit(product.url).netloc}
    assert shifts.of(visitor.page) == []
    visitor.page.evaluate(shifts.PUSH)
    assert wait_until(lambda: shifts.of(visitor.page) != [], seconds=5), "the premise: what jumps is seen"


def test_it_can_be_put_on_a_home_screen(visit: Visit, product: Product) -> None:
    page = visit(product, "ada").page
    page.goto("/")
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    manifest = json.loads(told["data"])
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("Lindhaven", "standalone", "/")
    for icon in manifest["icons"]:
        answer = page.request.get(icon["src"])
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, icon["type"])
    found = {error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert found <= {"in-incognito"}, "which every window of a test is"
