"""`manage.py icons`: the PNG icons for home screens, drawn from the SVG ones that the repository keeps beside them."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from PIL import Image
from playwright.sync_api import sync_playwright

from chat.tests.browser.conftest import FLAGS
from chatsite.testing.servers import find_chromium

FOLDER = settings.BASE_DIR / "static" / "icons"
# What is drawn, how large, and where to. Phones cut their own corners, so theirs are drawn to the edge.
DRAWN = (
    ("icon.svg", 192, "icon-192.png"),
    ("icon.svg", 512, "icon-512.png"),
    ("maskable.svg", 512, "maskable-512.png"),
    ("maskable.svg", 180, "touch-180.png"),
)
COLOURS = 64


class Command(BaseCommand):
    help = _("Draw the PNG icons in static/icons/ from the SVG ones.")

    def handle(self, **options: Any) -> None:
        chromium = find_chromium()
        if chromium is None:
            raise CommandError(_("There is no Chromium here: set CHROMIUM to one."))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for source, size, name in DRAWN:
                page = browser.new_page(viewport={"width": size, "height": size})
                page.set_content(_framed((FOLDER / source).read_text()))
                picture = page.screenshot(omit_background=True)
                Image.open(BytesIO(picture)).quantize(COLOURS).save(FOLDER / name, optimize=True)
                page.close()
            browser.close()


def _framed(svg: str) -> str:
    return f"<style>body {{ margin: 0 }} svg {{ display: block; width: 100vw; height: 100vh }}</style>{svg}"
