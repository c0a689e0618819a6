"""What moves on a page without having been asked to, by the browser's own record of layout shifts."""

from typing import cast

from playwright.sync_api import Page

# On a busy machine the connection's line comes, and goes again: what it moves is counted only where the test shows it.
WATCH = """window.shifts = [];
let wasThere = false;
const saysOffline = () => document.getElementById("connection")?.hidden === false;
const place = ({ x, y, height }) => `${Math.round(x)} ${Math.round(y)} ${Math.round(height)}`;
const moved = ({ node, previousRect, currentRect }) =>
  `${(node?.outerHTML ?? node?.nodeValue)?.slice(0, 80)}: ${place(previousRect)} -> ${place(currentRect)}`;
new PerformanceObserver((list) => {
  const isItsOwn = saysOffline() || wasThere;
  wasThere = saysOffline();
  if (isItsOwn && !window.isPushed) return;
  for (const { value, sources } of list.getEntries()) window.shifts.push([value, sources.map(moved)]);
}).observe({ type: "layout-shift", buffered: true });"""
PUSH = "window.isPushed = true; document.querySelector('#connection').hidden = false"


def of(page: Page) -> list[tuple[float, list[str]]]:
    """How far (as a share of the window, both ways) and what, since `WATCH` ran on it."""
    return cast("list[tuple[float, list[str]]]", page.evaluate("window.shifts"))
