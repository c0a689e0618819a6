"""Someone else's things: every page, tried by everybody who has no business there."""

from contextlib import nullcontext
from typing import Any

import pytest

from chat.tests.attacks.asking import CODES, ask, expected, give, parts_of
from chat.tests.attacks.rows import MEMBERS, PAGES
from chat.tests.attacks.scene import IN_ROOM, ROOMS, SECRET, STRANGERS, Scene, news, traces, undone

pytestmark = pytest.mark.django_db

EVERYBODY_HERE = ("nobody", *IN_ROOM, *STRANGERS)
IN_COOKIES = {"POST language"}  # what it keeps, it keeps in the browser
POSTS = [door for door in PAGES if door.startswith("POST")]
IN_ROOMS = [door for door, row in PAGES.items() if row.is_in_a_room]
# An address that names a room and something in it.
NESTED = [door for door in IN_ROOMS if any(part.endswith("_id") for part in parts_of(door))]

# What nobody is asked for, with values that would be seen in the rows.
FORGED = {
    "id": 987654,
    "pk": 987654,
    "seq": 987654,
    "room": 987654,
    "room_id": 987654,
    "author": 987654,
    "author_id": 987654,
    "user": 987654,
    "actor": 987654,
    "by": 987654,
    "html": "forged",
    "slug": "forged",
    "verb": "forged",
    "direct_key": "forged",
    "password": "forged",
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "created_at": "2001-02-03T04:05:06Z",
    "edited_at": "2001-02-03T04:05:06Z",
    "deleted_at": "2001-02-03T04:05:06Z",
    "lifted_at": "2001-02-03T04:05:06Z",
    "joined_at": "2001-02-03T04:05:06Z",
    "archived_at": "2001-02-03T04:05:06Z",
}
SEEN = ("987654", "forged", "datetime.datetime(2001")


@pytest.mark.parametrize("door", PAGES)
def test_everybody_else_is_refused_and_leaves_no_trace(door: str, scene: Scene) -> None:
    row = PAGES[door]
    for kind in ROOMS if row.is_in_a_room else ("public",):
        before = traces()
        for who in EVERYBODY_HERE:
            status = expected(row, who, kind)
            if not status and kind == "private" and who != row.best():
                continue  # all of those who may have been asked in the public room
            with undone() if not status else nullcontext():
                answer = ask(scene, door, who, kind)
            assert answer.status_code == (status or answer.status_code), (who, kind, answer.content)
            assert status or answer.status_code < 400, (who, kind, answer.content)
            assert not status or answer.json()["code"] == CODES[status], (who, kind)
            assert who in MEMBERS or SECRET not in answer.content.decode(), (who, kind)
        assert not news(before), kind


@pytest.mark.parametrize("door", IN_ROOMS)
def test_not_yours_looks_like_not_there(door: str, scene: Scene) -> None:
    for who in STRANGERS:
        hidden = ask(scene, door, who, "private")
        missing = ask(scene, door, who, "private", slug="no-such-room")
        assert hidden.status_code == missing.status_code == 404, who
        assert hidden.content == missing.content, who
        assert without_id(hidden) == without_id(missing), who


def without_id(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


@pytest.mark.parametrize("door", NESTED)
def test_what_belongs_to_another_room_is_not_there(door: str, scene: Scene) -> None:
    """rival owns a room; under its address she asks for what belongs to the others."""
    before = traces()
    for kind in ROOMS:
        theirs = {name: value for name, value in scene.samples(kind).items() if name.endswith("_id")}
        answer = ask(scene, door, "rival", "hers", **theirs)
        assert answer.status_code == 404, (kind, answer.content)
        assert SECRET not in answer.content.decode(), kind
    assert not news(before)


@pytest.mark.parametrize("door", POSTS)
def test_fields_that_are_not_asked_for_change_nothing(door: str, scene: Scene) -> None:
    row = PAGES[door]
    given = scene.fill(row.given)
    extra = {name: value for name, value in FORGED.items() if name not in given}
    before = traces()
    for kind in ("application/json", "form"):
        scene.anew()
        with undone():
            answer = give(scene, door, given | extra, kind)
            assert answer.status_code == (row.answer or answer.status_code) < 500, kind
            assert row.answer or answer.status_code < 400, (kind, answer.content)
            told = news(before)
            does = not row.answer and door not in IN_COOKIES
            assert bool(told) == does, "the premise: with fields of its own the door does what it does"
            assert not [sign for sign in SEEN if sign in told], (kind, told)
            assert rights(scene) == [(False, False)] * len(scene.people), kind


def rights(scene: Scene) -> list[tuple[bool, bool]]:
    from accounts.models import User

    ids = [person.pk for person in scene.people.values()]  # one of them may have another handle now
    return list(User.objects.filter(pk__in=ids).values_list("is_staff", "is_superuser"))
