"""Who is here: people, not sockets; across processes by leases; right within two seconds, twenty after a kill."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import Unavailable
from chat.live import hub, leases, presence, rights
from chat.models import Connection, ProcessLease, Room
from chat.tests.live.conftest import Frame, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until

pytestmark = LIVE

Tabs = Callable[..., Any]
SOON = 10.0  # on a busy machine; a second and a half here


def handles(people: list[Frame]) -> set[str]:
    return {person["handle"] for person in people}


async def joined(tab: Any, handle: str, patience: float = SOON) -> None:
    while True:
        frame = await tab.expect("presence", patience)
        if handle in handles(frame["joined"]):
            return


async def left(tab: Any, user_id: int, patience: float = SOON) -> None:
    while True:
        frame = await tab.expect("presence", patience)
        if user_id in frame["left"]:
            return


async def once(read: Callable[[], Any]) -> Any:
    """What it reads, as soon as there is something."""
    async with asyncio.timeout(SOON):
        while not (found := await act(read)):
            await asyncio.sleep(0.05)
    return found


async def test_comings_and_goings_in_one_process(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers = await tab(alice)
    assert handles((await hers.open(room))["here"]) == {"alice"}
    his, again = await tab(bob), await tab(bob)
    assert handles((await his.open(room))["here"]) == {"alice", "bob"}
    await joined(hers, "bob")
    await again.open(room)
    await his.leave()
    await hers.nothing("presence", 1.5, left=[bob.pk])  # his other window is still here
    await again.ask("room.close", room=room.pk)
    await left(hers, bob.pk)
    assert handles((await hers.open(room))["here"]) == {"alice"}


async def test_frames_are_bundled(tab: Tabs, alice: User, bob: User, mod: User, room: Room) -> None:
    hers = await tab(alice)
    await hers.open(room)
    await joined(hers, "alice")
    for one in [await tab(bob), await tab(mod)]:
        await one.open(room)
    frame = await hers.expect("presence", SOON)
    assert handles(frame["joined"]) == {"bob", "mod"}
    await hers.nothing("presence", 1.2)


async def test_people_of_another_process(tab: Tabs, alice: User, bob: User, mod: User, room: Room) -> None:
    """Another process is its rows, so here its rows stand for it."""
    theirs = await act(leases.write, None, {(bob.pk, room.pk)}, set(), 15)
    hers = await tab(alice)
    assert handles((await hers.open(room))["here"]) == {"alice", "bob"}
    await act(leases.write, theirs, {(bob.pk, room.pk), (mod.pk, room.pk)}, {(bob.pk, room.pk)}, 15)
    await joined(hers, "mod")
    await act(leases.write, theirs, {(mod.pk, room.pk)}, {(bob.pk, room.pk), (mod.pk, room.pk)}, 15)
    await left(hers, bob.pk)
    await act(leases.give_up, theirs)
    await left(hers, mod.pk)


async def test_a_person_in_two_processes_is_one(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    theirs = await act(leases.write, None, {(bob.pk, room.pk)}, set(), 15)
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)
    assert [person["handle"] for person in (await his.open(room))["here"]] == ["alice", "bob"]
    await act(leases.give_up, theirs)
    await hers.nothing("presence", 1.5, left=[bob.pk])
    await his.leave()
    await left(hers, bob.pk)


async def test_a_killed_process_takes_its_people_along(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers = await tab(alice)
    await act(leases.write, None, {(bob.pk, room.pk)}, set(), 3)  # and never renewed
    assert handles((await hers.open(room))["here"]) == {"alice", "bob"}
    await left(hers, bob.pk, 20)
    assert presence.LEASE_SECONDS + 2 < 20


async def test_who_was_shown_and_went_before_a_telling_is_told_gone(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two tellings a window saw him in the answer to its room.open, and he went."""
    monkeypatch.setattr(presence, "TICK_SECONDS", 60)  # only when told to
    theirs = await act(leases.write, None, {(bob.pk, room.pk)}, set(), 60)
    hers = await tab(alice)
    assert handles((await hers.open(room))["here"]) == {"alice", "bob"}
    await act(leases.give_up, theirs)
    clock = hub.current().presence
    await clock.tick()
    await left(hers, bob.pk)
    his = await tab(mod)
    await his.open(room)
    monkeypatch.setattr(presence, "BUNDLE_SECONDS", 0)
    await clock.tick()
    frame = await hers.expect("presence")
    assert (handles(frame["joined"]), frame["left"]) == ({"mod"}, [])


async def test_our_own_rows(tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written soon, renewed, swept of the dead, and gone with a clean stop."""
    monkeypatch.setattr(presence, "RENEW_SECONDS", 0.2)
    dead = uuid.uuid4()
    past = timezone.now() - timedelta(seconds=1)
    await act(ProcessLease.objects.create, id=dead, started_at=past, expires_at=past)
    hers = await tab(alice)
    await hers.open(room)
    connection = await once(Connection.objects.select_related("lease").first)
    assert (connection.user_id, connection.room_id) == (alice.pk, room.pk)
    await once(ProcessLease.objects.filter(expires_at__gt=connection.lease.expires_at).first)
    renewed = await act(ProcessLease.objects.get)  # the dead one was swept
    assert renewed.version == connection.lease.version
    await hers.leave()
    assert await act(ProcessLease.objects.count) == 0
    assert await act(Connection.objects.count) == 0


async def test_a_lease_lost_in_sleep_is_taken_anew(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "RENEW_SECONDS", 0.2)
    hers = await tab(alice)
    await hers.open(room)
    lost = await once(ProcessLease.objects.first)
    await act(ProcessLease.objects.all().delete)
    anew = await once(Connection.objects.filter(user=alice, room=room).first)
    assert (await act(ProcessLease.objects.get)).pk == anew.lease_id != lost.pk


async def test_what_was_given_up_on_and_stored_all_the_same_is_put_right(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waited long enough to hear that he is down as here; then he went."""
    hers, his = await tab(alice), await tab(bob)
    await hers.open(room)
    await once(Connection.objects.filter(user=alice).first)
    write = leases.write

    def unheard(*args: Any) -> None:
        write(*args)
        raise Unavailable("as a lane says it")

    monkeypatch.setattr(leases, "write", unheard)
    await his.open(room)
    await once(Connection.objects.filter(user=bob).first)
    await his.ask("room.close", room=room.pk)
    monkeypatch.setattr(leases, "write", write)
    await once(lambda: set(Connection.objects.values_list("user_id", flat=True)) == {alice.pk})


async def test_nothing_is_written_while_nothing_changes(
    tab: Tabs, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    await hers.open(room)
    await until(lambda: hub.current().presence.lease is not None)
    written: list[Any] = []
    monkeypatch.setattr(leases, "write", lambda *args: written.append(args))
    await hers.ask("ping")
    await asyncio.sleep(1.5)
    assert written == []


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_new_name_is_told_to_those_who_come_later(
    elsewhere: bool, tab: Tabs, alice: User, bob: User, mod: User, room: Room
) -> None:
    """Also where the person's window hangs on another process, whose rows have not changed."""
    hers = await tab(alice)
    await hers.open(room)
    if elsewhere:
        await act(leases.write, None, {(bob.pk, room.pk)}, set(), 15)
    else:
        await (await tab(bob)).open(room)
    await joined(hers, "bob")
    await act(actions.rename_person, actor=bob, person=bob, name="Robert")
    await act(User.objects.filter(pk=bob.pk).update, picture="new.webp")
    await act(actions.change_handle, actor=bob, person=bob, handle="robert")
    here: dict[int, Frame] = {}
    wanted = {"id": bob.pk, "handle": "robert", "name": "Robert", "picture": "/pictures/new.webp"}
    async with asyncio.timeout(SOON):
        while here.get(bob.pk) != wanted:
            here = {person["id"]: person for person in (await hers.open(room))["here"]}
    assert here.keys() == {alice.pk, bob.pk}


async def test_a_look_that_failed_is_taken_again(
    tab: Tabs, alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await tab(alice)
    await (await tab(bob)).open(room)
    read, failed, is_broken = rights.read_rights, [0], True

    def hanging(identities: Any, renew: bool) -> Any:
        if renew and is_broken:
            failed[0] += 1
            raise OperationalError("no answer")
        return read(identities, renew)

    monkeypatch.setattr(rights, "read_rights", hanging)
    await act(actions.rename_person, actor=bob, person=bob, name="Robert")
    await until(lambda: failed[0] > 1)
    is_broken = False
    async with asyncio.timeout(SOON):
        while "Robert" not in {person["name"] for person in (await hers.open(room))["here"]}:
            await asyncio.sleep(0.1)
