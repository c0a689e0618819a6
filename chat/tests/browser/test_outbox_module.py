"""The outbox by itself: order, turns, waiting, and what other tabs did."""

import pytest

from chat.tests.browser.modules import Runner

pytestmark = pytest.mark.browser

QUEUE = """
  const box = new m.Outbox();
  const say = (clientId, room) => box.add({clientId, room, url: "/", body: clientId, at: 0});
  const kept = (order, clientId, room, more = {}) =>
    ({order, clientId, room, body: clientId, state: "waiting", ...more});
  const ids = () => box.entries.map((entry) => entry.clientId);
  const heads = (now = 0) => box.due(now).map((room) => box.head(room).clientId);
  for (const [id, room] of [["a", 1], ["b", 1], ["c", 2]]) say(id, room);
"""


def test_one_message_under_way_per_room_in_order(module: Runner) -> None:
    script = QUEUE + "const first = heads(); box.take(1); const under = heads(); box.stored('a', 5); box.free(1);"
    assert module("outbox", script + "return [first, under, heads()]") == [["a", "c"], ["c"], ["b", "c"]]


def test_a_postponed_message_holds_those_behind_it(module: Runner) -> None:
    script = QUEUE + "box.postpone('a', 500); return [heads(100), box.wait(100), heads(500)]"
    assert module("outbox", script) == [["c"], 400, ["a", "c"]]


def test_a_line_that_is_back_hurries_what_waited_for_it_alone(module: Runner) -> None:
    script = QUEUE + "box.postpone('a', 500, 3); box.postpone('c', 500); box.hurry(); return [heads(0), heads(500)]"
    assert module("outbox", script) == [["a"], ["a", "c"]]


def test_a_room_that_another_tab_sends_for_rests(module: Runner) -> None:
    script = QUEUE + "box.rest(1, 900); const rest = [heads(0), box.wait(0)]; box.rest(1, 0); return [rest, heads(0)]"
    assert module("outbox", script) == [[["c"], 900], ["a", "c"]]


def test_a_refused_message_lets_the_next_one_pass_and_can_be_retried(module: Runner) -> None:
    script = QUEUE + "box.fail('a', 'no'); const passed = heads(); box.retry('a'); return [passed, heads()]"
    assert module("outbox", script) == [["b", "c"], ["a", "c"]]


def test_nothing_undoes_that_it_is_in_the_database(module: Runner) -> None:
    script = QUEUE + "box.stored('a', 5); box.fail('a', 'no'); box.retry('a'); return box.find('a').state"
    assert module("outbox", script) == "stored"


def test_the_order_is_that_of_the_journal_and_what_it_has_not_yet_comes_last(module: Runner) -> None:
    script = (
        QUEUE + "box.kept('b', 7); box.adopt([kept(5, 'x', 1), kept(7, 'b', 1)]); const now = ids(); box.kept('c', 6);"
    )
    assert module("outbox", script + "return [now, ids()]") == [["x", "b", "a", "c"], ["x", "c", "b", "a"]]


def test_what_other_tabs_settled_goes_and_what_they_refused_is_said(module: Runner) -> None:
    script = (
        QUEUE
        + """
      box.kept('a', 1); box.kept('b', 2); box.kept('c', 3); box.stored('c', 9);
      box.adopt([kept(2, 'b', 1, {state: "failed", detail: "no"}), kept(3, 'c', 2)]);
      return box.entries.map(({clientId, state, detail}) => [clientId, state, detail]);
    """
    )
    assert module("outbox", script) == [["b", "failed", "no"], ["c", "stored", ""]]


def test_an_older_reading_brings_nothing_back(module: Runner) -> None:
    script = QUEUE + "box.kept('a', 1); box.remove('a'); box.adopt([kept(1, 'a', 1)]); return ids()"
    assert module("outbox", script) == ["b", "c"]


def test_what_another_tab_said_is_left_to_it_for_a_moment(module: Runner) -> None:
    script = QUEUE + "box.clear(); box.adopt([kept(1, 'x', 1)], 1000); return [heads(999), heads(1000)]"
    assert module("outbox", script) == [[], ["x"]]


def test_only_what_is_in_memory_alone_is_at_risk(module: Runner) -> None:
    script = QUEUE + "const first = box.isAtRisk; box.kept('a', 1); box.kept('b', 2); box.kept('c', null);"
    script += "const one = box.isAtRisk; box.stored('c', 5); return [first, one, box.isAtRisk]"
    assert module("outbox", script) == [True, True, False]
