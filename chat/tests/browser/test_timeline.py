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
      t.addPage(false, listOf(many(1150, 140), 0, 1));
      return [older, [ids().length, t.window.first, t.window.atStart, t.window.atEnd, put(t, 1290, 5001)]];
    """
    assert run(script) == [[250, 900, 1199, False, "outside"], [250, 1040, False, True, "placed"]]


def test_day_headings_follow_what_is_put_between(run: Runner) -> None:
    script = (
        "const t = begin([2, 4]); const before = days(); put(t, 3, 3); const split = days(); return [before, split]"
    )
    assert run(script) == [1, 3], "a message of another day between two of one day"


NEW_LINE = """
  const { NewLine } = await import("/js/new-line.js");
  const many = (from, count) => Array.from({ length: count }, (_, n) => from + n);
  const before = () => Number(list.querySelector(".new-line + .message")?.dataset.messageId ?? 0);
  const state = () => list.querySelector(".new-line")?.className ?? "";
"""


def test_the_new_line_stands_before_the_first_unread_message_of_somebody_else(run: Runner) -> None:
    script = """
      const t = begin(many(10, 5));
      const line = new NewLine(t, { me: 2, words: "New", after: null });
      line.mark(11);
      const own = before();
      const theirs = new NewLine(t, { me: 1, words: "New", after: null });
      theirs.mark(11);
      const there = before();
      theirs.markOnce(14);
      const stays = before();
      theirs.read();
      const read = state();
      theirs.markOnce(14);
      return [own, there, stays, read, before(), state(), list.querySelectorAll(".new-line").length];
    """
    assert run(NEW_LINE + script) == [0, 12, 12, "new-line is-read", 14, "new-line", 1]


def test_the_new_line_comes_back_with_its_rows(run: Runner) -> None:
    script = """
      const t = begin(many(1000, 200), 0, 1);
      const line = new NewLine(t, { me: 1, words: "New", after: 1150 });
      t.addPage(true, listOf(many(850, 150), 0, 0));
      const gone = [t.window.last, before()];
      t.addPage(false, listOf(many(1100, 100), 0, 1));
      const back = before();
      t.replaceList(listOf(many(1160, 40), 0, 1));
      const unknown = before();
      t.addPage(true, listOf(many(1110, 50), 0, 0));
      line.read();
      t.replaceList(listOf(many(1140, 40), 0, 0));
      return [gone, back, unknown, before(), state()];
    """
    assert run(NEW_LINE + script) == [[1099, 0], 1151, 0, 1151, "new-line is-read"]


SCROLLER = """
  const box = document.getElementById("timeline");
  for (const sheet of [new CSSStyleSheet()]) {
    sheet.replaceSync("#timeline { block-size: 300px; overflow-y: auto; overflow-anchor: none } ol { margin: 0 }");
    document.adoptedStyleSheets = [sheet];
  }
  const many = (from, count) => Array.from({ length: count }, (_, n) => from + n);
  const frames = async () => { for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame); };
  const topOf = (part) => part.getBoundingClientRect().top;
  const place = (id) => topOf(document.getElementById(`message-${id}`)) - topOf(box);
  const isAtEnd = () => box.scrollHeight - box.clientHeight - box.scrollTop < 2;
"""


def test_only_the_end_of_the_room_is_followed(run: Runner) -> None:
    script = """
      const t = begin(many(10, 50), 1, 0);
      box.scrollTop = box.scrollHeight;
      await frames();
      const followsPage = t.scroller.isFollowing;
      const before = place(59);
      t.addPage(false, listOf(many(60, 50), 0, 1));
      await frames();
      const stays = Math.abs(place(59) - before) <= 1;
      box.scrollTop = box.scrollHeight;
      await frames();
      put(t, 110, 110);
      await frames();
      return [followsPage, stays, t.scroller.isFollowing, isAtEnd()];
    """
    assert run(SCROLLER + script) == [False, True, True, True]


def test_what_comes_above_and_goes_below_at_once_moves_nothing(run: Runner) -> None:
    script = """
      const t = begin(many(10, 80));
      await frames();
      box.scrollTop = 1500;
      await frames();
      const row = Number(t.scroller.anchor().id.replace("message-", ""));
      const before = place(row);
      t.scroller.keep(() => {
        const last = list.lastElementChild;
        list.prepend(last.cloneNode(true));
        last.remove();
      });
      return Math.abs(place(row) - before) <= 1;
    """
    assert run(SCROLLER + script) is True


def test_what_grows_while_one_scrolls_does_not_carry_one_away(run: Runner) -> None:
    script = """
      const t = begin(many(10, 80));
      await frames();
      box.scrollTop = 1500;
      await frames();
      const { id } = t.scroller.anchor();
      const row = Number(id.replace("message-", ""));
      const before = place(row);
      box.scrollTop += 40;
      list.querySelector("#message-12 .message-body").append(...many(0, 9).map(() => document.createElement("p")));
      list.querySelectorAll("#message-12 p").forEach((line) => (line.textContent = "more"));
      await frames();
      return Math.round(before - place(row));
    """
    assert run(SCROLLER + script) == 40


def test_a_burst_is_told_once(run: Runner) -> None:
    script = """
      const t = begin([1]);
      let told = 0;
      t.on("changed", () => (told += 1));
      t.batch(() => [2, 3, 4].forEach((id) => put(t, id, id)));
      put(t, 5, 5);
      return [told, ids()];
    """
    assert run(script) == [2, [1, 2, 3, 4, 5]]


def test_at_midnight_today_becomes_yesterday(browser: Browser) -> None:
    context = browser.new_context(timezone_id="UTC")
    page = context.new_page()
    page.clock.install(time="2026-11-21T23:58:30Z")
    open_modules(page, PAGE)
    script = """
      const { atMidnight } = await import("/js/midnight.js");
      begin([2, 3]);
      const life = new AbortController();
      window.heading = () => [...list.querySelectorAll(".day")].map((each) => each.textContent);
      atMidnight(() => dresser.renameDays(list), life.signal);
      return heading();
    """
    assert page.evaluate(f"async () => {{ {START} {script} }}") == ["Yesterday", "Today"]
    page.clock.run_for("03:00")
    assert page.evaluate("window.heading()") == ["Friday, November 20", "Yesterday"]
    context.close()
