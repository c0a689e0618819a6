"""How the tables ask: one door, one person, what an honest one gives or something else."""

import json as json_words
from collections.abc import Mapping
from typing import Any

from chat.tests.attacks.rows import ALLOWED, PAGES, Row
from chat.tests.attacks.scene import CLOSED_OUT, STRANGERS, Scene
from chat.tests.doors.table import address_of, addresses

CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
}


def parts_of(door: str) -> set[str]:
    """The names of the parts of its address that are filled in."""
    pattern: Any = dict(addresses())[door.partition(" ")[2]].pattern
    return {*pattern.converters, *getattr(pattern.regex, "groupindex", {})}


def address(scene: Scene, door: str, kind: str = "public", **parts: Any) -> str:
    own = scene.fill(PAGES[door].parts, kind)
    return address_of(door.partition(" ")[2], scene.samples(kind) | own | parts)


def ask(scene: Scene, door: str, who: str, kind: str = "public", *, json: bool = True, **parts: Any) -> Any:
    """Give at this door what its row says, as this person; `parts` of the address may be others."""
    send = getattr(scene.client(who, json=json), door.partition(" ")[0].lower())
    return send(address(scene, door, kind, **parts), scene.fill(PAGES[door].given, kind))


def give(scene: Scene, door: str, given: Any, kind: str = "application/json") -> Any:
    """POST this, as one who may; a mapping is written as `kind` says."""
    if isinstance(given, Mapping):
        given = json_words.dumps(given) if kind == "application/json" else given
    client, place = scene.client(PAGES[door].best(), json=True), address(scene, door)
    return client.post(place, given, **({} if kind == "form" else {"content_type": kind}))


def expected(row: Row, who: str, kind: str) -> int:
    """The status of the refusal, 0 where the door is open to them."""
    if who in row.but and who not in CLOSED_OUT:
        return row.but[who]
    if who in ALLOWED[row.who]:
        return row.answer
    if who in CLOSED_OUT:
        return 401
    if who in STRANGERS and kind == "private":
        return 404
    return row.outside if who in STRANGERS else 403
