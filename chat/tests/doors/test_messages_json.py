"""Messages over HTTP as programs use them: statuses, codes, bodies as JSON or URL-encoded."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import actions, limits
from chat.models import Message, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
ID = "6f0e8a52-1111-4111-8111-111111111111"


@pytest.fixture
def bobs(client_of: ClientOf, bob: User) -> Client:
    return client_of(bob, json=True)


def post(client: Client, room: Room, /, **fields: Any) -> Any:
    given = {"client_id": ID, "body": "hello", **fields}
    return client.post(f"/rooms/{room.slug}/messages/", json.dumps(given), content_type="application/json")


def test_first_resend_and_other_words(bobs: Client, room: Room) -> None:
    first = post(bobs, room)
    again = post(bobs, room)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"message": Message.objects.get().pk, "seq": Message.objects.get().seq}
    other = post(bobs, room, body="not hello")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


def test_words_are_sent_as_nobody_but_their_author(bobs: Client, room: Room, bob: User, alice: User) -> None:
    """What waited in a browser's outbox while somebody else signed in there."""
    others = post(bobs, room, written_by=str(alice.pk))
    assert (others.status_code, others.json()["code"], Message.objects.count()) == (401, "unauthenticated", 0)
    assert post(bobs, room, written_by=str(bob.pk)).status_code == 201


def test_url_encoded_is_the_same(bobs: Client, room: Room) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = bobs.post(f"/rooms/{room.slug}/messages/", f"client_id={ID}&body=two%0Alines", content_type=kind)
    assert answer.status_code == 201
    assert Message.objects.get().body == "two\nlines"
    assert post(bobs, room, body="two\nlines").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"body": "x"}', 400, "invalid"),
        ('{"client_id": 7, "body": "x"}', 400, "invalid"),
        (f'{{"client_id": "{ID.upper()}a", "body": "x"}}', 400, "invalid"),
        (f'{{"client_id": "{{{ID}}}", "body": "x"}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": ["x"]}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": null}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": " \\n "}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": "a\\u0000b"}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": "\\ud800"}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": "x", "body": "y"}}', 400, "invalid"),
        (f'{{"client_id": "{ID}", "body": "x", "n": NaN}}', 400, "invalid"),
        ('"text"', 400, "invalid"),
        ("[" * 100_000, 400, "invalid"),
        ("1" * 5000, 400, "invalid"),
        ("{", 400, "invalid"),
        (b"\xff\xfe", 400, "invalid"),
        (json.dumps({"client_id": ID, "body": "x" * 5001}), 413, "too_large"),
        (json.dumps({"client_id": ID, "body": "x" * 1_000_000}), 413, "too_large"),
    ],
)
def test_wrong_bodies(body: str | bytes, status: int, code: str, bobs: Client, room: Room) -> None:
    answer = bobs.post(f"/rooms/{room.slug}/messages/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Message.objects.exists()


def test_a_megabyte_as_a_form(bobs: Client, room: Room) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = bobs.post(f"/rooms/{room.slug}/messages/", "body=" + "x" * 1_000_000, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_extra_fields_change_nothing(bobs: Client, room: Room, alice: User, bob: User) -> None:
    post(bobs, room, author=alice.pk, seq=999, is_staff=True, room=room.pk + 1, deleted_at="now")
    message = Message.objects.get()
    assert (message.author, message.room, message.deleted_at) == (bob, room, None)
    assert message.seq < 999


def test_edit_and_delete(bobs: Client, room: Room, bob: User, say: Callable[..., Message]) -> None:
    message = say(bob, room, "one")
    at = f"/rooms/{room.slug}/messages/{message.pk}/"
    edited = bobs.post(at + "edit/", {"body": "two"})
    message.refresh_from_db()
    assert (edited.status_code, edited.json()) == (200, {"message": message.pk, "seq": message.seq})
    deleted = bobs.post(at + "delete/")
    message.refresh_from_db()
    assert deleted.json() == {"message": message.pk, "seq": message.seq}
    assert message.is_deleted
    assert bobs.post(at + "delete/").json() == deleted.json()
    again = bobs.post(at + "edit/", {"body": "three"})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_others_messages(client_of: ClientOf, room: Room, alice: User, bob: User, mod: User, say: Any) -> None:
    message = say(alice, room, "hers")
    at = f"/rooms/{room.slug}/messages/{message.pk}/"
    for method in ("get", "post"):
        for end in ("edit/", "delete/"):
            answer = getattr(client_of(bob, json=True), method)(at + end, {"body": "mine"})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client_of(mod, json=True).post(at + "edit/", {"body": "mine"}).status_code == 403
    assert client_of(mod, json=True).post(at + "delete/").status_code == 200


def test_too_fast(bobs: Client, room: Room, settings: Settings) -> None:
    settings.POST_RATE = (1, 0.5)
    assert post(bobs, room).status_code == 201
    answer = post(bobs, room, client_id=str(uuid.uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer["Retry-After"]) <= 2
    assert answer.json()["retry_after"] > 0
    limits.forget()


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        "before=1.5",
        "limit=0",
        "limit=101",
        "limit=9" * 9,
        "before=1&after=2",
        "after=٣",
        "since=",
        "since=yesterday",
        "since=2026-11-22",
        "since=2026-11-22T10:00",
        "since=2026-13-01T00:00:00Z",
        "since=0001-01-01T00:00:00Z",
        "since=9999-12-31T23:59:59-12:00",
        "since=2026-11-22T00:00:00Z&after=2",
    ],
)
def test_absurd_history(query: str, bobs: Client, room: Room) -> None:
    answer = bobs.get(f"/rooms/{room.slug}/messages/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "query",
    ["before=0", f"before={2**63 - 1}", f"after={2**63 - 1}", "around=1", "limit=1", "since=2026-11-22T00:00:00.000Z"],
)
def test_odd_but_honest_history(query: str, bobs: Client, bob: User, room: Room, say: Callable[..., Message]) -> None:
    say(bob, room)
    assert bobs.get(f"/rooms/{room.slug}/messages/?{query}").status_code == 200


def test_history_is_the_list_of_the_page(bobs: Client, client_of: ClientOf, bob: User, room: Room, say: Any) -> None:
    say(bob, room, "**bold**")
    fragment = bobs.get(f"/rooms/{room.slug}/messages/").content.decode().strip()
    assert fragment.startswith("<ol ")
    assert fragment.endswith("</ol>")
    assert fragment in client_of(bob).get(f"/rooms/{room.slug}/").content.decode()


def test_changes(bobs: Client, bob: User, room: Room, say: Callable[..., Message]) -> None:
    message = say(bob, room)
    batch = bobs.get(f"/rooms/{room.slug}/changes/?after={message.seq - 1}").json()
    assert batch["type"] == "room.changes"
    assert (batch["after"], batch["seq"], batch["more"]) == (message.seq - 1, message.seq, False)
    assert [entry["id"] for entry in batch["messages"]] == [message.pk]
    beyond = bobs.get(f"/rooms/{room.slug}/changes/?after={message.seq + 1}").json()
    assert beyond == {"type": "room.resync", "room": room.pk, "seq": message.seq}
    other = bobs.get(f"/rooms/{room.slug}/changes/?after=0&epoch=00000000-0000-0000-0000-000000000000").json()
    assert other["type"] == "room.resync"


@pytest.mark.parametrize("query", ["", "?after=", "?after=x", "?after=-1", "?after=1e3"])
def test_wrong_cursors(query: str, bobs: Client, room: Room) -> None:
    answer = bobs.get(f"/rooms/{room.slug}/changes/{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_an_archived_room_is_read_only(bobs: Client, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(archived_at="2026-01-01T00:00:00Z")
    answer = post(bobs, room)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert bobs.get(f"/rooms/{room.slug}/").status_code == 200


def test_a_removal_ends_it(bobs: Client, alice: User, bob: User, room: Room) -> None:
    actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk)
    assert post(bobs, room).status_code == 403
    assert bobs.get(f"/rooms/{room.slug}/changes/?after=0").status_code == 403
