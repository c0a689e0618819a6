"""Links raced for: one use is one use, however many hands reach for it, through accounts and rooms alike."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import actions
from chat.actions.invites import LIVE
from chat.models import Invite, InviteUse, Membership, Room
from chat.tests.attacks.scene import Scene
from chat.tests.attacks.test_twice import assert_sound, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
HANDS = 6


def link(scene: Scene, uses: int | None, kind: str = "private") -> Invite:
    room = scene.rooms[kind]
    return actions.make_invite(actor=scene["alice"], room_id=room.pk, expires_at=None, uses_limit=uses)


def signing_up(handle: str, invite: Invite) -> Callable[[], Any]:
    """A browser that has the form open already; the job sends it, and gives the status."""
    client = Client()
    assert client.post(f"/join/{invite.token}/", {"way": "sign-up"}).status_code == 302
    given = {"name": handle.capitalize(), "username": handle, "password1": "violet-umbrella-8"}
    return lambda: client.post("/accounts/signup/", given).status_code


def redeeming(who: User, invite: Invite) -> Callable[[], Any]:
    return lambda: actions.redeem_invite(actor=who, token=invite.token).pk


def counted(invite: Invite) -> tuple[int, int]:
    return Invite.objects.get(pk=invite.pk).uses, InviteUse.objects.filter(invite=invite).count()


def came(room: Room, handles: list[str]) -> list[str]:
    here = Membership.objects.present().filter(room=room, user__handle__in=handles)
    return sorted(here.values_list("user__handle", flat=True))


@pytest.mark.parametrize("rule", ["open", "invite"])
def test_accounts_by_a_link_for_one(rule: str, scene: Scene, settings: Settings) -> None:
    settings.SIGNUP = rule
    invite, handles = link(scene, 1), [f"eve{number}" for number in range(HANDS)]
    statuses = together(*(signing_up(handle, invite) for handle in handles))
    made = sorted(User.objects.filter(handle__in=handles).values_list("handle", flat=True))
    assert len(made) == statuses.count(302) == 1, statuses
    assert counted(invite) == (1, 1)
    assert came(scene.rooms["private"], handles) == made
    # A late one meets the closed form (200), or, where the form stays open, the refusal.
    assert {status for status in statuses if status != 302} <= {409, 200 if rule == "invite" else 409}
    assert_sound()


@pytest.mark.parametrize("uses", [1, 3])
def test_people_by_a_link_for_some(uses: int, scene: Scene) -> None:
    invite, room = link(scene, uses), scene.rooms["private"]
    handles = [f"guest{number}" for number in range(HANDS)]
    people = [User.objects.create_user(handle, None) for handle in handles]
    answers = together(*(redeeming(person, invite) for person in people))
    assert answers.count(invite.pk) == len(came(room, handles)) == uses
    assert set(answers) - {invite.pk} <= {"not_found", "conflict"}
    assert counted(invite) == (uses, uses)
    assert_sound()


def test_accounts_and_people_together(scene: Scene, settings: Settings) -> None:
    """Accounts are made without the room's lock, so that the link's own row has to decide."""
    settings.SIGNUP = "invite"
    invite, room = link(scene, 1), scene.rooms["private"]
    newcomers, guests = ["eve0", "eve1", "eve2"], ["guest0", "guest1", "guest2"]
    people = [User.objects.create_user(handle, None) for handle in guests]
    together(
        *(signing_up(handle, invite) for handle in newcomers),
        *(redeeming(person, invite) for person in people),
    )
    assert len(came(room, [*newcomers, *guests])) == 1
    assert User.objects.filter(handle__in=newcomers).count() == len(came(room, newcomers))
    assert counted(invite) == (1, 1)
    assert_sound()


def test_one_person_many_times(scene: Scene) -> None:
    invite, room = link(scene, 1), scene.rooms["private"]
    before = Room.objects.get(pk=room.pk).seq
    answers = together(*[redeeming(scene["mallory"], invite)] * HANDS)
    assert answers == [invite.pk] * HANDS
    assert counted(invite) == (1, 1)
    assert Room.objects.get(pk=room.pk).seq == before + 1


@pytest.mark.parametrize("end", ["withdraw", "demote", "ban"])
def test_an_end_that_races(end: str, scene: Scene) -> None:
    """Whoever is in came before it; nobody comes after."""
    invite, room, alice = link(scene, None), scene.rooms["private"], scene["alice"]
    actions.set_role(actor=alice, room_id=room.pk, user_id=scene["mod"].pk, role="owner")
    ends: dict[str, Callable[[], Any]] = {
        "withdraw": lambda: actions.withdraw_invite(actor=scene["mod"], invite_id=invite.pk).pk,
        "demote": lambda: (
            actions.set_role(actor=scene["mod"], room_id=room.pk, user_id=alice.pk, role="member").seq * 0
        ),
        "ban": lambda: (
            actions.ban_person(
                actor=scene["mod"], room_id=room.pk, user_id=scene["mallory"].pk, until=None, reason="Spam"
            ).pk
            * 0
        ),
    }
    together(*[redeeming(scene["mallory"], invite)] * 4, ends[end])
    is_in = came(room, ["mallory"]) == ["mallory"]
    assert not (is_in and end == "ban")
    assert counted(invite)[0] <= 1
    outsider = User.objects.create_user("late", None) if end != "ban" else scene["mallory"]
    assert together(redeeming(outsider, invite))[0] in {"not_found", "forbidden"}
    assert_sound()


@pytest.mark.parametrize("place", ["room", "site"])
def test_making_more_than_may_hold(place: str, scene: Scene) -> None:
    by, room = (scene["alice"], scene.rooms["private"]) if place == "room" else (_boss(scene), None)
    there = Invite.objects.usable().filter(room=room).count()
    Invite.objects.bulk_create(Invite(room=room, created_by=by) for _number in range(LIVE - there - 1))

    def make() -> int:
        room_id = room.pk if room else None
        return actions.make_invite(actor=by, room_id=room_id, expires_at=None, uses_limit=1).uses

    answers = together(*[make] * HANDS)
    assert sorted(map(str, answers)) == ["0", *["conflict"] * (HANDS - 1)]
    assert Invite.objects.usable().filter(room=room).count() == LIVE


def _boss(scene: Scene) -> User:
    User.objects.filter(pk=scene["boss"].pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=scene["boss"].pk)
