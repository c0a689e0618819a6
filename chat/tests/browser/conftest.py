"""Chromium, a real server in a process of its own, and visitors whose every complaint fails the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from chat.tests.browser import policy
from chat.tests.browser.distant import LAN, Distant
from chat.tests.browser.modules import Runner, open_modules, run
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chat.tests.browser.windows import Windows
from chatsite.testing.servers import find_chromium

# Chromium heeds the last list alone: all but the last line are Playwright's own. Those of
# the last make every window load a page of its own for an address bar that nobody sees: 0.3 s of the processor each.
SWITCHED_OFF = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "PreconnectToSearch"),
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {LAN} 127.0.0.1",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]


expect.set_options(timeout=15_000)  # on a machine with other work; nothing takes a third of that here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: sync Playwright leaves an event loop running, in which Django refuses its ORM."""
    items.sort(key=lambda item: item.path.is_relative_to(Path(__file__).parent))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = find_chromium()
    assert chromium, "no Chromium on this machine, and none could be installed"
    return {"executable_path": chromium, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    return Windows(browser)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, town: Path, windows: Windows) -> Iterator[Product]:
    """The town, served to all tests that leave its server alone."""
    product = Product(tmp_path_factory.mktemp("shared"), town)
    windows.shared.add(product.url)
    yield from _served(product)


@pytest.fixture
def own_product(request: pytest.FixtureRequest, tmp_path: Path, town: Path) -> Iterator[Product]:
    """The town on a server that the test may stop, kill and start; an indirect parameter adds to its environment."""
    yield from _served(Product(tmp_path, town, **getattr(request, "param", {})))


@pytest.fixture(scope="session")
def _distant(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[Distant]:
    product = Distant(tmp_path_factory.mktemp("distant"), town)
    with product.proxy:
        yield from _served(product)


@pytest.fixture
def distant(_distant: Distant) -> Iterator[Distant]:
    """The town behind a proxy; each test begins and ends in fair weather."""
    yield _distant
    _distant.proxy.up()


@pytest.fixture
def empty_product(tmp_path: Path, empty_site: Path) -> Iterator[Product]:
    """A server nobody has set up yet."""
    yield from _served(Product(tmp_path, empty_site))


Served = TypeVar("Served", bound=Product)


def _served(product: Served) -> Iterator[Served]:
    try:
        product.start()
        yield product
    finally:
        product.stop()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(windows: Windows) -> Iterator[Visit]:
    """`visit(product, "ada", …context options)`: a window of a person, signed in when a handle is given.

    On the server that all share it may come from another test, with nothing but its cache: pages open in a third of
    the time. A test of what the first page costs asks for `fresh=True`.
    """
    visitors: list[Visitor] = []

    def open_window(product: Product, handle: str | None = None, *, fresh: bool = False, **options: Any) -> Visitor:
        visitors.append(windows.open(product, handle, options, fresh=fresh))
        return visitors[-1]

    yield open_window
    _keep_pictures(visitors)
    complaints = [complaint for visitor in visitors for complaint in windows.close(visitor)]
    assert not complaints, "\n".join(complaints)


Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def open_page(windows: Windows, product: Product) -> Iterator[Opener]:
    """`open_page("ada", …allowed complaints)`: the one page that a person has in this file.

    For tests that only look. Complaints come at the file's end.
    """
    visitors: dict[str | None, Visitor] = {}

    def open_in_window(handle: str | None, *allowed: str) -> Page:
        if handle not in visitors:
            visitors[handle] = windows.open(product, handle, {}, fresh=False)
        visitors[handle].allow(*allowed)
        page = visitors[handle].page
        page.set_viewport_size({"width": 1280, "height": 720})
        return page

    yield open_in_window
    complaints = [complaint for visitor in visitors.values() for complaint in windows.close(visitor)]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def make_room(visit: Visit) -> Callable[..., str]:
    """`make_room(product, "ada", "bo")`: a new room of these people, the first its owner; gives its slug."""

    def make(product: Product, owner: str, *members: str) -> str:
        path = visit(product, owner).post_form("/rooms/new/", {"name": f"Room {uuid4().hex[:8]}", "kind": "public"})
        for handle in members:
            visit(product, handle).post_form(f"{path}join/", {})
        return path.split("/")[2]

    return make


def _keep_pictures(visitors: list[Visitor]) -> None:
    """With BROWSER_PICTURES=<folder> the last look of every window is kept there."""
    folder = os.environ.get("BROWSER_PICTURES")
    for number, visitor in enumerate(each for each in visitors if folder and each.has_page):
        test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
        visitor.page.screenshot(path=Path(str(folder)) / f"{test}-{number}.png")


@pytest.fixture(scope="module")
def module(browser: Browser) -> Iterator[Runner]:
    """`module("cursor", "return new m.Cursor(…)", …)`: they keep no state between calls, so one page serves all."""
    page = browser.new_page()
    open_modules(page)
    yield lambda name, script, *given: run(page, name, script, *given)
    page.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A bare page for modules; what goes wrong in it fails the test."""
    context = browser.new_context()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    violations = policy.watch(context)
    yield context.new_page()
    context.close()
    assert not errors + violations, errors + violations
