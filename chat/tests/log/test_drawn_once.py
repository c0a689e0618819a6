"""A fragment is drawn once for all who ask for it, and anew as soon as anything that it shows is another."""

from collections.abc import Callable

import pytest
from django.test import override_settings

from accounts.models import User
from chat import actions, rendering
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]


@pytest.fixture(autouse=True)
def _nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_drawn", {})


def fragment(message: Message) -> str:
    """As another reader, who has read the rows anew."""
    return rendering.render_message(Message.objects.select_related("author", "deleted_by", "room").get(pk=message.pk))


def rename_author(message: Message) -> None:
    User.objects.filter(pk=message.author_id).update(name="Another name")


def give_picture(message: Message) -> None:
    User.objects.filter(pk=message.author_id).update(picture="a" * 32)


def edit(message: Message) -> None:
    actions.edit_message(actor=message.author, message_id=message.pk, body="Other words")


def delete(message: Message) -> None:
    actions.delete_message(actor=message.author, message_id=message.pk)


def move_room(message: Message) -> None:
    Room.objects.filter(pk=message.room_id).update(slug="elsewhere")


@pytest.mark.parametrize("change", [rename_author, give_picture, edit, delete, move_room])
def test_what_changed_is_drawn_anew(say: Say, bob: User, room: Room, change: Callable[[Message], None]) -> None:
    message = say(bob, room, "First words")
    before = fragment(message)
    change(message)
    after = fragment(message)
    assert after != before
    rendering._drawn.clear()
    assert fragment(message) == after


def test_who_hid_it_may_be_called_otherwise_later(say: Say, alice: User, bob: User, room: Room) -> None:
    message = say(bob, room, "First words")
    actions.hide_message(actor=alice, message_id=message.pk, reason="Because")
    assert alice.name in fragment(message)
    User.objects.filter(pk=alice.pk).update(name="Another name")
    assert "Another name" in fragment(message)


def test_each_language_has_its_own(say: Say, bob: User, room: Room) -> None:
    message = say(bob, room, "First words")
    delete(message)
    assert "Deleted by" in fragment(message)
    with override_settings(LANGUAGE_CODE="de"):
        assert "Deleted by" not in fragment(message)


def test_the_same_is_drawn_once(say: Say, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [say(bob, room, f"{number}") for number in range(3)]
    drawn: list[int] = []
    draw = rendering._draw

    def noted(message: Message) -> str:
        drawn.append(message.pk)
        return draw(message)

    monkeypatch.setattr(rendering, "_draw", noted)
    for _reader in range(5):
        for message in messages:
            fragment(message)
    assert drawn == [message.pk for message in messages]


def test_what_is_kept_is_bounded(say: Say, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "KEPT", 2)
    for number in range(5):
        fragment(say(bob, room, f"{number}"))
        assert len(rendering._drawn) <= 2
    fragment(say(bob, room, "x" * rendering.LONGEST))
    assert all(len(kept) <= rendering.LONGEST for kept in rendering._drawn.values())
