"""Whether a page can be read: by axe in both themes, and in every width without anything sticking out."""

from typing import Any, Literal

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
Theme = Literal["light", "dark"]

# On the phone all of axe's rules; of the other theme, on the wide page, what differs by it. The sidebar, which only a
# wide page has, is looked at by test_moderation.py.
LOOKS: tuple[tuple[Theme, int, dict[str, Any]], ...] = (
    ("light", 1280, {"runOnly": {"type": "rule", "values": ["color-contrast"]}}),
    ("dark", 360, {}),
)
# What sticks out to the right of the page, for the message of a failing test.
OVERHANG = """() => {
  const width = document.documentElement.clientWidth;
  const scroller = [document.scrollingElement, ...document.querySelectorAll(".timeline, .pane, .sidebar, .column")];
  return scroller.filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.tagName}.${box.className} ${box.scrollWidth} > ${box.clientWidth} of ${width}`);
}"""

RUN = "async (options) => (await axe.run(document, options)).violations"


def assert_readable(page: Page) -> None:
    """What is open now, from 320 px to 1280 px, at 200 %, light and dark. Leaves it small, with large letters."""
    for theme, width, rules in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        assert_clean(page, **rules)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(OVERHANG) == [], "at 320 px"
    page.set_viewport_size({"width": 640, "height": 400})
    assert page.evaluate(OVERHANG) == [], "1280 px at 200 %"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(OVERHANG) == [], "with the text alone twice as large"


def assert_clean(page: Page, **rules: Any) -> None:
    """As it is shown now."""
    assert page.evaluate(OVERHANG) == []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    # Preloading, it would put a style of its own for each @import.
    options = {"preload": False, "resultTypes": ["violations"], **rules}
    found = AxeResults({"violations": page.evaluate(RUN, options)})
    assert found.violations_count == 0, found.generate_report()
