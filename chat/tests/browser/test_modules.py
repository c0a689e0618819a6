"""The modules that know no page: their rules, run in the browser they are written for."""

from itertools import permutations
from typing import Any

import pytest

from chat.tests.browser.modules import Runner

pytestmark = pytest.mark.browser

# --- cursor --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "verdict"), [(0, "apply"), (9, "apply"), (10, "apply"), (11, "gap"), (99, "gap")])
def test_a_frame_applies_when_it_joins_on(module: Runner, after: int, verdict: str) -> None:
    assert module("cursor", "return new m.Cursor(10).judge(given[0])", after) == verdict


@pytest.mark.parametrize(("seq", "then"), [(12, 12), (10, 10), (3, 10)])
def test_a_late_frame_never_moves_the_cursor_back(module: Runner, seq: int, then: int) -> None:
    assert module("cursor", "const c = new m.Cursor(10); c.advance(given[0]); return c.seq", seq) == then


def test_a_list_loaded_afresh_may_move_it_back(module: Runner) -> None:
    script = "const c = new m.Cursor(10, 'a'); c.restart(2, 'b'); return [c.seq, c.epoch, c.isForeign('a')]"
    assert module("cursor", script) == [2, "b", True]


@pytest.mark.parametrize(("present", "coming", "newer"), [(None, 1, True), (5, 6, True), (5, 5, False), (5, 4, False)])
def test_only_a_newer_change_replaces(module: Runner, present: int | None, coming: int, newer: bool) -> None:
    assert module("cursor", "return m.isNewer(given[1], given[0] ?? undefined)", present, coming) is newer


# --- window --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loaded", "message", "place"),
    [
        ({"first": 10, "last": 20, "atEnd": True}, 15, "inside"),
        ({"first": 10, "last": 20, "atEnd": True}, 10, "inside"),
        ({"first": 10, "last": 20, "atEnd": True}, 21, "append"),
        ({"first": 10, "last": 20, "atEnd": False}, 21, "outside"),
        ({"first": 10, "last": 20, "atEnd": True}, 9, "outside"),
        ({"first": None, "last": None, "atEnd": True}, 1, "append"),
        ({"first": None, "last": None, "atEnd": False}, 1, "outside"),
    ],
)
def test_where_a_message_belongs(module: Runner, loaded: dict[str, Any], message: int, place: str) -> None:
    assert module("window", "return new m.MessageWindow(given[0]).place(given[1])", loaded, message) == place


def test_the_first_message_of_an_empty_room_opens_the_window(module: Runner) -> None:
    script = "const w = new m.MessageWindow(); w.appended(7); w.appended(9); return [w.first, w.last, w.isEmpty]"
    assert module("window", script) == [7, 9, False]


def test_pages_and_trimming_move_the_edges(module: Runner) -> None:
    script = """
      const w = new m.MessageWindow({first: 50, last: 99, atStart: false, atEnd: true});
      w.extendOlder(new m.MessageWindow({first: 1, last: 49, atStart: true, atEnd: false}));
      const older = [w.first, w.last, w.atStart, w.atEnd];
      w.trimEnd(60);
      const trimmed = [w.first, w.last, w.atEnd, w.place(99)];
      w.extendNewer(new m.MessageWindow({first: 61, last: 99, atStart: false, atEnd: true}));
      return [older, trimmed, [w.first, w.last, w.atStart, w.atEnd]];
    """
    assert module("window", script) == [[1, 99, True, True], [1, 60, False, "outside"], [1, 99, True, True]]


@pytest.mark.parametrize(("count", "dropped"), [(0, 0), (300, 0), (301, 51), (350, 100)])
def test_rows_are_dropped_many_at_once(module: Runner, count: int, dropped: int) -> None:
    assert module("window", "return m.surplus(given[0], 300, 250)", count) == dropped


# --- sight ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("edge", "found"), [(0, 0), (1, 1), (5, 3), (9, 5), (99, 5)])
def test_where_rows_begin_to_hold(module: Runner, edge: int, found: int) -> None:
    assert module("sight", "return m.startOf([0, 2, 4, 6, 8], (row) => row >= given[0])", edge) == found


# --- grouping ------------------------------------------------------------------------------------

MINUTE = 60_000
NOON = 1_795_348_800_000  # 2026-11-22 12:00 UTC


@pytest.mark.parametrize(
    ("author", "minutes", "grouped"),
    [(1, 4.99, True), (1, 5, False), (2, 1, False), (1, 0, True), (1, -1, False)],
)
def test_five_minutes_of_one_author_are_a_group(module: Runner, author: int, minutes: float, grouped: bool) -> None:
    messages = [{"author": 1, "at": NOON}, {"author": author, "at": NOON + minutes * MINUTE}]
    found = module("grouping", "return m.relateAll(given[0], 'UTC')", messages)
    assert found == [{"grouped": False, "day": "2026-11-22"}, {"grouped": grouped, "day": None}]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", ["2026-11-22", None, "2026-11-23"]),
        ("Asia/Tokyo", ["2026-11-22", "2026-11-23", None]),
        ("America/Los_Angeles", ["2026-11-22", None, None]),
        ("Asia/Kolkata", ["2026-11-22", None, "2026-11-23"]),
    ],
)
def test_a_day_begins_by_the_readers_clock(module: Runner, zone: str, days: list[str | None]) -> None:
    hours = [0, 3.5, 13] if zone != "Asia/Kolkata" else [0, 6.4, 6.6]
    messages = [{"author": 1, "at": NOON + hour * 60 * MINUTE} for hour in hours]
    assert [each["day"] for each in module("grouping", f"return m.relateAll(given[0], '{zone}')", messages)] == days


# --- backoff -------------------------------------------------------------------------------------


def test_waiting_is_full_jitter_under_a_doubling_bound(module: Runner) -> None:
    script = "return [0, 1, 2, 5, 6, 40].map((n) => [m.delay(n, () => 0), m.delay(n, () => 1)])"
    bounds = [500, 1000, 2000, 16_000, 30_000, 30_000]
    assert module("backoff", script) == [[0, bound] for bound in bounds]


@pytest.mark.parametrize(
    ("code", "lapses", "then"),
    [
        (4401, 0, "at-once"),
        (4401, 1, "signed-out"),
        (4403, 0, "banned"),
        (1000, 0, "later"),
        (1006, 3, "later"),
        (1012, 0, "later"),
        (4408, 0, "later"),
        (4429, 0, "later"),
    ],
)
def test_what_a_close_code_asks_for(module: Runner, code: int, lapses: int, then: str) -> None:
    assert module("backoff", "return m.afterClose(given[0], given[1])", code, lapses) == then


# --- unread --------------------------------------------------------------------------------------

COUNTS = """
  const counts = new m.Unread(1);
  counts.replace([{id: 7, seq: 20, last_message: 100, last_read: 98, unread: 2, mentions: 0}]);
  const say = (id, author = 2, mentions = []) => ({id, author, mentions});
  const now = () => [counts.of(7).unread, counts.of(7).mentions];
"""


def test_only_what_a_count_does_not_include_adds_to_it(module: Runner) -> None:
    script = (
        COUNTS
        + """
      counts.add(7, [say(100)]);
      const old = now();
      counts.add(7, [say(100), say(101), say(102, 2, [1]), say(103, 1)]);
      const added = now();
      counts.add(7, [say(101), say(102, 2, [1]), say(103, 1)]);
      return [old, added, now(), counts.of(7).last_message];
    """
    )
    assert module("unread", script) == [[2, 0], [4, 1], [4, 1], 103]


def test_the_order_of_arrival_does_not_matter(module: Runner) -> None:
    """An elder message that comes behind a younger one, a count between them: each is counted once."""
    script = """
      return given[0].map((order) => {
        %s
        const arrivals = [
          () => counts.add(7, [say(101, 2, [1])]),
          () => counts.add(7, [say(102), say(104)]),
          () => counts.add(7, [say(103, 2, [1]), say(102)]),
          () => counts.marked(7, { seq: 22, last_message: 102, last_read: 101, unread: 1, mentions: 0 }),
        ];
        for (const number of order) arrivals[number]();
        return now();
      });
    """
    found = module("unread", script % COUNTS, list(permutations(range(4))))
    assert found == [[3, 1]] * 24


def test_a_mark_replaces_the_count(module: Runner) -> None:
    script = (
        COUNTS
        + """
      counts.add(7, [say(101)]);
      counts.marked(7, {seq: 26, last_message: 101, last_read: 101, unread: 0, mentions: 0});
      counts.add(7, [say(101)]);
      const marked = now();
      counts.add(7, [say(102)]);
      return [marked, now()];
    """
    )
    assert module("unread", script) == [[0, 0], [1, 0]]


def test_a_count_of_before_the_last_one_says_nothing(module: Runner) -> None:
    script = (
        COUNTS
        + """
      counts.marked(7, {seq: 26, last_message: 101, last_read: 101, unread: 0, mentions: 0});
      counts.marked(7, {seq: 25, last_message: 100, last_read: 98, unread: 2, mentions: 0});
      return [...now(), counts.of(7).last_read];
    """
    )
    assert module("unread", script) == [0, 0, 101]


def test_an_edit_of_an_old_message_is_not_unread(module: Runner) -> None:
    script = COUNTS + "counts.add(7, [say(99)]); return now()"
    assert module("unread", script) == [2, 0]


def test_counts_stop_at_a_hundred(module: Runner) -> None:
    script = (
        COUNTS
        + """
      const many = Array.from({length: 2000}, (_, n) => say(101 + n));
      counts.add(7, many);
      const full = now();
      const kept = counts.rooms.get(7).since.size;
      counts.marked(7, {seq: 1970, last_message: 2050, last_read: 2050, unread: 0, mentions: 0});
      return [...full, kept <= 1000, ...now(), m.countText(full[0]), m.countText(99)];
    """
    )
    assert module("unread", script) == [100, 0, True, 50, 0, "99+", "99"]


# --- small ones ----------------------------------------------------------------------------------


def test_uuids_are_made_without_a_secure_context(module: Runner) -> None:
    script = "return [typeof crypto.randomUUID, m.uuid4(), m.uuid4()]"
    missing, one, other = module("uuid", script)
    assert missing == "undefined"
    assert one != other
    assert module(
        "uuid", r"return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(given[0])", one
    )


@pytest.mark.parametrize(
    ("pressed", "touch", "asks"),
    [
        ({}, False, "send"),
        ({"shiftKey": True}, False, "newline"),
        ({"ctrlKey": True}, False, "send"),
        ({"metaKey": True}, True, "send"),
        ({}, True, "newline"),
        ({"isComposing": True}, False, None),
        ({"keyCode": 229}, False, None),
        ({"isComposing": True, "ctrlKey": True}, False, None),
        ({"key": "a"}, False, None),
    ],
)
def test_what_enter_asks_for(module: Runner, pressed: dict[str, Any], touch: bool, asks: str | None) -> None:
    assert module("keys", "return m.keyAsks({key: 'Enter', ...given[0]}, given[1])", pressed, touch) == asks


@pytest.mark.parametrize(("words", "length"), [("", 0), ("abc", 3), ("😀", 1), ("👩‍🚀", 3), ("a\nb", 3)])
def test_length_is_counted_in_code_points(module: Runner, words: str, length: int) -> None:
    assert module("keys", "return m.lengthOf(given[0])", words) == length == len(words)


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada", "A"), ("ada lovelace", "AL"), ("A b c", "AC"), ("", ""), ("😀 x", "😀X")]
)
def test_initials_are_those_of_the_server(module: Runner, name: str, initials: str) -> None:
    from accounts.models import User

    assert module("names", "return m.initialsOf(given[0])", name) == initials == User(name=name).initials


# --- times


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        ("2026-11-22T14:30:00Z", "UTC", "14:30"),
        ("2026-11-23T05:30:00Z", "Asia/Tokyo", "23 Nov, 14:30"),
        ("2026-11-23T01:30:00Z", "America/New_York", "20:30"),
        ("2026-12-24T18:00:00Z", "UTC", "24 Dec, 18:00"),
        ("2027-01-01T10:00:00Z", "UTC", "1 Jan 2027, 10:00"),
    ],
)
def test_a_time_is_as_brief_as_is_clear(module: Runner, at: str, zone: str, said: str) -> None:
    script = "return m.momentText(Date.parse(given[0]), Date.parse('2026-11-22T12:00:00Z'), 'en-GB', given[1])"
    assert module("times", script, at, zone) == said


@pytest.mark.parametrize(("name", "said"), [("Bo", "Bo"), ("ö" * 24, "ö" * 24), ("👩" * 25, "👩" * 23 + "…")])
def test_a_long_name_leaves_room_for_what_is_said_of_it(module: Runner, name: str, said: str) -> None:
    assert module("typing", "return m.brief(given[0])", name) == said
