"""A page, a page kept up live, and a page that caught up end in the same bytes, for any viewer."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.pictures import photo
from chat import actions
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE

pytestmark = LIVE

FRAGMENT = re.compile(r'<li class="message.*?</li>\s*(?=<li class="message|</ol>)', re.DOTALL)
NAME = re.compile(r'(<span class="author" data-author-id="(\d+)"[^>]*>)[^<]*(</span>)')
DELETER = re.compile(r'(<bdi data-author-id="(\d+)">)[^<]*(</bdi>)')
AVATAR = re.compile(r'(data-author-id="(\d+)"[^>]*>\s*<span class="avatar[^>]*>)[^<]*(?:<img[^>]*>)?(</span>)')
IMAGE = '<img src="{}" alt="" width="192" height="192" loading="lazy">'


class Page:
    """What a reader holds: fragments by id with their seq, and the cursor. It follows the rule of protocol.md."""

    def __init__(self, html: str) -> None:
        self.cursor = int(re.search(r'data-cursor="(\d+)"', html)[1])  # type: ignore[index]
        self.fragments = {}
        for fragment in FRAGMENT.findall(html):
            fragment = fragment.strip()
            place, seq = re.search(r'data-message-id="(\d+)".*?data-seq="(\d+)"', fragment).groups()
            self.fragments[int(place)] = (int(seq), fragment)

    def apply(self, frame: dict[str, Any]) -> None:
        assert frame["after"] <= self.cursor, "a gap"
        for member in frame["members"]:
            self._rename(member["user"])
        for message in frame["messages"]:
            if self.fragments.get(message["id"], (0, ""))[0] < message["seq"]:
                self.fragments[message["id"]] = (message["seq"], message["html"].strip())
        self.cursor = max(self.cursor, frame["seq"])

    def _rename(self, person: dict[str, Any]) -> None:
        name, picture = person["name"], person["picture"]
        avatar = User(name=name).initials + (IMAGE.format(picture) if picture else "")
        for pattern, text in ((NAME, name), (DELETER, name), (AVATAR, avatar)):
            self._patch(pattern, str(person["id"]), text)

    def _patch(self, pattern: re.Pattern[str], author: str, text: str) -> None:
        def swap(found: re.Match[str]) -> str:
            return f"{found[1]}{text}{found[3]}" if found[2] == author else found[0]

        self.fragments = {place: (seq, pattern.sub(swap, html)) for place, (seq, html) in self.fragments.items()}

    def text(self) -> list[str]:
        return [self.fragments[place][1] for place in sorted(self.fragments)]


def load(person: User, room: Room) -> Page:
    client = Client()
    client.force_login(person)
    return Page(client.get(f"/rooms/{room.slug}/").content.decode())


def live_through(alice: User, bob: User, mallory: User, room: Room, say: Callable[..., Message]) -> None:
    """A bit of everything that changes a list."""
    first = say(alice, room, "First, with `code` and @bob")
    gone = say(bob, room, "Not for long")
    say(bob, room, "> quoted\n\n* listed\n* twice")
    actions.join_room(actor=mallory, room_id=room.pk)
    actions.edit_message(actor=alice, message_id=first.pk, body="**First**, better")
    actions.delete_message(actor=alice, message_id=gone.pk)
    actions.edit_message(actor=alice, message_id=first.pk, body="**First**, best")
    say(mallory, room, "<script>alert(1)</script> 😀")
    actions.change_room(actor=alice, room_id=room.pk, name="Quay", topic="Ropes")


@pytest.mark.parametrize("viewer", ["alice", "bob", "mod"])
async def test_three_ways_one_page(
    viewer: str,
    request: pytest.FixtureRequest,
    tab: Callable[..., Any],
    alice: User,
    bob: User,
    mallory: User,
    room: Room,
    say: Callable[..., Message],
) -> None:
    person = request.getfixturevalue(viewer)
    await act(say, bob, room, "Before the page")
    lived, slept = await act(load, person, room), await act(load, person, room)
    watching = await tab(person)
    opened = await watching.open(room, after=lived.cursor)
    lived.apply(opened)
    await act(live_through, alice, bob, mallory, room, say)
    head = (await act(Room.objects.get, pk=room.pk)).seq
    while lived.cursor < head:
        lived.apply(await watching.expect("room.changes"))
    caught_up = await (await tab(person)).open(room, after=slept.cursor)
    slept.apply(caught_up)
    fresh = await act(load, person, room)
    assert len(fresh.fragments) == 5
    assert fresh.text() == lived.text() == slept.text()
    assert fresh.cursor == lived.cursor == slept.cursor


async def test_a_new_name_and_picture_reach_what_was_said_before(
    tab: Callable[..., Any],
    alice: User,
    bob: User,
    mod: User,
    room: Room,
    say: Callable[..., Message],
    settings: Settings,
    tmp_path: Path,
) -> None:
    """Members are applied first, so old fragments and new ones call the person the same."""
    settings.DATA_DIR = tmp_path
    await act(say, bob, room, "Said as Bob")
    gone = await act(say, alice, room, "Deleted by mod, who is renamed too")
    await act(actions.delete_message, actor=mod, message_id=gone.pk)
    lived = await act(load, alice, room)
    watching = await tab(alice)
    lived.apply(await watching.open(room, after=lived.cursor))
    await act(actions.rename_person, actor=bob, person=bob, name="Zoe Quay")
    await act(actions.rename_person, actor=mod, person=mod, name="Quentin")
    for picture in (photo(), None, photo()):
        await act(actions.change_picture, actor=bob, person=bob, picture=picture)
        await act(actions.change_picture, actor=mod, person=mod, picture=picture)
    await act(actions.change_picture, actor=mod, person=mod, picture=None)
    head = (await act(Room.objects.get, pk=room.pk)).seq
    while lived.cursor < head:
        lived.apply(await watching.expect("room.changes"))
    fresh = await act(load, alice, room)
    assert lived.text() == fresh.text()
    assert "Zoe Quay" in lived.text()[0]
    assert IMAGE.format(bob.picture_url) in lived.text()[0]
    assert "<img" not in lived.text()[1], "mod has none again"
    assert "Quentin" in lived.text()[1]
