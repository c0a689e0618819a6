"""One post through each door gives the same row and the same change."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat import actions, changes
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE

pytestmark = LIVE

BODY = "Through *every* door,\n@bob: <b>the same</b>"
DOORS = ["action", "form", "json", "urlencoded", "socket"]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def by_action(person: User, room: Room, client_id: uuid.UUID, _status: int = 0) -> None:
    actions.post_message(actor=person, room_id=room.pk, client_id=client_id, body=BODY)


def by_form(person: User, room: Room, client_id: uuid.UUID, _status: int = 302) -> None:
    """As a browser without JavaScript sends it: line ends become CRLF on the way."""
    form = {"body": BODY.replace("\n", "\r\n"), "client_id": str(client_id)}
    assert signed_in(person).post(f"/rooms/{room.slug}/messages/", form).status_code == 302


def by_json(person: User, room: Room, client_id: uuid.UUID, status: int = 201) -> None:
    answer = signed_in(person).post(
        f"/rooms/{room.slug}/messages/",
        {"body": BODY, "client_id": str(client_id)},
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert answer.status_code == status


def by_urlencoded(person: User, room: Room, client_id: uuid.UUID, status: int = 201) -> None:
    from urllib.parse import urlencode

    answer = signed_in(person).post(
        f"/rooms/{room.slug}/messages/",
        urlencode({"body": BODY, "client_id": str(client_id)}),
        content_type="application/x-www-form-urlencoded",
        headers={"accept": "application/json"},
    )
    assert answer.status_code == status


async def say_it(
    tab: Callable[..., Any], door: str, person: User, room: Room, client_id: uuid.UUID, *status: int
) -> None:
    if door == "socket":
        answer = await (await tab(person)).post(room, BODY, client_id=str(client_id))
        assert answer["type"] == "ok"
        return
    doors = {"action": by_action, "form": by_form, "json": by_json, "urlencoded": by_urlencoded}
    await act(doors[door], person, room, client_id, *status)


def comparable(entry: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: all but place, number, time and the client's own id."""
    html = re.sub(
        r'((message-|data-message-id="|data-seq="|data-client-id="|messages/))[0-9a-f-]+', r"\1", entry["html"]
    )
    own = {"id", "seq", "client_id", "created_at", "html"}
    return {key: value for key, value in entry.items() if key not in own} | {"html": without_times(html)}


def without_times(html: str) -> str:
    html = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "time", html)
    return re.sub(r"\d{1,2} \w{3} \d{4} \d\d:\d\d", "time", html)


def row(message_id: int) -> dict[str, Any]:
    own = {"id", "seq", "client_id", "created_at"}
    values = Message.objects.values().get(pk=message_id)
    values["mentions"] = list(Message.objects.get(pk=message_id).mentions.values_list("user_id", flat=True))
    return {key: value for key, value in values.items() if key not in own}


@pytest.mark.parametrize("door", DOORS)
async def test_same_row_and_same_change(door: str, tab: Callable[..., Any], alice: User, bob: User, room: Room) -> None:
    watching = await tab(bob)
    after = (await watching.open(room))["seq"]
    reference, client_id = uuid.uuid4(), uuid.uuid4()
    await act(by_action, alice, room, reference)
    await say_it(tab, door, alice, room, client_id)
    by_id = {entry["client_id"]: entry for entry in (await act(changes.read, room.pk, after)).entries}
    expected, got = by_id[str(reference)], by_id[str(client_id)]
    assert await act(row, got["id"]) == await act(row, expected["id"])
    assert comparable(got) == comparable(expected)
    assert got["mentions"] == [bob.pk]
    heard: list[dict[str, Any]] = []
    while len(heard) < 2:  # in one frame or in two
        heard += (await watching.expect("room.changes"))["messages"]
    assert heard == [expected, got]


@pytest.mark.parametrize("door", DOORS)
async def test_a_resend_through_another_door_is_the_same_message(
    door: str, tab: Callable[..., Any], alice: User, room: Room
) -> None:
    client_id = uuid.uuid4()
    await act(by_action, alice, room, client_id)
    await say_it(tab, door, alice, room, client_id, 200)
    assert await act(Message.objects.filter(room=room).count) == 1
