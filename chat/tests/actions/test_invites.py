"""Invitations: who makes links and withdraws them, on which terms, and what is written down of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions, invitations
from chat.actions.invites import LIVE
from chat.errors import ChatError, Conflict, Forbidden, Invalid, NotFound
from chat.models import AuditEntry, Invite, Room
from chat.tests.actions.links import link_to

pytestmark = pytest.mark.django_db


# --- Who


@pytest.mark.parametrize("who", ["alice", "mod", "bob", "mallory", "warden"])
@pytest.mark.parametrize("kind", ["public", "private"])
def test_who_makes_links_into_a_room(who: str, kind: str, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(who)
    place = request.getfixturevalue("room" if kind == "public" else "private_room")
    if who == "alice":
        assert link_to(place, person).room == place
        return
    hidden = kind == "private" and who in {"mallory", "warden"}
    with pytest.raises(NotFound if hidden else Forbidden):
        link_to(place, person)
    assert not Invite.objects.exists()


@pytest.mark.parametrize("who", ["alice", "warden", "mallory"])
def test_who_makes_no_links_onto_the_site(who: str, room: Room, request: pytest.FixtureRequest) -> None:
    with pytest.raises(Forbidden):
        link_to(None, request.getfixturevalue(who))


def test_administrators_make_links_onto_the_site(keeper: User) -> None:
    invite = link_to(None, keeper, uses=3)
    assert (invite.room, invite.created_by, invite.uses_limit, invite.uses) == (None, keeper, 3, 0)


def test_a_right_that_was_taken_away_counts_at_once(keeper: User) -> None:
    assert keeper.has_perm("chat.invite_people")  # Django keeps it with the loaded person
    keeper.groups.clear()
    with pytest.raises(Forbidden):
        link_to(None, keeper)


@pytest.mark.parametrize("state", ["direct", "archived"])
def test_rooms_that_take_nobody(state: str, alice: User, room: Room) -> None:
    change = {"kind": "direct"} if state == "direct" else {"archived_at": timezone.now()}
    Room.objects.filter(pk=room.pk).update(**change)
    with pytest.raises(Forbidden):
        link_to(room, alice)


@pytest.mark.parametrize(
    "terms",
    [
        {"uses_limit": 0},
        {"uses_limit": -1},
        {"uses_limit": 10_001},
        {"expires_at": timedelta(0)},
        {"expires_at": timedelta(days=-1)},
        {"expires_at": timedelta(days=400)},
    ],
    ids=str,
)
def test_terms_that_make_no_sense(terms: dict[str, Any], alice: User, room: Room) -> None:
    given: dict[str, Any] = {"expires_at": None, "uses_limit": None, **terms}
    if given["expires_at"] is not None:
        given["expires_at"] += timezone.now()
    with pytest.raises(Invalid):
        actions.make_invite(actor=alice, room_id=room.pk, **given)


def test_no_more_than_some_hold_at_a_time(alice: User, room: Room, private_room: Room) -> None:
    rows = Invite.objects.bulk_create(Invite(room=room, created_by=alice) for _number in range(LIVE))
    with pytest.raises(Conflict):
        link_to(room, alice)
    link_to(private_room, alice)  # another room has its own
    actions.withdraw_invite(actor=alice, invite_id=rows[0].pk)
    link_to(room, alice)


# --- Withdrawing, and the book


def test_every_owner_withdraws(alice: User, mod: User, bob: User, mallory: User, private_room: Room) -> None:
    invite = link_to(private_room, alice)
    for who, refusal in ((mod, Forbidden), (bob, Forbidden), (mallory, NotFound)):
        with pytest.raises(refusal):
            actions.withdraw_invite(actor=who, invite_id=invite.pk)
    actions.set_role(actor=alice, room_id=private_room.pk, user_id=mod.pk, role="owner")
    assert actions.withdraw_invite(actor=mod, invite_id=invite.pk).revoked_at is not None
    with pytest.raises(NotFound):
        actions.withdraw_invite(actor=mod, invite_id=invite.pk + 1)


def test_moderators_of_the_site_withdraw_in_rooms_open_to_them(
    alice: User, warden: User, room: Room, private_room: Room
) -> None:
    here, hidden = link_to(room, alice), link_to(private_room, alice)
    actions.withdraw_invite(actor=warden, invite_id=here.pk, reason="Spam")
    with pytest.raises(NotFound):
        actions.withdraw_invite(actor=warden, invite_id=hidden.pk)


def test_only_administrators_withdraw_links_onto_the_site(keeper: User, warden: User) -> None:
    invite = link_to(None, keeper)
    with pytest.raises(Forbidden):
        actions.withdraw_invite(actor=warden, invite_id=invite.pk)
    actions.withdraw_invite(actor=keeper, invite_id=invite.pk)
    assert not Invite.objects.get(pk=invite.pk).is_usable


def test_making_and_withdrawing_is_in_the_book_once(alice: User, room: Room) -> None:
    invite = link_to(room, alice, uses=2, hours=None)
    before = Room.objects.get(pk=room.pk).seq
    for _time in range(2):
        actions.withdraw_invite(actor=alice, invite_id=invite.pk, reason="Leaked")
    made, withdrawn = AuditEntry.objects.filter(target=f"invite:{invite.pk}").order_by("pk")
    assert (made.verb, made.actor, made.room, made.after) == (
        "invite.make",
        alice,
        room,
        {"until": None, "uses_limit": 2},
    )
    assert (withdrawn.verb, withdrawn.reason) == ("invite.withdraw", "Leaked")
    assert Room.objects.get(pk=room.pk).seq == before, "nothing of it is a change of the room"


def test_the_list_has_what_holds_and_says_what_sleeps(alice: User, bob: User, keeper: User, room: Room) -> None:
    gone, kept = link_to(room, alice), link_to(room, alice)
    actions.withdraw_invite(actor=alice, invite_id=gone.pk)
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="owner")
    theirs = link_to(room, bob)
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="member")
    found = [(invite.pk, invite.sleeps) for invite in invitations.live(room)]
    assert found == [(theirs.pk, True), (kept.pk, False)]
    on_site = link_to(None, keeper)
    assert [(invite.pk, invite.sleeps) for invite in invitations.live(None)] == [(on_site.pk, False)]
    keeper.groups.clear()
    assert [invite.sleeps for invite in invitations.live(None)] == [True]


def test_refusals_have_codes(mallory: User) -> None:
    with pytest.raises(ChatError) as refusal:
        actions.redeem_invite(actor=mallory, token="1-x")
    assert refusal.value.status == 404
