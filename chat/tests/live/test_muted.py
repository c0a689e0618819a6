"""A mute is told at once to every tab of the person, and so is its end, however it comes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.live import hub, rights
from chat.models import Restriction, Room
from chat.rendering import wire_time
from chat.tests.live.conftest import act
from chat.tests.live.marks import BOTH_BELLS

pytestmark = BOTH_BELLS

Tabs = Callable[..., Any]


def mute(actor: User, person: User, room: Room, **more: Any) -> Restriction:
    return actions.mute_person(actor=actor, user_id=person.pk, room_id=room.pk, reason="Too loud", **more)


async def test_a_mute_and_its_end_reach_all_tabs(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    hers, tabs = await tab(alice), [await tab(bob), await tab(bob)]
    await tabs[0].open(room)
    assert (await tabs[0].post(room, "Loud"))["type"] == "ok"  # the premise: he may
    until = timezone.now() + timedelta(hours=1)
    restriction = await act(mute, alice, bob, room, until=until)
    told = {"until": wire_time(until), "reason": "Too loud"}
    for one in tabs:
        assert await one.expect("room.muted") == {"type": "room.muted", "room": room.pk, "muted": told}
    assert (await tabs[0].post(room, "Louder"))["code"] == "forbidden"

    later = await tab(bob)
    assert [entry["muted"] for entry in later.hello["rooms"]] == [told]
    await act(actions.lift_restriction, actor=alice, restriction_id=restriction.pk, reason="Calm again")
    for one in (*tabs, later):
        assert (await one.expect("room.muted"))["muted"] is None
    assert (await tabs[0].post(room, "Thank you"))["type"] == "ok"
    await hers.nothing("room.muted", 0.1)


async def test_a_mute_that_runs_out_is_told_by_the_clock(
    tab: Tabs, alice: User, bob: User, room: Room, bell: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 0.2)  # nobody rings when a time has come
    his = await tab(bob)
    await act(mute, alice, bob, room, until=timezone.now() + timedelta(seconds=1.5))
    assert (await his.expect("room.muted"))["muted"]["reason"] == "Too loud"
    assert (await his.expect("room.muted"))["muted"] is None
    await his.nothing("room.muted")


async def test_a_mute_on_the_site_counts_in_every_room_and_in_new_ones(
    tab: Tabs, alice: User, bob: User, room: Room, private_room: Room
) -> None:
    def moderate() -> None:
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
        alice.refresh_from_db()
        actions.mute_person(actor=alice, user_id=bob.pk, room_id=None, until=None, reason="Spam")

    his = await tab(bob)
    await act(moderate)
    told = {"until": None, "reason": "Spam"}
    for place in (room, private_room):
        assert (await his.expect("room.muted", room=place.pk))["muted"] == told
    new = await act(actions.create_room, actor=alice, name="Lobby")
    await act(actions.add_member, actor=alice, room_id=new.pk, handle="bob")
    assert (await his.expect("room.joined"))["room"]["muted"] == told
    await his.nothing("room.muted", 0.3)


async def test_an_older_reading_does_not_undo_a_newer_one(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    """Looks by bell and by clock may overtake each other."""
    his = await tab(bob)
    await act(mute, alice, bob, room)
    await his.expect("room.muted")
    (socket,) = hub.current().people[bob.pk]
    rights.tell_mutes(socket, {}, socket.mutes_read - 0.1)
    assert socket.mutes[room.pk]["reason"] == "Too loud"
    rights.tell_mutes(socket, {}, socket.mutes_read + 0.1)  # the premise: it is its age that counts
    assert (await his.expect("room.muted"))["muted"] is None
