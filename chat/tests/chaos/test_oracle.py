"""The oracle finds each fault that is planted in a small world where all is well."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from chat.tests.chaos.diary import Counted, Delivered, Diary, Edit, Post, Showing, Shown
from chat.tests.chaos.oracle import judge, recovery
from chat.tests.chaos.record import Change, MembershipRow, MessageRow, Record, RoomRow

ROOM = 7
ADA, BO = 1, 2
IDS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


def said(row: int, person: int, seq: int, body: str) -> Change:
    return Change(float(seq), ROOM, "message", row, person, seq, IDS[row - 101], body, "said")


@dataclass
class World:
    """Ada said two things, changed the second; Bo read along, was put out at 14 and brought back at 16."""

    ada: Diary = field(default_factory=lambda: Diary("ada", ADA))
    bo: Diary = field(default_factory=lambda: Diary("bo", BO))
    record: Record = field(default_factory=Record)
    faults: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        one = Post(ROOM, IDS[0], "one", began=10.0, ended=11.5, sent=1, message=101, seq=11)
        two = Post(ROOM, IDS[1], "two", began=11.0, ended=12.5, sent=2, message=102, seq=12)
        two.edits.append(Edit("two, better", sent=1, seq=13, began=12.6, ended=13.5))
        self.ada.posts += [one, two]
        self.record.rooms[ROOM] = RoomRow(ROOM, "harbour", 16, 102)
        self.record.messages += [
            MessageRow(101, ROOM, ADA, 11, IDS[0], "one"),
            MessageRow(102, ROOM, ADA, 13, IDS[1], "two, better"),
        ]
        edit = replace(said(102, ADA, 13, "two, better"), state="edited")
        out = Change(14.0, ROOM, "membership", 1, BO, 14, "", "", "removed")
        back = replace(out, at=16.0, seq=16, state="in")
        self.record.changes += [said(101, ADA, 11, "one"), said(102, ADA, 12, "two"), edit, out, back]
        self.record.memberships += [MembershipRow(ROOM, ADA, True, 1, 0), MembershipRow(ROOM, BO, True, 16, 0)]
        for diary, unread in ((self.ada, 0), (self.bo, 2)):
            diary.lists.append(Shown(ROOM, 16, [(101, 11, "one"), (102, 13, "two, better")], unread))
            diary.versions = {(101, 11): "one", (102, 12): "two", (102, 13): "two, better"}
            diary.shown_first = {101: Showing(11.1, True, 1.0), 102: Showing(12.2, True, 1.0)}
            diary.delivered += [Delivered(float(seq), ROOM, seq - 1, seq, False, "changes") for seq in (11, 12, 13)]
            diary.delivered.append(Delivered(16.5, ROOM, 13, 16, False, "changes"))
        self.bo.counted += [Counted(11.5, ROOM, 11, 0, 1), Counted(16.5, ROOM, 16, 101, 1)]

    def judged(self) -> set[str]:
        return {finding.kind for finding in judge([self.ada, self.bo], self.record, self.faults)}


def lost(world: World) -> None:
    del world.record.messages[1]


def answered_with_another_id(world: World) -> None:
    world.ada.posts[0].message = 102


def stored_in_another_room(world: World) -> None:
    world.record.messages[0] = replace(world.record.messages[0], room=8)


def stored_twice(world: World) -> None:
    world.record.messages.append(replace(world.record.messages[0], id=103))


def unanswered_and_stored_twice(world: World) -> None:
    world.ada.posts[0].message = None
    stored_twice(world)


def said_again_under_another_id(world: World) -> None:
    world.record.changes.append(replace(said(101, ADA, 17, "one"), row=103, client_id=IDS[1]))


def other_words(world: World) -> None:
    world.record.messages[0] = replace(world.record.messages[0], body="ONE")


def an_edit_undone(world: World) -> None:
    world.record.changes.append(replace(said(102, ADA, 17, "two"), state="edited"))
    world.record.messages[1] = replace(world.record.messages[1], seq=17, body="two")


def a_deletion_undone(world: World) -> None:
    world.ada.posts[1].edits.append(Edit(None, sent=1, seq=13))


def words_of_nobody(world: World) -> None:
    world.record.changes[1] = replace(world.record.changes[1], body="tow")


def acknowledged_at_a_seq_of_nothing(world: World) -> None:
    world.ada.posts[0].seq = 10


def a_number_twice(world: World) -> None:
    world.record.changes[1] = replace(world.record.changes[1], seq=11)


def a_number_that_falls(world: World) -> None:
    world.record.changes[0], world.record.changes[1] = world.record.changes[1], world.record.changes[0]


def a_head_behind_its_changes(world: World) -> None:
    world.record.rooms[ROOM] = replace(world.record.rooms[ROOM], seq=15)


def a_change_without_a_number(world: World) -> None:
    world.record.messages[0] = replace(world.record.messages[0], seq=9)


def a_place_before_what_was_there(world: World) -> None:
    world.record.changes[0] = replace(world.record.changes[0], row=105)


def another_newest(world: World) -> None:
    world.record.rooms[ROOM] = replace(world.record.rooms[ROOM], last_message=101)


def a_version_that_never_was(world: World) -> None:
    world.bo.versions[101, 12] = "one"


def a_version_with_other_words(world: World) -> None:
    world.bo.versions[102, 12] = "two, better"


def a_list_with_a_hole(world: World) -> None:
    del world.bo.lists[0].messages[1]


def a_list_that_has_too_much(world: World) -> None:
    world.bo.lists[0].messages.append((104, 16, "and more"))


def a_list_with_old_words(world: World) -> None:
    world.bo.lists[0].messages[1] = (102, 12, "two")


def a_list_without_the_tombstone(world: World) -> None:
    world.record.messages[0] = replace(world.record.messages[0], body=None)


def a_list_in_another_order(world: World) -> None:
    world.bo.lists[0].messages.reverse()


def a_list_with_one_twice(world: World) -> None:
    world.bo.lists[0].messages.append((102, 13, "two, better"))


def a_list_that_ends_early(world: World) -> None:
    world.bo.lists[0].cursor = 15


def delivered_after_the_removal(world: World) -> None:
    world.bo.delivered.append(Delivered(14.5, ROOM, 13, 14, False, "changes"))


def pulsed_after_the_removal(world: World) -> None:
    world.bo.delivered.append(Delivered(15.5, ROOM, 14, 15, False, "pulse"))


def delivered_late_after_the_removal(world: World) -> None:
    world.bo.delivered.append(Delivered(16.2, ROOM, 13, 15, False, "changes"))


def a_count_that_was_wrong(world: World) -> None:
    world.bo.counted.append(Counted(12.5, ROOM, 12, 0, 1))


def a_count_that_is_wrong(world: World) -> None:
    world.bo.lists[0].unread = 1


def a_member_refused(world: World) -> None:
    world.ada.posts.append(Post(ROOM, "x", "three", began=13.0, ended=13.5, sent=1, refused="forbidden"))


def a_conflict_with_oneself(world: World) -> None:
    world.bo.posts.append(Post(ROOM, "x", "three", began=14.1, ended=15.0, sent=2, refused="conflict"))


def late(world: World) -> None:
    world.bo.shown_first[102] = Showing(17.5, True, 1.0)


def never_written_down(world: World) -> None:
    del world.record.changes[0]


def seen_by_the_client(world: World) -> None:
    world.bo.found("gap", "room 7: after 12, cursor 11")


PLANTED: list[tuple[Callable[[World], None], str]] = [
    (lost, "lost"),
    (answered_with_another_id, "lost"),
    (stored_in_another_room, "lost"),
    (stored_twice, "doubled"),
    (unanswered_and_stored_twice, "doubled"),
    (said_again_under_another_id, "doubled"),
    (other_words, "words"),
    (an_edit_undone, "words"),
    (a_deletion_undone, "words"),
    (words_of_nobody, "words"),
    (acknowledged_at_a_seq_of_nothing, "number"),
    (a_number_twice, "number"),
    (a_number_that_falls, "number"),
    (a_head_behind_its_changes, "number"),
    (a_change_without_a_number, "number"),
    (a_place_before_what_was_there, "order"),
    (another_newest, "order"),
    (a_version_that_never_was, "words"),
    (a_version_with_other_words, "words"),
    (a_list_with_a_hole, "list"),
    (a_list_that_has_too_much, "list"),
    (a_list_with_old_words, "list"),
    (a_list_without_the_tombstone, "list"),
    (a_list_in_another_order, "order"),
    (a_list_with_one_twice, "doubled"),
    (a_list_that_ends_early, "list"),
    (delivered_after_the_removal, "removal"),
    (pulsed_after_the_removal, "removal"),
    (delivered_late_after_the_removal, "removal"),
    (a_count_that_was_wrong, "unread"),
    (a_count_that_is_wrong, "unread"),
    (a_member_refused, "refused"),
    (a_conflict_with_oneself, "refused"),
    (late, "late"),
    (never_written_down, "record"),
    (seen_by_the_client, "gap"),
]


def test_a_world_where_all_is_well() -> None:
    assert World().judged() == set()


@pytest.mark.parametrize(("plant", "kind"), PLANTED, ids=[plant.__name__ for plant, _kind in PLANTED])
def test_finds(plant: Callable[[World], None], kind: str) -> None:
    world = World()
    plant(world)
    assert kind in world.judged()


# --- What is no fault, though it looks like one


def test_an_edit_that_was_sent_twice_may_be_done_again_after_a_later_one() -> None:
    world = World()
    an_edit_undone(world)
    world.ada.posts[1].edits.insert(0, Edit("two", sent=2, seq=17))
    world.record.messages[1] = replace(world.record.messages[1], seq=17)
    for diary in (world.ada, world.bo):
        diary.lists[0].messages[1] = (102, 17, "two")
        diary.lists[0].cursor = 17
    world.record.rooms[ROOM] = replace(world.record.rooms[ROOM], seq=17)
    assert world.judged() == set()


def test_somebody_outside_may_be_refused() -> None:
    world = World()
    world.bo.posts.append(Post(ROOM, "x", "three", began=14.1, ended=15.0, sent=2, refused="forbidden"))
    assert world.judged() == set()


def test_who_is_back_reads_what_was_said_meanwhile_part_by_part() -> None:
    world = World()
    world.bo.delivered.append(Delivered(16.2, ROOM, 13, 15, True, "changes"))
    assert world.judged() == set()


def test_a_fault_excuses_what_is_late() -> None:
    world = World()
    late(world)
    world.faults.append((12.1, 14.0))
    assert world.judged() == set()


def test_a_fault_that_was_over_excuses_nothing() -> None:
    world = World()
    late(world)
    world.faults.append((10.0, 11.9))
    assert world.judged() == {"late"}


def test_a_recovery_lasts_until_the_last_has_shown_something_new() -> None:
    world = World()
    world.bo.shown_first[102] = Showing(14.0, True, 1.0)
    assert recovery(11.5, [world.ada, world.bo], world.record, ROOM) == 2.5
    assert recovery(11.5, [world.ada, world.bo], world.record, ROOM, [(12.0, 13.0), (13.0, 15.0)]) == 1.0
    assert recovery(13.0, [world.ada, world.bo], world.record, ROOM) is None
