"""The template is drawn once for what many fragments share, and anew as soon as anything that it shows is another."""

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
    monkeypatch.setattr(rendering, "_moulds", {})


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
    rendering._moulds.clear()
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


def test_messages_of_one_author_share_a_mould(
    say: Say, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [say(author, room, f"{number}") for number in range(3) for author in (alice, bob)]
    drawn: list[int] = []
    mould = rendering._mould

    def noted(message: Message) -> str:
        drawn.append(message.author_id)
        return mould(message)

    monkeypatch.setattr(rendering, "_mould", noted)
    for _reader in range(5):
        for message in messages:
            fragment(message)
    assert drawn == [alice.pk, bob.pk]


def test_what_is_kept_is_bounded(say: Say, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "KEPT", 2)
    message = say(alice, room, "Words")
    for number in range(5):
        User.objects.filter(pk=alice.pk).update(name=f"Name {number}")
        assert f"Name {number}" in fragment(message)
        assert len(rendering._moulds) <= 2


def hide(message: Message) -> None:
    moderator = User.objects.get(handle="alice")
    actions.hide_message(actor=moderator, message_id=message.pk, reason="{0} {seq} %s <i> & {{ message.id }}")


def leave_it(message: Message) -> None:
    """As posted."""


@pytest.mark.parametrize("change", [leave_it, edit, delete, hide, give_picture, move_room])
def test_a_cast_fragment_is_what_the_template_makes(
    say: Say, alice: User, bob: User, room: Room, change: Callable[[Message], None]
) -> None:
    """To the byte, and whatever people write: no word of theirs is taken for a gap."""
    User.objects.filter(pk=bob.pk).update(name="{0} %(seq)s <b> & }{")
    bob.refresh_from_db()
    first, second = say(bob, room, "{1} <i> **{{0}}**"), say(bob, room, "Others")
    for message in (first, second):
        change(message)
    for message in (first, second, first):
        fresh = Message.objects.select_related("author", "deleted_by", "room").get(pk=message.pk)
        assert fragment(message) == rendering._render(fresh, rendering.body_html(fresh))
