"""Requests that are no honest ones: wrong types, absurd numbers, names and queries (bodies: test_bodies.py)."""

from typing import Any

import pytest

from chat.tests.attacks.asking import address, ask, give, parts_of
from chat.tests.attacks.rows import GIVING, PAGES
from chat.tests.attacks.scene import Scene, news, traces

pytestmark = pytest.mark.django_db

GETS = [door for door in PAGES if door.startswith("GET")]
NUMBERED = [door for door in PAGES if any(part.endswith("_id") for part in parts_of(door))]

WRONG_TYPES: list[Any] = [None, 7, 7.5, True, [], ["x"], {"a": [1]}]


@pytest.mark.parametrize("door", GIVING)
def test_wrong_types_are_refused(door: str, scene: Scene) -> None:
    row = PAGES[door]
    given, before = scene.fill(row.given), traces()
    for name in given:
        for value in WRONG_TYPES:
            answer = give(scene, door, given | {name: value})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), (name, value)
        if name not in row.optional:
            without = {key: value for key, value in given.items() if key != name}
            for kind in ("application/json", "form"):
                assert give(scene, door, without, kind).status_code == 400, name
    assert not news(before)


IDS = [0, 2**63 - 1, 2**63, int("9" * 4000)]


def test_ids_of_nothing(scene: Scene) -> None:
    before = traces()
    for door in NUMBERED:
        for number in IDS:
            for part in (part for part in parts_of(door) if part.endswith("_id")):
                answer = ask(scene, door, PAGES[door].best(), **{part: number})
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (door, part, len(str(number)))
    assert not news(before)


NAMES = ("-", "x" * 3000, "%00", "%2e%2e", "%ff%fe", "%E2%80%AE'--")


def test_names_of_nothing(scene: Scene) -> None:
    before = traces()
    for door in (door for door in PAGES if {"slug", "handle"} & parts_of(door)):
        part = ({"slug", "handle"} & parts_of(door)).pop()
        ask_for = getattr(scene.client("alice", json=True), door.partition(" ")[0].lower())
        for name in NAMES:
            place = address(scene, door, **{part: "NAME"}).replace("NAME", name)
            assert ask_for(place).status_code in {404, 405}, (door, name)
    assert not news(before)


VALUES = [
    "", "x", "0", "-1", "1.0", "%00", "%FF%FE", "٣", "9223372036854775808", "9" * 5000, "'--%25[]", "1&{0}=2",
]  # fmt: skip
NONSENSE = [
    "&&&=&=",
    "%",
    "%00=%00",
    "next=//evil.example&q=%00&page=x&a[]=1",
    "&".join(f"f{n}=1" for n in range(1500)),
]


@pytest.mark.parametrize("door", GETS)
def test_absurd_queries(door: str, scene: Scene) -> None:
    row, before = PAGES[door], traces()
    client, place = scene.client(row.best(), json=True), address(scene, door)
    for query in NONSENSE + [f"{name}={value.format(name)}" for name in row.query for value in VALUES]:
        answer = client.get(f"{place}?{query}")
        assert answer.status_code in {200, 302, 400, 404}, query
        assert "evil" not in answer.headers.get("Location", ""), query
    assert not news(before)
