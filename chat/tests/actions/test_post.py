"""The rules of post_message."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, TooLarge
from chat.models import Membership, Mention, Message, Restriction, Room, plain

pytestmark = pytest.mark.django_db


def post(actor: User, room: Room, body: str = "Hello", client_id: uuid.UUID | None = None) -> actions.Posted:
    return actions.post_message(actor=actor, room_id=room.pk, client_id=client_id or uuid.uuid4(), body=body)


def seq_of(room: Room) -> int:
    return Room.objects.get(pk=room.pk).seq


def test_takes_the_next_number(bob: User, room: Room) -> None:
    before = seq_of(room)
    posted = post(bob, room, "First words")
    message = Message.objects.get(pk=posted.message_id)
    assert posted.created
    assert message.seq == posted.seq == before + 1 == seq_of(room)
    assert message.body == "First words"
    assert message.html == "<p>First words</p>"
    assert Room.objects.get(pk=room.pk).last_message_id == message.pk


def test_what_is_not_said_is_as_the_model_has_it(bob: User, room: Room) -> None:
    """The row is written in plain SQL, which knows nothing of the model's defaults."""
    stored = Message.objects.get(pk=post(bob, room, "All of it").message_id)
    given = {name: getattr(stored, name) for name in ("id", "seq", "client_id", "body", "html", "markup", "created_at")}
    made = Message(room=room, author=bob, **given)
    for field in Message._meta.concrete_fields:
        assert getattr(stored, field.attname) == getattr(made, field.attname), field.name


@pytest.mark.django_db(transaction=True)
def test_the_locked_room_is_the_room(room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(archived_at=timezone.now(), slow_seconds=7)
    with transaction.atomic():
        locked, answers = plain.lock_room(room.pk)
    stored = Room.objects.get(pk=room.pk)
    for field in Room._meta.concrete_fields:
        assert getattr(locked, field.attname) == getattr(stored, field.attname), field.name
    assert answers == []
    with transaction.atomic(), pytest.raises(Room.DoesNotExist):
        plain.lock_room(10**9)


def test_resend_is_the_same_message(bob: User, room: Room) -> None:
    client_id = uuid.uuid4()
    first = post(bob, room, "Once", client_id)
    again = post(bob, room, "Once", client_id)
    assert (again.message_id, again.seq, again.created) == (first.message_id, first.seq, False)
    assert Message.objects.count() == 1
    assert seq_of(room) == first.seq


def test_line_ends_do_not_make_other_words(bob: User, room: Room) -> None:
    client_id = uuid.uuid4()
    first = post(bob, room, "one\ntwo", client_id)
    assert post(bob, room, "one\r\ntwo", client_id).message_id == first.message_id


def test_same_client_id_with_other_words_is_a_conflict(bob: User, room: Room) -> None:
    client_id = uuid.uuid4()
    post(bob, room, "These", client_id)
    before = seq_of(room)
    with pytest.raises(Conflict):
        post(bob, room, "Those", client_id)
    assert seq_of(room) == before


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_resend_after_a_change_answers_the_present_seq(bob: User, room: Room, change: str) -> None:
    client_id = uuid.uuid4()
    first = post(bob, room, "These", client_id)
    if change == "edit":
        seq = actions.edit_message(actor=bob, message_id=first.message_id, body="Those")
    else:
        seq = actions.delete_message(actor=bob, message_id=first.message_id)
    again = post(bob, room, "These", client_id)
    assert (again.message_id, again.seq, again.created) == (first.message_id, seq, False)


def test_client_ids_of_two_people_do_not_meet(alice: User, bob: User, room: Room) -> None:
    client_id = uuid.uuid4()
    assert post(alice, room, "Mine", client_id).message_id != post(bob, room, "Yours", client_id).message_id


def test_outsider_of_a_public_room_is_refused(mallory: User, room: Room) -> None:
    with pytest.raises(Forbidden):
        post(mallory, room)


def test_private_room_is_not_there_for_an_outsider(mallory: User, private_room: Room) -> None:
    with pytest.raises(NotFound) as hidden:
        post(mallory, private_room)
    with pytest.raises(NotFound) as missing:
        actions.post_message(actor=mallory, room_id=10**9, client_id=uuid.uuid4(), body="Hello")
    assert hidden.value.as_wire() == missing.value.as_wire()


@pytest.mark.parametrize("body", ["", "   \n ", "\u200b\u200b", "a\0b", "\ud800"])
def test_no_text_is_invalid(bob: User, room: Room, body: str) -> None:
    before = seq_of(room)
    with pytest.raises(Invalid):
        post(bob, room, body)
    assert seq_of(room) == before


def test_limit_counts_code_points(bob: User, room: Room) -> None:
    post(bob, room, "😀" * 5000)
    with pytest.raises(TooLarge):
        post(bob, room, "😀" * 5001)


def test_archived_room_takes_no_words(bob: User, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(archived_at=timezone.now())
    with pytest.raises(Forbidden):
        post(bob, room)


@pytest.mark.parametrize(
    ("where", "until", "refused"), [("room", 60, True), ("site", None, True), ("room", -60, False)]
)
def test_mute(alice: User, bob: User, room: Room, where: str, until: int | None, refused: bool) -> None:
    Restriction.objects.create(
        kind=Restriction.Kind.MUTE,
        user=bob,
        room=room if where == "room" else None,
        by=alice,
        reason="Shouting",
        until=until and timezone.now() + timedelta(seconds=until),
    )
    if not refused:
        assert post(bob, room).created
        return
    with pytest.raises(Forbidden, match="Shouting"):
        post(bob, room)


def test_slow_mode_spares_moderators(bob: User, mod: User, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(slow_seconds=30)
    post(bob, room)
    with pytest.raises(RateLimited) as refused:
        post(bob, room)
    assert refused.value.retry_after is not None
    assert 25 < refused.value.retry_after <= 30
    post(mod, room)
    post(mod, room)


def test_post_rate(bob: User, alice: User, room: Room, settings: Any) -> None:
    settings.POST_RATE = (3, 0.5)
    for _ in range(3):
        post(bob, room)
    with pytest.raises(RateLimited) as refused:
        post(bob, room)
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 2
    post(alice, room)


def test_names_members_only(alice: User, bob: User, mallory: User, room: Room) -> None:
    posted = post(bob, room, "@Alice and @mallory and @bob, `@mod` too")
    named = Mention.objects.filter(message_id=posted.message_id).values_list("user_id", flat=True)
    assert set(named) == {alice.pk, bob.pk}
    assert f'data-user-id="{alice.pk}"' in Message.objects.get(pk=posted.message_id).html


def test_removed_member_is_judged_under_the_lock(
    alice: User, bob: User, private_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The membership that the first look saw has ended when the lock is there."""
    from chat.actions import posting

    draft = posting.prepare

    def remove_meanwhile(room_id: int, body: str) -> Any:
        actions.remove_member(actor=alice, room_id=room_id, user_id=bob.pk)
        return draft(room_id, body)

    monkeypatch.setattr(posting, "prepare", remove_meanwhile)
    with pytest.raises(NotFound):
        post(bob, private_room)
    assert Message.objects.count() == 0


def test_what_a_door_believes_is_judged_under_the_lock(mallory: User, room: Room, private_room: Room) -> None:
    """Sockets spare the look before the lock for rooms that they know they are in."""
    for where, refusal in ((room, Forbidden), (private_room, NotFound)):
        believed = actions.Post(mallory, uuid.uuid4(), "Hello", is_member=True)
        (answer,) = actions.post_messages(room_id=where.pk, posts=[believed])
        assert type(answer) is refusal
    assert Message.objects.count() == 0


def test_rings_after_commit_only(
    bob: User, room: Room, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    from chat.live import doorbell

    rung: list[tuple[int, int, str]] = []
    monkeypatch.setattr(doorbell, "ring", lambda *bell: rung.append(bell))
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        posted = post(bob, room)
    assert not rung
    for callback in callbacks:
        callback()
    assert (room.pk, posted.seq, "post") in rung


def test_left_member_of_a_public_room_is_told_to_join(bob: User, room: Room) -> None:
    actions.leave_room(actor=bob, room_id=room.pk)
    assert Membership.objects.get(user=bob, room=room).state == "left"
    with pytest.raises(Forbidden):
        post(bob, room)
