"""What a page may load is watched in every window: a violation fails the journey, whatever else it has allowed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

FORBIDDEN = {
    "a style attribute": "document.body.setAttribute('style', 'color: red')",
    "an inline style": "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))",
    "an inline script": "document.head.append(Object.assign(document.createElement('script'), {text: 'window.x = 1'}))",
    "a foreign picture": "new Image().src = 'http://127.0.0.1:9/x.png'",
    "a foreign request": "fetch('http://127.0.0.1:9/').catch(() => null)",
    "a frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: '/'}))",
    "a base": "document.head.append(Object.assign(document.createElement('base'), {href: 'http://127.0.0.1:9/'}))",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_violation_comes_out_whatever_is_allowed(what: str, product: Product, visit: Visit) -> None:
    ada = visit(product, "ada")
    ada.allow(".")
    ada.page.goto("/")
    assert ada.violations == []
    ada.page.evaluate(FORBIDDEN[what])
    assert wait_until(lambda: ada.page.evaluate("1") and bool(ada.violations), seconds=5)
    assert ada.close() == ada.violations
    ada.violations.clear()


def test_a_window_without_scripts_is_watched_too(product: Product, visit: Visit) -> None:
    ada = visit(product, "ada", java_script_enabled=False)
    ada.context.route("**/rooms/new/", _with_an_inline_style)
    ada.page.goto("/rooms/new/")
    assert wait_until(lambda: bool(ada.page.title()) and bool(ada.violations), seconds=5)
    ada.violations.clear()


def _with_an_inline_style(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("</head>", "<style>p { color: red }</style></head>"))
