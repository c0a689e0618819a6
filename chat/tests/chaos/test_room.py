"""What a scripted client sees at once: gaps, orders that were not final, frames and pages that cannot be."""

from typing import Any

import pytest

from chat.tests.chaos.diary import Diary
from chat.tests.chaos.room import Room
from chat.tests.chaos.web import Page, Row

ME, OTHER = 1, 2


def a_room() -> Room:
    """With messages 11 and 12 in it, at 20, and what follows not loaded before 11."""
    entry = {"id": 7, "slug": "harbour", "kind": "public", "seq": 20, "last_message": 12, "last_read": 11, "unread": 1}
    room = Room(Diary("ada", ME), entry)
    room.load(Page(20, "e", False, [Row(11, 15, OTHER, "a"), Row(12, 20, OTHER, "b")]))
    room.is_open = True
    return room


def changes(after: int, seq: int, *messages: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"after": after, "seq": seq, "more": more, "messages": list(messages)}


def message(number: int, seq: int, body: str = "new", **touched: str) -> dict[str, Any]:
    touched = {"edited_at": "", "deleted_at": ""} | touched
    return {"id": number, "seq": seq, "author": {"id": OTHER}, "body": body, **touched}


def kinds(room: Room) -> list[str]:
    return [finding.kind for finding in room.diary.findings]


def test_what_follows_on_is_put_in_its_place() -> None:
    room = a_room()
    assert room.take(changes(20, 22, message(13, 21), message(14, 22)))
    assert room.take(changes(20, 23, message(13, 21), message(12, 23, "b!", edited_at="now")))
    assert [row for row in room.shown().messages if row[0] < 14] == [(11, 15, "a"), (12, 23, "b!"), (13, 21, "new")]
    assert room.cursor == 23
    assert kinds(room) == []


def test_a_gap() -> None:
    room = a_room()
    assert not room.take(changes(21, 22, message(13, 22)))
    assert room.cursor == 20


@pytest.mark.parametrize(
    "late",
    [message(12, 24), message(14, 23)],
    ids=["above what is shown", "under a seq that had passed"],
)
def test_an_order_that_was_not_final(late: dict[str, Any]) -> None:
    room = a_room()
    del room.rows[12]
    room.take(changes(20, 23, message(13, 23)))
    room.take(changes(22, 24, late))
    assert kinds(room) == ["order"]


def test_who_was_edited_while_it_was_read_may_come_later() -> None:
    room = a_room()
    del room.rows[12]
    room.take(changes(20, 23, message(13, 23)))
    room.take(changes(23, 24, message(12, 24, edited_at="now")))
    assert kinds(room) == []


@pytest.mark.parametrize(
    "frame",
    [
        changes(20, 22, message(13, 23)),
        changes(20, 22, message(13, 20)),
        changes(20, 22, message(14, 22), message(13, 21)),
        changes(20, 19),
    ],
    ids=["a seq behind its end", "a seq before its beginning", "not by seq", "backwards"],
)
def test_a_frame_that_contradicts_itself(frame: dict[str, Any]) -> None:
    room = a_room()
    room.take(frame)
    assert "frame" in kinds(room)


def test_other_words_under_the_same_number() -> None:
    room = a_room()
    room.take(changes(20, 21, message(13, 21, "new")))
    room.take(changes(20, 21, message(13, 21, "old")))
    assert kinds(room) == ["words"]


@pytest.mark.parametrize(("ids", "kind"), [((8, 9, 9), "doubled"), ((9, 8), "order")])
def test_a_page_that_contradicts_itself(ids: tuple[int, ...], kind: str) -> None:
    room = a_room()
    room.extend(Page(20, "e", True, [Row(number, number, OTHER, "old") for number in ids]))
    assert kinds(room) == [kind]


def test_what_changed_while_older_history_was_asked_for_counts_more() -> None:
    room = a_room()
    room.aside = {}
    room.take(changes(20, 21, message(9, 21, "newer", edited_at="now")))
    room.extend(Page(20, "e", True, [Row(9, 9, OTHER, "older")]))
    assert room.shown().messages[0] == (9, 21, "newer")


def pulse(after: int, seq: int, *ids: int) -> dict[str, Any]:
    return {"after": after, "seq": seq, "messages": [{"id": one, "author": OTHER} for one in ids]}


def test_pulses_are_added_above_the_count_only() -> None:
    room = a_room()
    room.shut()
    room.count({"seq": 22, "last_message": 13, "last_read": 11, "unread": 2})
    room.beat(pulse(20, 22, 13))
    assert room.unread == 2
    room.beat({"after": 22, "seq": 24, "messages": [{"id": 14, "author": ME}, {"id": 15, "author": OTHER}]})
    assert room.unread == 3


def test_an_elder_message_may_be_told_later_and_again() -> None:
    room = a_room()
    room.shut()
    for told in (pulse(20, 23, 15), pulse(23, 24, 14), pulse(20, 24, 13, 14, 15)):
        room.beat(told)
    assert (room.unread, room.newest) == (4, 15)
    room.count({"seq": 23, "last_message": 14, "last_read": 13, "unread": 1})
    room.count({"seq": 22, "last_message": 13, "last_read": 11, "unread": 2})
    assert room.unread == 2


def test_what_is_said_while_it_is_open_counts_too() -> None:
    """What stood above an edited message comes first; the mark that was made before both includes neither."""
    room = a_room()
    room.take(changes(20, 23, message(14, 22)))
    room.take(changes(23, 24, message(13, 24, edited_at="now")))
    room.shut()
    room.beat(pulse(24, 25, 16))
    assert room.unread == 4
