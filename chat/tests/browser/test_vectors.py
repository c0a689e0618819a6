"""The stories of chat/tests/model, told to the modules themselves: the list of a room step by step as in Python."""

from typing import Any

import pytest
from hypothesis.stateful import run_state_machine_as_test
from playwright.sync_api import Page

from chat.tests.browser.modules import SCRIPTS, Runner, open_modules, run
from chat.tests.model.following import FollowingMachine
from chat.tests.model.pace import pace
from chat.tests.model.reader import KEPT_ROWS, MOST_ROWS
from chat.tests.model.sending import SendingMachine

pytestmark = pytest.mark.browser

# The real RoomFeed, Timeline, MessageWindow and Cursor; nobody answers on the line but the story.
LIST = """
  const [{ RoomFeed }, { Timeline }, { Signals }] = await Promise.all(
    ["room", "timeline", "signals"].map((name) => import(`/js/${name}.js`)));
  const row = ([id, seq]) => `<li class="message" id="message-${id}" data-message-id="${id}" data-seq="${seq}"></li>`;
  const listOf = ({ rows, first, last, atStart, atEnd }) => {
    const list = document.createElement("ol");
    Object.assign(list.dataset, { first: first ?? "", last: last ?? "" });
    Object.assign(list.dataset, { atStart: Number(atStart), atEnd: Number(atEnd) });
    list.innerHTML = rows.map(row).join("");
    return list;
  };

  function tell({ start, steps }) {
    const list = listOf(start);
    document.body.replaceChildren(list);
    const scroller = { keep: (change) => change(), box: document.createElement("div"), isNearerEnd: true };
    const timeline = new Timeline(list, { dresser: { row() {} }, scroller });
    const socket = Object.assign(new Signals(), { isReady: true, hello: {}, request: () => new Promise(() => {}) });
    const life = new AbortController().signal;
    const cursor = new m.Cursor(start.cursor);
    new RoomFeed({ room: 1, url: "/", cursor, newest: 0, socket, timeline, history: null, life }).start();
    const verbs = {
      changes: (after, seq, messages) => socket.emit("room.changes", {
        room: 1, after, seq, header: null, members: [],
        messages: messages.map(([id, version]) => ({ id, seq: version, html: row([id, version]) })),
      }),
      scroll: (isNearerEnd) => (scroller.isNearerEnd = isNearerEnd),
      hold: (id) => timeline.hold(id),
      release: (id) => timeline.release(id),
      ask: () => timeline.openRequest(),
      fail: () => timeline.closeRequest(),
      older: (page) => timeline.addPage(true, listOf(page)),
      newer: (page) => timeline.addPage(false, listOf(page)),
      replace: (page) => timeline.replaceList(listOf(page)),
      reload: (page) => (timeline.replaceList(listOf(page)), cursor.restart(page.cursor, "")),
    };
    const now = () => {
      const { first, last, atStart, atEnd } = timeline.window;
      const rows = [...timeline.rows].map(({ dataset }) => [Number(dataset.messageId), Number(dataset.seq)]);
      return { rows, cursor: cursor.seq, first, last, atStart, atEnd };
    };
    const isSame = (got, expected) =>
      Object.entries(expected).every(([key, value]) => JSON.stringify(got[key]) === JSON.stringify(value));
    for (const [at, [verb, given, expected]] of steps.entries()) {
      verbs[verb](...given);
      if (!isSame(now(), expected)) return { start, story: steps.slice(0, at + 1), got: now() };
    }
    return null;
  }
  return given[0].map(tell).filter(Boolean);
"""


def stories_of(machine: Any, examples: int) -> list[Any]:
    machine.stories = []
    run_state_machine_as_test(machine, settings=pace(examples=examples, steps=30))
    assert len(machine.stories) >= examples
    return machine.stories


def shorten(page: Page) -> None:
    """Rows are dropped at twelve instead of three hundred, by the constants of the file that is served."""
    words = (SCRIPTS / "timeline.js").read_text()
    for name, usual, here in (("MOST_ROWS", 300, MOST_ROWS), ("KEPT_ROWS", 250, KEPT_ROWS)):
        assert f"const {name} = {usual};" in words
        words = words.replace(f"const {name} = {usual};", f"const {name} = {here};")
    page.route("**/js/timeline.js", lambda route: route.fulfill(body=words, content_type="text/javascript"))


def test_the_list_does_what_its_python_twin_does(page: Page) -> None:
    stories = stories_of(FollowingMachine, 30)
    assert sum(len(story["steps"]) for story in stories) > 200
    open_modules(page)
    shorten(page)
    wrong = run(page, "cursor", LIST, stories)
    assert not wrong, min(wrong, key=lambda each: len(each["story"]))


# `kept` of the journal has a place and a state; words, addresses and times are nobody's rule here.
OUTBOX = """
  function tell({ steps }) {
    const box = new m.Outbox();
    const verbs = { add: (clientId, room) => box.add({ clientId, room, url: "/", body: clientId, at: 0 }) };
    for (const [at, [verb, given, now, expected]] of steps.entries()) {
      if (verbs[verb]) verbs[verb](...given);
      else box[verb](...structuredClone(given));
      const entries = box.entries.map(({ clientId, room, order, state, notBefore, tries }) =>
        ({ clientId, room, order, state, notBefore, tries }));
      const got = { entries, due: box.due(now), wait: box.wait(now) };
      if (JSON.stringify(got) !== JSON.stringify(expected)) return { story: steps.slice(0, at + 1), got };
    }
    return null;
  }
  return given[0].map(tell).filter(Boolean);
"""


def test_the_outbox_does_what_its_python_twin_does(module: Runner) -> None:
    wrong = module("outbox", OUTBOX, stories_of(SendingMachine, 30))
    assert not wrong, min(wrong, key=lambda each: len(each["story"]))


ASKED = """
  let answer, look;
  globalThis.fetch = () => new Promise((resolve) => (answer = resolve));
  const added = [], loaded = { first: 10, last: 20, atStart: false, atEnd: true, isEmpty: false };
  const quiet = { on() {}, openRequest() {}, closeRequest() {} };
  const box = { clientHeight: 100, scrollTop: 0, classList: { toggle() {} } };
  const scroller = { box, distanceToEnd: 1000, on: (_name, moved) => (look = moved) };
  const timeline = { ...quiet, window: loaded, scroller, addPage: (isOlder) => added.push(isOlder) };
  new m.History({ url: "/", timeline, scroller, newest: () => 20, life: new AbortController().signal });
  const until = async (is) => { while (!is()) await new Promise((resolve) => setTimeout(resolve, 5)); };
  look();
  await until(() => answer);
  loaded.first = given[0];
  const first = answer;
  answer = null;
  first(new Response("<ol></ol>"));
  await until(() => answer); // it looks again, whatever became of the page
  return added;
"""


@pytest.mark.parametrize(("first_by_then", "added"), [(10, [True]), (15, [])])
def test_a_page_that_does_not_join_on_any_more_is_dropped(page: Page, first_by_then: int, added: list[bool]) -> None:
    """The one rule of the stories above that stands in history.js: rows were dropped while the page was on its way."""
    open_modules(page)
    assert run(page, "history", ASKED, first_by_then) == added
