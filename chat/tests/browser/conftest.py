"""Chromium, a real server in a process of its own, and visitors whose every complaint fails the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

from chat.tests.browser import policy
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.servers import find_chromium

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: sync Playwright leaves an event loop running, in which Django refuses its ORM."""
    items.sort(key=lambda item: item.path.is_relative_to(Path(__file__).parent))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = find_chromium()
    assert chromium, "no Chromium on this machine, and none could be installed"
    return {"executable_path": chromium, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a seeded town, made once and copied for each server."""
    product = Product(tmp_path_factory.mktemp("seed"))
    product.seed()
    return product.data


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Iterator[Product]:
    """The town, served to all tests that leave its server alone."""
    yield from _served(Product(tmp_path_factory.mktemp("shared"), town))


@pytest.fixture
def own_product(request: pytest.FixtureRequest, tmp_path: Path, town: Path) -> Iterator[Product]:
    """The town on a server that the test may stop, kill and start; an indirect parameter adds to its environment."""
    yield from _served(Product(tmp_path, town, **getattr(request, "param", {})))


@pytest.fixture
def empty_product(tmp_path: Path) -> Iterator[Product]:
    """A server nobody has set up yet."""
    yield from _served(Product(tmp_path))


def _served(product: Product) -> Iterator[Product]:
    try:
        product.start()
        yield product
    finally:
        product.stop()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """`visit(product, "ada", …context options)`: a window of a person, signed in when a handle is given."""
    visitors: list[Visitor] = []

    def open_window(product: Product, handle: str | None = None, **options: Any) -> Visitor:
        visitor = Visitor(browser, product, handle, options)
        visitors.append(visitor)
        return visitor

    yield open_window
    _keep_pictures(visitors)
    complaints = [complaint for visitor in visitors for complaint in visitor.close()]
    assert not complaints, "\n".join(complaints)


Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def open_page(browser: Browser, product: Product) -> Iterator[Opener]:
    """`open_page("ada", …allowed complaints)`: another page in the one window that a person has in this file.

    For tests that only look: what the first page has loaded the next ones have. Complaints come at the file's end.
    """
    visitors: dict[str | None, Visitor] = {}

    def open_in_window(handle: str | None, *allowed: str) -> Page:
        visitor = visitors.get(handle) or visitors.setdefault(handle, Visitor(browser, product, handle, {}))
        visitor.allow(*allowed)
        return visitor.context.new_page()

    yield open_in_window
    complaints = [complaint for visitor in visitors.values() for complaint in visitor.close()]
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
    for number, visitor in enumerate(visitors if folder else []):
        test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
        visitor.page.screenshot(path=Path(str(folder)) / f"{test}-{number}.png")


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
