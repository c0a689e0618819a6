"""The pure modules of going from room to room: addresses, ranking, counts on tab and icon, keys."""

from typing import Any
from xml.etree import ElementTree

import pytest

from chat.tests.browser.modules import ADDRESS, Runner

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "opens"),
    [
        ("rooms/harbour/", ["harbour", None, None]),
        ("rooms/r-x1y2z3/messages/12/", ["r-x1y2z3", 12, None]),
        ("rooms/harbour/2026-11-22/", ["harbour", None, "2026-11-22"]),
        ("rooms/new/", None),
        ("rooms/harbour", None),
        ("rooms/harbour/members/", None),
        ("rooms/harbour/messages/12/edit/", None),
        ("rooms/harbour/?before=3", None),
        ("rooms/harbour/#message-3", None),
        ("people/ada/", None),
        ("", None),
    ],
)
def test_what_an_address_opens(module: Runner, path: str, opens: list[Any] | None) -> None:
    script = "const a = m.roomAddress(new URL(given[0])); return a && [a.slug, a.message, a.day]"
    assert module("addresses", script, ADDRESS + path) == opens


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("  Café ", "cafe"),
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Ærø", "aero"),
        ("東京", "東京"),
    ],
)
def test_marks_and_case_do_not_count(module: Runner, words: str, plain: str) -> None:
    assert module("ranking", "return m.plain(given[0])", words) == plain


ROOMS = [
    {"id": 1, "slug": "harbour", "name": "Harbour", "unread": 0, "mentions": 0},
    {"id": 2, "slug": "cafe", "name": "Repair café", "unread": 0, "mentions": 0},
    {"id": 3, "slug": "r-abc", "name": "東京の部屋", "unread": 3, "mentions": 0},
    {"id": 4, "slug": "charter", "name": "Charter", "unread": 2, "mentions": 1},
    {"id": 5, "slug": "night-ferry", "name": "Night ferry", "unread": 0, "mentions": 0},
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("har", [1, 4]),  # at the beginning before inside
        ("CAFE", [2]),  # also by the address, and without the mark
        ("rep caf", [2]),
        ("fer ni", [5]),  # words in any order
        ("京", [3]),
        ("r-a", [3]),
        ("zzz", []),
        ("", [4, 3, 5, 2, 1]),  # mentions, unread, the last visited, by name; where one is, last
    ],
)
def test_the_meant_room_comes_first(module: Runner, query: str, found: list[int]) -> None:
    script = "return m.rank(given[0], given[1], { recent: [5], current: 1 }).map((room) => room.id)"
    assert module("ranking", script, ROOMS, query) == found


def test_a_visit_stands_first_and_once(module: Runner) -> None:
    assert module("ranking", "return m.visited([1, 2, 3], 3, 3)") == [3, 1, 2]
    assert module("ranking", "return m.visited([1, 2, 3], 4, 3)") == [4, 1, 2]


@pytest.mark.parametrize(
    ("told", "unread"),
    [
        ({"id": 1, "seq": 9, "last_read": 5, "unread": 4}, 4),
        ({"id": 1, "seq": 8, "last_read": 5, "unread": 4}, 1),  # it knows no more than the window does
        ({"id": 1, "seq": 9, "last_read": 4, "unread": 4}, 1),  # it was made before this was read
        ({"id": 2, "seq": 9, "last_read": 5, "unread": 4}, 1),  # a room that the person has left since
    ],
)
def test_a_page_tells_later_counts(module: Runner, told: dict[str, int], unread: int) -> None:
    script = """
      const unread = new m.Unread(1);
      unread.replace([{ id: 1, seq: 8, last_read: 5, last_message: 6, unread: 1, mentions: 0 }]);
      unread.refresh([{ last_message: 9, mentions: 0, ...given[0] }]);
      return unread.total;
    """
    assert module("unread", script, told) == unread


@pytest.mark.parametrize(("count", "title"), [(0, "Quay"), (3, "(3) Quay"), (99, "(99) Quay"), (240, "(99+) Quay")])
def test_the_title_carries_the_count(module: Runner, count: int, title: str) -> None:
    assert module("badge", "return m.titleWith('Quay', given[0])", count) == title


@pytest.mark.parametrize(("count", "words"), [(1, "1"), (9, "9"), (10, "9+"), (400, "9+")])
def test_the_icon_carries_what_can_be_read_on_it(module: Runner, count: int, words: str) -> None:
    drawn = ElementTree.fromstring(module("badge", "return m.iconWith(given[0])", count))  # noqa: S314 - our own
    assert [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")] == [words]


@pytest.mark.parametrize(
    ("press", "apple", "writing", "means"),
    [
        ({"key": "k", "ctrlKey": True}, False, True, "jump"),
        ({"key": "K", "ctrlKey": True}, False, False, "jump"),
        ({"key": "k", "metaKey": True}, True, True, "jump"),
        ({"key": "k", "ctrlKey": True}, True, True, None),  # there it deletes to the end of the line
        ({"key": "k", "ctrlKey": True, "shiftKey": True}, False, False, None),
        ({"key": "k", "ctrlKey": True, "isComposing": True}, False, True, None),
        ({"key": "k"}, False, False, None),
        ({"key": "?", "shiftKey": True}, False, False, "help"),
        ({"key": "?", "shiftKey": True}, False, True, None),
        ({"key": "ArrowDown", "altKey": True, "shiftKey": True}, False, True, "next"),
        ({"key": "ArrowUp", "altKey": True, "shiftKey": True}, False, False, "previous"),
        ({"key": "ArrowUp", "altKey": True}, False, False, None),
        ({"key": "ArrowUp", "altKey": True, "shiftKey": True, "ctrlKey": True}, False, False, None),
    ],
)
def test_what_a_key_means(module: Runner, press: dict[str, Any], apple: bool, writing: bool, means: str | None) -> None:
    script = "return m.keyMeans(new KeyboardEvent('keydown', given[0]), { isApple: given[1], isWriting: given[2] })"
    assert module("shortcuts", script, press, apple, writing) == means
