"""Serves static/js/ to Chromium under an address that is no secure context, as a server in a LAN is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

SCRIPTS = Path(__file__).resolve().parents[3] / "static" / "js"
ADDRESS = "http://modules.test/"

Runner = Callable[..., Any]  # run, in an open page


def open_modules(page: Page, html: str = "") -> None:
    """An empty page (or `html`) that can import every module of ours from `/js/`."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS + "js/")
        if name.endswith(".js"):
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body=f"<!doctype html><html lang=en><body>{html}</body></html>", content_type="text/html")

    page.route(ADDRESS + "**", answer)
    page.goto(ADDRESS + "rooms/harbour/")


def run(page: Page, module: str, script: str, *given: Any) -> Any:
    """What `script` (the body of a function of `m`, the module, and `given`) returns."""
    body = f"async (given) => {{ const m = await import('/js/{module}.js'); {script} }}"
    return page.evaluate(body, list(given))
