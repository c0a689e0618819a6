"""What a link opens, for whom, and what ends it: into rooms, and with a new account."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, NotFound
from chat.models import Invite, InviteUse, Membership, Restriction, Room
from chat.tests.actions.links import link_to, uses_of

pytestmark = pytest.mark.django_db


# --- Coming in


@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_link_leads_into_its_room(kind: str, mallory: User, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue("room" if kind == "public" else "private_room")
    invite = link_to(place, request.getfixturevalue("alice"), uses=2)
    before = Room.objects.get(pk=place.pk)
    assert actions.redeem_invite(actor=mallory, token=invite.token).room == place
    membership = Membership.objects.get(user=mallory, room=place)
    assert (membership.state, membership.role, membership.seq) == ("in", "member", before.seq + 1)
    assert membership.last_read == before.last_message_id
    assert uses_of(invite) == 1
    assert InviteUse.objects.get(invite=invite).user == mallory


def test_a_person_counts_once(alice: User, mallory: User, bob: User, room: Room) -> None:
    invite = link_to(room, alice, uses=5)
    for _time in range(3):
        actions.redeem_invite(actor=mallory, token=invite.token)
    actions.leave_room(actor=mallory, room_id=room.pk)
    actions.redeem_invite(actor=mallory, token=invite.token)
    actions.redeem_invite(actor=bob, token=invite.token)  # was in before
    assert uses_of(invite) == 1
    assert Membership.objects.get(user=mallory, room=room).is_in


def test_a_link_for_one_lets_one_in(alice: User, mallory: User, warden: User, private_room: Room) -> None:
    invite = link_to(private_room, alice, uses=1)
    actions.redeem_invite(actor=mallory, token=invite.token)
    with pytest.raises(NotFound):
        actions.redeem_invite(actor=warden, token=invite.token)
    assert not Membership.objects.filter(user=warden).exists()
    actions.redeem_invite(actor=mallory, token=invite.token)  # is in already
    actions.leave_room(actor=mallory, room_id=private_room.pk)
    with pytest.raises(NotFound):
        actions.redeem_invite(actor=mallory, token=invite.token)


def test_a_link_onto_the_site_puts_nobody_anywhere(keeper: User, mallory: User) -> None:
    invite = link_to(None, keeper, uses=1)
    assert actions.redeem_invite(actor=mallory, token=invite.token).room is None
    assert uses_of(invite) == 0


@pytest.mark.parametrize("wrong", ["cut", "other", "letters", "padded", "signs", "nothing", "huge", "zero"])
def test_links_that_are_not_whole(wrong: str, alice: User, mallory: User, private_room: Room) -> None:
    invite, other = link_to(private_room, alice), link_to(private_room, alice)
    mac = invite.token.partition("-")[2]
    tokens = {
        "cut": invite.token[:-1],
        "other": f"{other.pk}-{mac}",
        "letters": invite.token.upper().replace(mac[0], "x"),
        "padded": f"0{invite.token}",
        "signs": f"²-{mac}",
        "nothing": "",
        "huge": f"{'9' * 30}-{mac}",
        "zero": f"0-{mac}",
    }
    with pytest.raises(NotFound):
        actions.redeem_invite(actor=mallory, token=tokens[wrong])
    with pytest.raises(NotFound):
        actions.find_invite(token=tokens[wrong])
    assert not Membership.objects.filter(user=mallory).exists()


def test_two_rooms_of_one_number_have_different_links(alice: User, room: Room) -> None:
    """After a restore the same number may be given again: the old link must not open the new row."""
    invite = link_to(room, alice)
    pk, token = invite.pk, invite.token
    invite.delete()
    again = Invite.objects.create(pk=pk, room=room, created_by=alice)
    assert again.token != token
    with pytest.raises(NotFound):
        actions.find_invite(token=token)


ENDS: dict[str, Callable[[Invite, User], Any]] = {
    "run out": lambda invite, alice: Invite.objects.filter(pk=invite.pk).update(expires_at=timezone.now()),
    "used up": lambda invite, alice: Invite.objects.filter(pk=invite.pk).update(uses=9),
    "withdrawn": lambda invite, alice: actions.withdraw_invite(actor=alice, invite_id=invite.pk),
    "room archived": lambda invite, alice: Room.objects.update(archived_at=timezone.now()),
    "maker went": lambda invite, alice: Membership.objects.filter(user=alice).update(state="left"),
    "maker demoted": lambda invite, alice: Membership.objects.filter(user=alice).update(role="moderator"),
    "maker deactivated": lambda invite, alice: User.objects.filter(pk=alice.pk).update(is_active=False),
    "maker banned": lambda invite, alice: Restriction.objects.create(kind="ban", user=alice, by=alice, reason="Spam"),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_a_link(end: str, alice: User, mallory: User, private_room: Room) -> None:
    invite = link_to(private_room, alice, uses=9)
    assert actions.find_invite(token=invite.token) == invite, "the premise"
    ENDS[end](invite, alice)
    for ask in (actions.find_invite, lambda token: actions.redeem_invite(actor=mallory, token=token)):
        with pytest.raises(NotFound):
            ask(token=invite.token)
    assert not Membership.objects.filter(user=mallory).exists()


def test_a_link_onto_the_site_ends_with_its_makers_right(keeper: User) -> None:
    invite = link_to(None, keeper)
    assert actions.find_invite(token=invite.token) == invite
    User.objects.filter(pk=keeper.pk).update(is_staff=False)
    with pytest.raises(NotFound):
        actions.find_invite(token=invite.token)
    with pytest.raises(Conflict):
        actions.claim_invite(actor=keeper, token=invite.token)


def test_a_ban_outweighs_a_link(alice: User, mallory: User, room: Room) -> None:
    invite = link_to(room, alice)
    Restriction.objects.create(kind="ban", user=mallory, room=room, by=alice, reason="Spam")
    with pytest.raises(Forbidden):
        actions.redeem_invite(actor=mallory, token=invite.token)
    assert uses_of(invite) == 0


def test_who_was_removed_from_a_private_room_needs_a_newer_link(alice: User, bob: User, private_room: Room) -> None:
    invite = link_to(private_room, alice)
    actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
    with pytest.raises(Forbidden):
        actions.redeem_invite(actor=bob, token=invite.token)
    assert uses_of(invite) == 0
    actions.redeem_invite(actor=bob, token=link_to(private_room, alice).token)
    assert Membership.objects.get(user=bob, room=private_room).is_in


def test_who_left_comes_back_by_the_same_link(alice: User, bob: User, private_room: Room) -> None:
    invite = link_to(private_room, alice)
    actions.leave_room(actor=bob, room_id=private_room.pk)
    actions.redeem_invite(actor=bob, token=invite.token)
    assert Membership.objects.get(user=bob, room=private_room).is_in


# --- New accounts


def test_an_account_counts_when_it_is_made_and_enters_later(alice: User, mallory: User, private_room: Room) -> None:
    invite = link_to(private_room, alice, uses=1)
    actions.claim_invite(actor=mallory, token=invite.token)
    assert uses_of(invite) == 1
    assert not Membership.objects.filter(user=mallory).exists()
    assert actions.enter_invited(actor=mallory) == private_room
    assert Membership.objects.get(user=mallory, room=private_room).is_in
    assert actions.enter_invited(actor=mallory) is None, "once"


def test_who_left_is_not_put_back_by_signing_in(alice: User, mallory: User, private_room: Room) -> None:
    actions.claim_invite(actor=mallory, token=link_to(private_room, alice).token)
    actions.enter_invited(actor=mallory)
    actions.leave_room(actor=mallory, room_id=private_room.pk)
    assert actions.enter_invited(actor=mallory) is None
    assert not Membership.objects.get(user=mallory, room=private_room).is_in


@pytest.mark.parametrize("end", [*sorted(set(ENDS) - {"run out", "used up"}), "guest banned"])
def test_what_closes_the_room_between_account_and_sign_in(
    end: str, alice: User, mallory: User, private_room: Room
) -> None:
    invite = link_to(private_room, alice, uses=9)
    actions.claim_invite(actor=mallory, token=invite.token)
    if end == "guest banned":
        Restriction.objects.create(kind="ban", user=mallory, room=private_room, by=alice, reason="Spam")
    else:
        ENDS[end](invite, alice)
    assert actions.enter_invited(actor=mallory) is None
    assert not Membership.objects.filter(user=mallory).exists()


@pytest.mark.parametrize("end", ["run out", "used up"])
def test_what_was_claimed_in_time_stays(end: str, alice: User, mallory: User, private_room: Room) -> None:
    invite = link_to(private_room, alice, uses=9)
    actions.claim_invite(actor=mallory, token=invite.token)
    ENDS[end](invite, alice)
    assert actions.enter_invited(actor=mallory) == private_room


def test_too_late_for_an_account(alice: User, bob: User, mallory: User, room: Room) -> None:
    invite = link_to(room, alice, uses=1)
    actions.claim_invite(actor=mallory, token=invite.token)
    with pytest.raises(Conflict):
        actions.claim_invite(actor=bob, token=invite.token)
    assert uses_of(invite) == 1


def test_what_was_read_a_moment_ago_does_not_decide(
    alice: User, mallory: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts are made without the room's lock: the counting statement itself asks whether the link holds."""
    invite = link_to(room, alice)
    monkeypatch.setattr("chat.actions.invites.find_invite", lambda token: invite)
    actions.withdraw_invite(actor=alice, invite_id=invite.pk)
    with pytest.raises(Conflict):
        actions.claim_invite(actor=mallory, token=invite.token)
    assert (uses_of(invite), InviteUse.objects.count()) == (0, 0)
