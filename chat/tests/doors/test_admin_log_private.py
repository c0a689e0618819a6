"""Private rooms at the moderators' desk: closed, but for an hour to those who say why."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat import actions
from chat.errors import Forbidden
from chat.models import Message, Opening, Room
from chat.tests.doors.log_reading import LOG, SECRET, act, links

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


@pytest.fixture
def looker(clerk: User, client_of: ClientOf) -> Client:
    """Staff who may look, and not act."""
    return client_of(clerk)


# --- Private rooms


def addresses_of(room: Room, message: Message) -> list[str]:
    return [
        f"{LOG}?room={room.slug}",
        f"{LOG}?room={room.slug}&around={message.pk}",
        f"{LOG}?room={room.slug}&q=tide",
        f"{LOG}{message.pk}/change/",
        f"{LOG}{message.pk}/history/",
        f"{LOG}{message.pk}/acts/hide/",
        f"/admin/chat/room/{room.pk}/change/",
    ]


def test_private_rooms_are_closed_everywhere(
    desk: Client, looker: Client, private_room: Room, alice: User, say: Any
) -> None:
    message = say(alice, private_room, SECRET)
    for client in (desk, looker):
        for address in (*addresses_of(private_room, message), LOG, f"{LOG}?author=alice", f"{LOG}?q=tide"):
            text = client.get(address, follow=True).content.decode()
            assert SECRET not in text, address
            assert private_room.name not in text, address
    act(desk, "hide", [message], confirmed="yes", reason="x")
    desk.post(f"{LOG}{message.pk}/acts/hide/", {"confirmed": "yes", "reason": "x"})
    message.refresh_from_db()
    assert not message.is_deleted


def test_closed_rooms_are_told_by_number_alone(desk: Client, room: Room, private_room: Room) -> None:
    text = desk.get("/admin/chat/room/closed/").content.decode()
    assert f"Private room {private_room.pk}" in text
    assert "3 members" in text
    for told in (private_room.name, private_room.slug, f"Private room {room.pk}<"):
        assert told not in text


def test_more_members_than_are_counted(desk: Client, private_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.admin.rooms.COUNTED", 2)
    assert "More than 2 members" in desk.get("/admin/chat/room/closed/").content.decode()


def test_a_private_room_opens_with_a_reason_for_an_hour(
    desk: Client, looker: Client, sheriff: User, private_room: Room, alice: User, say: Any
) -> None:
    message = say(alice, private_room, SECRET)
    address = f"/admin/chat/room/{private_room.pk}/open/"
    assert private_room.name not in desk.get(address).content.decode()
    assert desk.post(address, {"reason": " "}).status_code == 400
    assert not Opening.objects.exists()
    opened = desk.post(address, {"reason": "a report of threats"})
    assert opened["Location"].startswith(f"{LOG}?room={private_room.slug}")
    for each in addresses_of(private_room, message)[:4]:
        page = desk.get(each)
        assert (page.status_code, SECRET in page.content.decode()) == (200, True), each
        assert "a report of threats" in page.content.decode()
    assert SECRET not in desk.get(LOG).content.decode(), "read in its own conversation only"
    assert SECRET not in looker.get(f"{LOG}?room={private_room.slug}").content.decode(), "open to one is not to all"
    notice = Message.objects.filter(room=private_room, kind="notice").get()
    assert "a report of threats" in notice.body
    assert f"Private room {private_room.pk}<" not in desk.get("/admin/chat/room/closed/").content.decode()
    assert private_room.name in desk.get("/admin/chat/room/").content.decode()

    Opening.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    for each in addresses_of(private_room, message):
        assert SECRET not in desk.get(each, follow=True).content.decode(), each


def test_nobody_takes_the_notice_of_it_from_sight(desk: Client, sheriff: User, private_room: Room, alice: User) -> None:
    actions.open_private_room(actor=sheriff, room_id=private_room.pk, reason="a report of threats")
    notice = Message.objects.get(room=private_room, kind="notice")
    assert "acts/hide/" not in desk.get(f"{LOG}{notice.pk}/change/").content.decode()
    act(desk, "hide", [notice], confirmed="yes", reason="x")
    for person in (sheriff, alice):
        with pytest.raises(Forbidden):
            actions.hide_message(actor=person, message_id=notice.pk, reason="x")
    with pytest.raises(Forbidden):
        actions.delete_message(actor=alice, message_id=notice.pk)
    notice.refresh_from_db()
    assert not notice.is_deleted


def test_a_public_room_is_not_opened(desk: Client, room: Room) -> None:
    assert desk.get(f"/admin/chat/room/{room.pk}/open/").status_code == 404
    assert desk.post(f"/admin/chat/room/{room.pk}/open/", {"reason": "x"}).status_code == 404


def test_closed_rooms_are_paged(desk: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.admin.rooms.PAGE", 2)
    rooms = [actions.create_room(actor=alice, name=f"Secret {uuid.uuid4()}", kind="private").pk for _ in range(5)]
    page, found = desk.get("/admin/chat/room/closed/"), []
    while True:
        found += [int(pk) for pk in re.findall(r"Private room (\d+)<", page.content.decode())]
        ways = links(page, "prev")
        if not ways:
            break
        page = desk.get(f"/admin/chat/room/closed/{ways[0]}")
    assert found == rooms[::-1]
