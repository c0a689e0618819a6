"""`manage.py screens`: pictures of every page, at every width, light and dark, from a throw-away server."""

import base64
import signal
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, Page, sync_playwright

from chat.management.screen_rooms import say_unanswered
from chat.management.screen_stage import FURNITURE, WIDTHS, Scene, Stage
from chat.management.screens import AT_PROVIDER, CHOSEN, COMPANY, SCENES, SITES, TALL, THEMES
from chat.tests.browser.conftest import FLAGS
from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.post import post_office
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
            for number, (shot, stage) in enumerate(_staged(browser, shots, Path(temporary)), start=1):
                path = _take(browser, stage, shot, folder, small=options["docs"])
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


def _staged(browser: Browser, shots: list[Shot], folder: Path) -> Iterator[tuple[Shot, Stage]]:
    """Each picture with the stage it is taken on."""
    for site in SITES:
        here = [shot for shot in shots if shot[0].site == site]
        if not here:
            continue
        with _site(browser, site, _made(folder / site)) as stage:
            yield from ((shot, stage) for shot in here)


@contextmanager
def _site(browser: Browser, site: str, folder: Path) -> Iterator[Stage]:
    with ExitStack() as exits:
        provider, post = exits.enter_context(Provider(person=AT_PROVIDER)), exits.enter_context(post_office())
        ways = {**provider.environment(), "EMAIL_URL": post.url} if site == "ways" else {}
        stage = Stage(Product(folder, None, **SITES[site], **ways), provider, post)
        if site != "empty":
            stage.product.seed()
        exits.callback(stage.product.stop)
        if site == "busy":
            stage.product.shell(FURNITURE)
        stage.product.start()
        if site in {"town", "busy"}:
            stage.company = {handle: _enter(browser, stage.product, handle, exits) for handle in COMPANY}
        yield stage


def _enter(browser: Browser, product: Product, handle: str, exits: ExitStack) -> Visitor:
    visitor = Visitor(browser, product, handle, {})
    exits.callback(visitor.close)
    return visitor.enter("town-hall")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _take(browser: Browser, stage: Stage, shot: Shot, folder: Path, *, small: bool) -> Path:
    scene, width, theme = shot
    path = folder / f"{scene.name}-{width}-{theme}.{'webp' if small else 'png'}"
    viewport = {"width": width, "height": TALL if scene.tall else WIDTHS[width]}
    options = {"viewport": viewport, "color_scheme": theme, "locale": "en-GB", **scene.window}
    visitor = Visitor(browser, stage.product, scene.handle or None, options)
    try:
        visitor.page.goto(scene.path)
        _perform(scene, visitor.page, stage)
        visitor.page.mouse.move(width - 1, 1)
        visitor.page.wait_for_timeout(300)
        _picture(visitor.page, path)
    finally:
        visitor.close()
        if scene.frozen:
            stage.product.kill()  # so that what it was told is never done
        if not stage.product.running:
            stage.product.start()
    return path


def _perform(scene: Scene, page: Page, stage: Stage) -> None:
    if scene.act:
        scene.act(page)
    if scene.play:
        scene.play(page, stage)
    if scene.frozen:
        _freeze(stage.product)
        say_unanswered(page)


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
