"""How the timeline puts messages: by id, never an older state over a newer one, never outside its window."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from chat.tests.browser.modules import open_modules

pytestmark = pytest.mark.browser

PAGE = '<div id="timeline"><ol class="messages" id="messages"></ol></div>'
START = """
  const { Dresser } = await import("/js/dresser.js");
  const { Scroller } = await import("/js/scroller.js");
  const { Timeline } = await import("/js/timeline.js");
  const words = { today: "Today", yesterday: "Yesterday" };
  const dresser = new Dresser({ me: 1, zone: "UTC", locale: "en", words, roomUrl: "/rooms/harbour/" });
  const html = (id, seq, said) => `<li class="message" id="message-${id}" data-message-id="${id}" data-author-id="2"
    data-seq="${seq}" data-time="2026-11-2${id % 2}T10:00:00Z"><a class="message-link" href="#"><time></time></a>
    <div class="message-body">${said}</div></li>`;
  const list = document.getElementById("messages");
  const listOf = (ids, atStart, atEnd) => {
    const made = document.createElement("ol");
    made.className = "messages";
    made.innerHTML = ids.map((id) => html(id, id, "loaded")).join("");
    const edges = { first: ids[0] ?? "", last: ids[ids.length - 1] ?? "", atStart, atEnd };
    return Object.assign(made.dataset, edges) && made;
  };
  const begin = (ids, atStart = 1, atEnd = 1) => {
    const scroller = new Scroller(document.getElementById("timeline"), new AbortController().signal);
    const timeline = new Timeline(list, { dresser, scroller });
    timeline.replaceList(listOf(ids, atStart, atEnd));
    return timeline;
  };
  const put = (timeline, id, seq, said = "put") => timeline.put({ id, seq, html: html(id, seq, said) });
  const ids = () => [...list.querySelectorAll(".message")].map((row) => Number(row.dataset.messageId));
  const words_of = (id) => list.querySelector(`#message-${id} .message-body`).textContent;
  const days = () => list.querySelectorAll(".day").length;
"""

Runner = Callable[[str], Any]


@pytest.fixture
def run(browser: Browser) -> Iterator[Runner]:
    page = browser.new_page()
    open_modules(page, PAGE)
    yield lambda script: page.evaluate(f"async () => {{ {START} {script} }}")
    page.close()


def test_an_older_state_never_replaces_a_newer_one(run: Runner) -> None:
    script = """
      const t = begin([4, 5]);
      return [put(t, 5, 9, "newer"), put(t, 5, 8, "older"), put(t, 5, 9, "again"), words_of(5)];
    """
    assert run(script) == ["placed", "stale", "stale", "newer"]


def test_messages_stand_by_id_in_whatever_order_they_come(run: Runner) -> None:
    script = "const t = begin([]); for (const id of [7, 3, 9, 5]) put(t, id, id); return ids()"
    assert run(script) == [7, 9], "what is before the first loaded one is outside"
    script = "const t = begin([3, 9]); for (const id of [7, 5, 11, 10]) put(t, id, id); return ids()"
    assert run(script) == [3, 5, 7, 9, 10, 11]


def test_outside_the_window_nothing_is_put(run: Runner) -> None:
    script = "const t = begin([10, 20], 0, 0); return [put(t, 9, 50), put(t, 21, 51), put(t, 15, 52), ids()]"
    assert run(script) == ["outside", "outside", "placed", [10, 15, 20]]


def test_a_change_outside_is_kept_while_a_page_is_asked_for(run: Runner) -> None:
    script = """
      const t = begin([10, 11], 0, 1);
      t.openRequest();
      put(t, 8, 90, "late"); put(t, 8, 80, "early"); put(t, 3, 91, "too old");
      t.addPage(true, listOf([7, 8, 9], 0, 0));
      const first = [ids(), words_of(8), words_of(7)];
      t.closeRequest();
      t.addPage(true, listOf([3, 4], 1, 0));
      return [...first, ids(), words_of(3)];
    """
    assert run(script) == [[7, 8, 9, 10, 11], "late", "loaded", [3, 4, 7, 8, 9, 10, 11], "loaded"]


def test_a_list_loaded_afresh_takes_what_came_meanwhile(run: Runner) -> None:
    script = """
      const t = begin([1, 2]);
      t.openRequest();
      put(t, 2, 50, "edited"); put(t, 12, 51, "new");
      t.replaceList(listOf([2, 11], 1, 1));
      return [ids(), words_of(2), words_of(12)];
    """
    assert run(script) == [[2, 11, 12], "edited", "new"]


def test_what_comes_for_a_held_row_waits(run: Runner) -> None:
    script = """
      const t = begin([1]);
      t.hold(1);
      const answer = put(t, 1, 5, "from elsewhere");
      const before = words_of(1);
      t.release(1);
      return [answer, before, words_of(1)];
    """
    assert run(script) == ["held", "loaded", "from elsewhere"]


def test_at_most_three_hundred_rows_stay(run: Runner) -> None:
    script = """
      const many = (from, count) => Array.from({ length: count }, (_, n) => from + n);
      const t = begin(many(1000, 290), 0, 1);
      t.addPage(true, listOf(many(900, 50), 0, 0));
      const older = [ids().length, ids()[0], t.window.last, t.window.atEnd, put(t, 1289, 5000)];
      t.addPage(false, listOf(many(1250, 40), 0, 1));
      return [older, [ids().length, t.window.first, t.window.atStart, t.window.atEnd, put(t, 1290, 5001)]];
    """
    assert run(script) == [[300, 900, 1249, False, "outside"], [300, 940, False, True, "placed"]]


def test_day_headings_follow_what_is_put_between(run: Runner) -> None:
    script = (
        "const t = begin([2, 4]); const before = days(); put(t, 3, 3); const split = days(); return [before, split]"
    )
    assert run(script) == [1, 3], "a message of another day between two of one day"
