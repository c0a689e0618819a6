"""The windows of history that pages open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import Forbidden, NotFound
from chat.models import Membership, Message, Room
from chat.views.find import entered
from chat.window import Window, window

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbered(alice: User, room: Room) -> list[int]:
    """Ids of 120 messages, one an hour, the last one now."""
    now = timezone.now()
    said = [actions.Said(alice.pk, f"Number {n}", now - timedelta(hours=119 - n)) for n in range(120)]
    actions.import_messages(actor=alice, room_id=room.pk, said=said)
    return list(Message.objects.filter(room=room).order_by("pk").values_list("pk", flat=True))


def seat(person: User, room: Room) -> Membership:
    """The membership with its room, as every door reads it."""
    return entered(person, room.slug)


def ids(part: Window) -> list[int]:
    return [message.pk for message in part.messages]


def test_empty_room(alice: User, room: Room) -> None:
    part = window(seat(alice, room))
    assert (ids(part), part.first, part.last, part.at_start, part.at_end) == ([], 0, 0, True, True)


def test_newest_when_little_is_unread(alice: User, room: Room, numbered: list[int]) -> None:
    actions.mark_read(actor=alice, room_id=room.pk, message_id=numbered[100])
    part = window(seat(alice, room))
    assert ids(part) == numbered[-50:]
    assert (part.at_start, part.at_end) == (False, True)
    assert part.cursor == Room.objects.get(pk=room.pk).seq


def test_first_unread_when_much_is(bob: User, room: Room, numbered: list[int]) -> None:
    actions.mark_read(actor=bob, room_id=room.pk, message_id=numbered[39])
    part = window(seat(bob, room))
    assert ids(part) == numbered[15:65]
    assert numbered[40] in ids(part)
    assert (part.at_start, part.at_end) == (False, False)


@pytest.mark.parametrize(
    ("place", "expected", "edges"),
    [
        ({"before": 60}, slice(10, 60), (False, False)),
        ({"before": 30}, slice(0, 30), (True, False)),
        ({"after": 60}, slice(61, 111), (False, False)),
        ({"after": 100}, slice(101, 120), (False, True)),
        ({"around": 60}, slice(35, 85), (False, False)),
        ({"around": 60, "limit": 10}, slice(55, 65), (False, False)),
        ({"before": 60, "limit": 1000}, slice(0, 60), (True, False)),
        ({"after": 60, "limit": -5}, slice(61, 62), (False, False)),
    ],
)
def test_places(
    alice: User, room: Room, numbered: list[int], place: dict[str, int], expected: slice, edges: tuple[bool, bool]
) -> None:
    limit = {"limit": place["limit"]} if "limit" in place else {}
    part = window(seat(alice, room), **{name: numbered[at] for name, at in place.items() if name != "limit"}, **limit)
    assert ids(part) == numbered[expected]
    assert (part.at_start, part.at_end) == edges


@pytest.mark.parametrize("limit", [-5, 0, 10**9])
def test_absurd_limits_at_the_usual_place(bob: User, room: Room, numbered: list[int], limit: int) -> None:
    assert 1 <= len(window(seat(bob, room), limit=limit).messages) <= 100


def test_day(alice: User, room: Room, numbered: list[int]) -> None:
    since = Message.objects.get(pk=numbered[60]).created_at - timedelta(minutes=1)
    assert ids(window(seat(alice, room), since=since))[25] == numbered[60]
    assert ids(window(seat(alice, room), since=timezone.now() + timedelta(days=1))) == numbered[-50:]


def test_nothing_changed_after_a_removal_is_shown(
    alice: User, bob: User, room: Room, say: Callable[..., Message]
) -> None:
    said, mine = say(alice, room), seat(bob, room)
    say(alice, room)
    actions.edit_message(actor=alice, message_id=said.pk, body="other words")
    (shown,) = window(mine).messages
    assert (shown.pk, shown.body) == (said.pk, "other words"), "what changed after the head may be seen"
    actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk)
    with pytest.raises(Forbidden):
        window(mine)


def test_what_was_said_before_a_removal_may_still_be_shown(
    alice: User, bob: User, private_room: Room, say: Callable[..., Message]
) -> None:
    said, mine = say(alice, private_room), seat(bob, private_room)
    actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
    say(alice, private_room)
    assert ids(window(mine)) == [said.pk]
    actions.edit_message(actor=alice, message_id=said.pk, body="other words")
    with pytest.raises(NotFound):
        window(mine)


def test_message_of_another_room_is_no_place(
    alice: User, room: Room, private_room: Room, say: Callable[..., Message]
) -> None:
    mine, other = say(alice, room), say(alice, private_room)
    assert ids(window(seat(alice, room), around=other.pk)) == [mine.pk]


@pytest.mark.parametrize("read", [0, 119])
def test_query_budget(
    bob: User, mod: User, room: Room, numbered: list[int], read: int, django_assert_max_num_queries: Any
) -> None:
    if read:
        actions.mark_read(actor=bob, room_id=room.pk, message_id=numbered[read])
    for shown in (numbered[0], numbered[10], numbered[-1]):
        actions.hide_message(actor=mod, message_id=shown, reason="Not here")
    mine = seat(bob, room)
    with django_assert_max_num_queries(1 if read else 3):
        assert len(window(mine).fragments) == 50
