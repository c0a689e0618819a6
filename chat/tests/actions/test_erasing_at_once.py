"""Deleting an account while others do the same, and while its person is still busy: in threads, on both databases."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from chat import actions, jobs
from chat.errors import ChatError
from chat.models import Job, Membership, Message, Room

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def together(*acts: Callable[[], Any]) -> list[Any]:
    """All at once; what each gives, or the code of its refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(20)
            return act()
        except ChatError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_administrators_who_leave_one_stays(make_person: Callable[..., User]) -> None:
    bosses = [make_person(handle, is_superuser=True, is_staff=True) for handle in ("boss", "second")]
    jobs_of_two = [partial(actions.erase_person, actor=boss, person=boss, keep_messages=True) for boss in bosses]
    assert "conflict" in together(*jobs_of_two)
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_while_they_still_write_and_come_in(alice: User, bob: User, room: Room) -> None:
    """From requests that began before: whatever lands is taken back, and nobody stays in a room."""
    others = [actions.create_room(actor=alice, name=f"Room {number}") for number in range(3)]
    post = partial(actions.post_message, actor=bob, room_id=room.pk, body="Words")
    together(
        *(partial(post, client_id=uuid.uuid4()) for _ in range(3)),
        *(partial(actions.join_room, actor=bob, room_id=other.pk) for other in others),
        partial(actions.request_export, actor=bob),
        partial(actions.erase_person, actor=bob, person=bob, keep_messages=False),
    )
    jobs.work_off()
    assert not Membership.objects.present().filter(user=bob).exists()
    assert not Message.objects.filter(author=bob).exclude(body="").exists()
    assert not Job.objects.filter(person=bob, kind=Job.Kind.EXPORT).exists()


def test_both_owners_leave_and_the_room_has_one(alice: User, bob: User, mod: User, room: Room) -> None:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="owner")
    together(*(partial(actions.erase_person, actor=who, person=who, keep_messages=True) for who in (alice, bob)))
    owners = Membership.objects.present().filter(room=room, role="owner")
    assert [membership.user for membership in owners] == [mod]
