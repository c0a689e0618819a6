"""The script that runs before the first paint and the modules that run after it must leave the same rows."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from chat.tests.browser import shifts
from chat.tests.browser.conftest import Visit
from chat.tests.browser.modules import open_modules
from chat.tests.browser.product import Product
from chatsite.testing.servers import wait_until

pytestmark = pytest.mark.browser

ROW = """<li class="message" id="message-{id}" data-message-id="{id}" data-author-id="{author}" data-time="{time}">
<span class="avatar"></span><div class="message-head"><span class="author" data-author-id="{author}">P{author}</span>
<a class="message-link" href="/rooms/harbour/messages/{id}/"><time datetime="{time}">{time}</time></a>{edited}</div>
<div class="message-body">{body}</div></li>"""

# author, time, words: groups, their edges, days that differ by zone, years, a clock that ran backwards.
SAID = [
    (1, "2024-02-29T23:50:00Z", "leap"),
    (1, "2024-03-01T00:10:00Z", "next day in UTC"),
    (2, "2026-11-20T08:00:00Z", "a"),
    (2, "2026-11-20T08:04:59Z", "grouped"),
    (2, "2026-11-20T08:09:59Z", "five minutes later"),
    (1, "2026-11-20T08:10:00Z", "other author"),
    (1, "2026-11-20T08:09:00Z", "clock ran back"),
    (3, "2026-11-21T10:00:00Z", '<span class="mention" data-user-id="1">@one</span>'),
    (3, "2026-11-21T10:01:00Z", '<span class="mention" data-user-id="11">@eleven</span>'),
    (3, "2026-11-21T15:30:00Z", "tomorrow in Tokyo"),
    (3, "2026-11-21T18:31:00Z", "tomorrow in Kolkata"),
    (2, "{now}", "today"),
]
# Fragments come in the site's language; this reader has another one, with a word behind the name.
WORDS = {"today": "Heute", "yesterday": "Gestern", "edited": "bearbeitet"} | {
    "deleted_by": "Von {name} gelöscht",
    "hidden_by": "Ausgeblendet von {name}",
}
PAGE_DATA = """<script type="application/json" id="page-data">{"user": {"id": 1, "handle": "one", "name": "One"},
"strings": WORDS}</script>""".replace("WORDS", json.dumps({**WORDS, "new": "New"}))

# What first-paint.js decides beyond the rows, the modules are told: which message the "new" line stands before.
MODULES = """async () => {
  const { Dresser } = await import("/js/dresser.js");
  const { NewLine } = await import("/js/new-line.js");
  const { Scroller } = await import("/js/scroller.js");
  const { Timeline } = await import("/js/timeline.js");
  const { localeFor } = await import("/js/times.js");
  const dresser = new Dresser({
    me: 1,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: localeFor("en", navigator.language),
    words: WORDS,
    roomUrl: "/rooms/harbour/",
  });
  const list = document.getElementById("messages");
  const copy = list.cloneNode(true);
  const scroller = new Scroller(document.getElementById("timeline"), new AbortController().signal);
  const timeline = new Timeline(list, { dresser, scroller });
  timeline.replaceList(copy);
  new NewLine(timeline, { me: 1, words: "New", after: null }).mark(UNREAD - 1);
  return list.innerHTML;
}"""


GONE = """<li class="message is-deleted" id="message-13" data-message-id="13" data-author-id="1" data-time="{now}">
<span class="avatar"></span><div class="message-head"><a class="message-link"><time>{now}</time></a></div>
<div class="tombstone">Deleted by <bdi data-author-id="2">P2</bdi></div></li><li class="message is-deleted is-hidden"
id="message-14" data-message-id="14" data-author-id="1" data-time="{now}"><span class="avatar"></span>
<div class="message-head"><a class="message-link"><time>{now}</time></a></div><div class="tombstone">Hidden by
<bdi data-author-id="3">P3</bdi>: <bdi class="tombstone-reason">noise</bdi></div></li>"""


def _list(last_read: int) -> str:
    edited = '<span class="edited" data-time="2026-11-21T10:00:00Z" title="">edited</span>'
    rows = "".join(
        ROW.format(id=number, author=author, time=time, body=body, edited=edited if number % 3 == 0 else "")
        for number, (author, time, body) in enumerate(SAID, start=1)
    )
    rows += GONE
    numbers = {"room-id": 1, "cursor": 12, "first": 1, "last": 12, "at-start": 1, "at-end": 1, "last-read": last_read}
    attributes = " ".join(f'data-{name}="{value}"' for name, value in numbers.items())
    return f'<div id="timeline"><ol class="messages" id="messages" {attributes}>{rows}</ol></div>'


@pytest.mark.parametrize(
    ("zone", "locale"),
    [
        ("UTC", "en-US"),
        ("Asia/Tokyo", "en-GB"),
        ("Asia/Kolkata", "de-DE"),
        ("America/Los_Angeles", "en-US"),
        ("Pacific/Kiritimati", "en-NZ"),
    ],
)
@pytest.mark.parametrize(("last_read", "first_unread"), [(0, 3), (3, 4), (5, 8), (12, None)])
def test_first_paint_and_modules_agree(
    browser: Browser, zone: str, locale: str, last_read: int, first_unread: int | None
) -> None:
    context = browser.new_context(timezone_id=zone, locale=locale)
    page = context.new_page()
    now = page.evaluate("new Date().toISOString().slice(0, 19) + 'Z'")
    html = PAGE_DATA + _list(last_read).replace("{now}", now)
    open_modules(page, '<script src="/js/first-paint.js"></script>' + html + "<first-paint></first-paint>")
    first = page.locator("#messages").inner_html()
    open_modules(page, html)
    second = page.evaluate(MODULES.replace("UNREAD", str(first_unread or 99)).replace("WORDS", json.dumps(WORDS)))
    assert _without_space(second) == _without_space(first)
    assert 'class="day"' in first
    assert "is-grouped" in first
    assert "is-mine" in first
    assert first.count("mentions-me") == 1
    assert first.count(">bearbeitet</span>") == len(SAID) // 3
    assert '<div class="tombstone">Von <bdi data-author-id="2">P2</bdi> gelöscht</div>' in first
    assert 'Ausgeblendet von <bdi data-author-id="3">P3</bdi>: <bdi class="tombstone-reason">noise</bdi></div>' in first
    assert first.count("new-line") == (first_unread is not None)
    context.close()


WINDOWS = pytest.mark.parametrize(
    "window",
    [{"viewport": {"width": 1280, "height": 800}}, {"viewport": {"width": 360, "height": 740}, "is_mobile": True}],
    ids=["wide", "phone"],
)


@WINDOWS
def test_a_room_stands_still_from_its_first_paint_on(product: Product, visit: Visit, window: dict[str, Any]) -> None:
    ada = visit(product, "ada", fresh=True, **window, timezone_id="Asia/Tokyo")
    ada.page.add_init_script(shifts.WATCH)
    # A slow machine paints while it parses.
    ada.context.new_cdp_session(ada.page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    ada.enter("harbour")
    ada.page.wait_for_timeout(500)
    moved = shifts.of(ada.page)
    assert sum(value for value, _what in moved) < 0.005, moved


# A parser paints wherever a network or a busy machine makes it stop. Here it stops before every tag of what is seen,
# but for the messages: one picture each.
PIECEMEAL = """async (html) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const before = (mark) => html.lastIndexOf("<", html.indexOf(mark));
  const [body, list, listEnd, end] = ["<body", 'id="messages"', 'id="pending"', 'id="drawer"'].map(before);
  const inTags = (from, to) => html.slice(from, to).split(/(?=<)/);
  document.open();
  const frame = [...inTags(body, list), html.slice(list, listEnd), ...inTags(listEnd, end)];
  for (const piece of [html.slice(0, body), ...frame]) {
    document.write(piece);
    await painted();
  }
  document.write(html.slice(end));
  document.close();
}"""


@WINDOWS
def test_it_stands_still_wherever_the_parser_stops(product: Product, visit: Visit, window: dict[str, Any]) -> None:
    ada = visit(product, "ada", fresh=True, **window)
    html = ada.page.request.get("/rooms/town-hall/").text()
    ada.page.goto("/accounts/logout/")  # a page of the same server without its modules, to be written over
    ada.page.evaluate("history.replaceState(null, '', '/rooms/town-hall/')")
    ada.page.evaluate(shifts.WATCH)
    ada.page.evaluate(PIECEMEAL, html)
    ada.is_live()
    assert shifts.of(ada.page) == []
    ada.page.evaluate(shifts.PUSH)
    assert wait_until(lambda: shifts.of(ada.page) != [], seconds=5), "the premise: what jumps is seen"


def _without_space(html: str) -> str:
    return "".join(html.split())
