"""`manage.py screens`: pictures of every page, at every width, light and dark, from a throw-away server."""

import base64
import signal
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, Page, sync_playwright

from chat.management.screens import (
    AT_PROVIDER,
    CHOSEN,
    COMPANY,
    SCENES,
    SITES,
    TALL,
    THEMES,
    WIDTHS,
    Scene,
    say_unanswered,
)
from chat.tests.browser.conftest import FLAGS
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.provider import Provider
from chatsite.testing.servers import find_chromium

Shot = tuple[Scene, int, str]
QUALITY = 82  # of WebP: type stays sharp, and a page is well under 100 KB


class Command(BaseCommand):
    help = _("Write pictures of the pages to var/screens/, or the chosen few to docs/screens/.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenes", nargs="*", help=_("Only these, such as room or welcome."))
        parser.add_argument("--docs", action="store_true", help=_("The chosen few, small, to docs/screens/."))

    def handle(self, **options: Any) -> None:
        shots = list(_wanted(options["scenes"], chosen=options["docs"]))
        if not shots:
            raise CommandError(_("There are: %s") % ", ".join(scene.name for scene in SCENES))
        folder = settings.BASE_DIR / ("docs" if options["docs"] else "var") / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary, _chromium() as browser:
            for number, (shot, product) in enumerate(_served(browser, shots, Path(temporary)), start=1):
                path = _take(browser, product, shot, folder, small=options["docs"])
                self.stdout.write(f"{number:3} of {len(shots)}  {path.relative_to(settings.BASE_DIR)}")


def _wanted(names: list[str], *, chosen: bool) -> Iterator[Shot]:
    for scene in SCENES:
        for width in scene.widths:
            for theme in THEMES:
                named = not names or scene.name in names
                if named and (not chosen or (scene.name, width, theme) in CHOSEN):
                    yield scene, width, theme


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        raise CommandError(_("There is no Chromium here: set CHROMIUM to one."))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _served(browser: Browser, shots: list[Shot], folder: Path) -> Iterator[tuple[Shot, Product]]:
    """Each picture with the server it is taken of."""
    with Provider(person=AT_PROVIDER) as provider:
        yield from _each_site(browser, shots, folder, provider)


def _each_site(browser: Browser, shots: list[Shot], folder: Path, provider: Provider) -> Iterator[tuple[Shot, Product]]:
    for site, environment in SITES.items():
        here = [shot for shot in shots if shot[0].site == site]
        if not here:
            continue
        given = {**environment, **provider.environment()} if site == "ways" else environment
        product = Product(_made(folder / site), None, **given)
        if site != "empty":
            product.seed()
        product.start()
        company = [Visitor(browser, product, handle, {}).enter("town-hall") for handle in COMPANY if site == "town"]
        try:
            yield from ((shot, product) for shot in here)
        finally:
            for visitor in company:
                visitor.close()
            product.stop()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _take(browser: Browser, product: Product, shot: Shot, folder: Path, *, small: bool) -> Path:
    scene, width, theme = shot
    path = folder / f"{scene.name}-{width}-{theme}.{'webp' if small else 'png'}"
    viewport = {"width": width, "height": TALL if scene.tall else WIDTHS[width]}
    options = {"viewport": viewport, "color_scheme": theme, "locale": "en-GB"}
    visitor = Visitor(browser, product, scene.handle or None, options)
    try:
        visitor.page.goto(scene.path)
        if scene.act:
            scene.act(visitor.page)
        if scene.frozen:
            _freeze(product)
            say_unanswered(visitor.page)
        visitor.page.mouse.move(width - 1, 1)
        visitor.page.wait_for_timeout(300)
        _picture(visitor.page, path)
    finally:
        visitor.close()
        if scene.frozen:
            # Another server takes its place, so that what it was told is never done.
            product.kill()
            product.start()
    return path


def _freeze(product: Product) -> None:
    if product.process is not None:
        product.process.send_signal(signal.SIGSTOP)


def _picture(page: Page, path: Path) -> None:
    if path.suffix == ".png":
        page.screenshot(path=path)
        return
    session = page.context.new_cdp_session(page)
    answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(answer["data"]))
