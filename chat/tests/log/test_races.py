"""Many at once: numbers without holes or repeats, removals that hold, one row for one client_id, no deadlock.

Threads with connections of their own, so committed rows (transaction=True). On SQLite these run too; its one write
lock makes most of them easy there. What only PostgreSQL can get wrong is marked.
"""

import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import User
from chat import actions, changes
from chat.errors import ChatError, NotFound
from chat.models import Membership, Message, Room

POSTS = 40  # of each of the six writers: some seconds on two cores

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all at once, each in a thread; their results in order. A job that raises gives its error."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            gate.wait(30)
            return job()
        except ChatError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def post(actor: User, room: Room, body: str = "Words", client_id: uuid.UUID | None = None) -> actions.Posted:
    return actions.post_message(actor=actor, room_id=room.pk, client_id=client_id or uuid.uuid4(), body=body)


def test_six_writers_and_a_reader_by_cursor(alice: User, bob: User, mod: User, room: Room) -> None:
    start = Room.objects.get(pk=room.pk).seq
    done = threading.Event()
    seqs: list[int] = []
    seen: dict[int, int] = {}

    def write(actor: User) -> None:
        chance = random.Random(actor.pk)
        for _number in range(POSTS):
            posted = post(actor, room)
            seqs.append(posted.seq)
            if chance.random() < 0.2:
                seqs.append(actions.edit_message(actor=actor, message_id=posted.message_id, body=f"{posted.seq}"))
            if chance.random() < 0.1:
                seqs.append(actions.delete_message(actor=actor, message_id=posted.message_id))

    def follow() -> int:
        cursor = start
        while True:
            ended = done.is_set()
            batch = changes.read(room.pk, cursor)
            for entry in batch.entries:
                assert cursor < entry["seq"] <= batch.seq
                seen[entry["id"]] = entry["seq"]
            cursor = batch.seq
            if ended and not batch.more:
                return cursor

    def write_all() -> None:
        try:
            together(*(lambda who=who: write(who) for who in (alice, bob, mod) * 2))
        finally:
            done.set()

    cursor, _ = together(follow, write_all)
    head = Room.objects.get(pk=room.pk).seq
    assert len(seqs) > 6 * POSTS
    assert sorted(seqs) == list(range(start + 1, head + 1))
    assert cursor == head
    assert seen == dict(Message.objects.values_list("pk", "seq"))


def test_nothing_of_a_removed_member_follows_the_removal(alice: User, bob: User, private_room: Room) -> None:
    for _round in range(8):
        posted, refused = threading.Event(), threading.Event()

        def chatter(posted: threading.Event = posted, refused: threading.Event = refused) -> None:
            while not refused.is_set():
                try:
                    post(bob, private_room)
                    posted.set()
                except NotFound:
                    refused.set()

        def remove(posted: threading.Event = posted, refused: threading.Event = refused) -> Membership:
            try:
                assert posted.wait(20), "the race needs posts before the removal"
                time.sleep(0.02)
                return actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
            except BaseException:
                refused.set()  # nobody else would end the others
                raise

        *_, removed = together(chatter, chatter, chatter, remove)
        newest = Message.objects.filter(author=bob).latest("seq")
        assert newest.seq < removed.seq
        actions.add_member(actor=alice, room_id=private_room.pk, handle="bob")


def test_fifty_resends_at_once_are_one_message(bob: User, room: Room) -> None:
    before = Room.objects.get(pk=room.pk).seq
    client_id = uuid.uuid4()
    answers = together(*(lambda: post(bob, room, "Once", client_id) for _number in range(50)))
    assert len({(answer.message_id, answer.seq) for answer in answers}) == 1
    assert [answer.created for answer in answers].count(True) == 1
    assert Message.objects.count() == 1
    assert Room.objects.get(pk=room.pk).seq == before + 1


def test_edit_against_delete(bob: User, room: Room) -> None:
    """Whoever comes first, the end is a tombstone without text."""
    for _round in range(10):
        message_id = post(bob, room).message_id
        together(
            lambda message_id=message_id: actions.edit_message(actor=bob, message_id=message_id, body="Late words"),
            lambda message_id=message_id: actions.delete_message(actor=bob, message_id=message_id),
        )
        message = Message.objects.get(pk=message_id)
        assert message.is_deleted
        assert (message.body, message.html) == ("", "")


def test_two_owners_demoting_each_other_leave_one(alice: User, bob: User, room: Room) -> None:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="owner")
    together(
        lambda: actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="member"),
        lambda: actions.set_role(actor=bob, room_id=room.pk, user_id=alice.pk, role="member"),
    )
    assert Membership.objects.filter(room=room, role="owner").count() == 1


def test_double_join_is_one_membership(mallory: User, room: Room) -> None:
    before = Room.objects.get(pk=room.pk).seq
    together(*(lambda: actions.join_room(actor=mallory, room_id=room.pk) for _number in range(8)))
    assert Room.objects.get(pk=room.pk).seq == before + 1


def test_two_rooms_from_two_sides_never_deadlock(alice: User, bob: User, room: Room, private_room: Room) -> None:
    """A transaction touches one room, so there is no order in which two of them could wait for each other."""

    def rename(person: User, names: list[str]) -> None:
        for name in names:
            actions.rename_person(actor=person, person=person, name=name)

    def chatter(person: User, rooms: list[Room]) -> None:
        for _number in range(20):
            for one in rooms:
                post(person, one)

    names = [f"Name {number}" for number in range(10)]
    answers = together(
        lambda: rename(alice, names),
        lambda: rename(bob, names),
        lambda: chatter(alice, [room, private_room]),
        lambda: chatter(bob, [private_room, room]),
    )
    assert answers == [None] * 4
    assert Message.objects.count() == 80


@pytest.mark.postgres
def test_readers_do_not_wait_for_writers(bob: User, room: Room) -> None:
    assert connection.vendor == "postgresql"
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        from chat.actions.log import changing

        with changing(room.pk):
            locked.set()
            release.wait(20)

    def look() -> float:
        assert locked.wait(20)
        begun = time.monotonic()
        changes.open_room(bob, room.pk, after=0)
        release.set()
        return time.monotonic() - begun

    assert together(hold, look)[1] < 10


def test_create_rooms_of_one_name_at_once(alice: User) -> None:
    rooms = together(*(lambda: actions.create_room(actor=alice, name="Twin") for _number in range(6)))
    assert len({one.slug for one in rooms}) == 6
