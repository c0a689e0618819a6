"""The desk of invitations: what holds, who made it, and withdrawing it."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Invite, Room

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
LIST = "/admin/chat/invite/"


@pytest.fixture
def invites(alice: User, room: Room, private_room: Room, make_person: Callable[..., User]) -> dict[str, Invite]:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    made = {"public": (alice, room.pk), "private": (alice, private_room.pk), "site": (boss, None)}
    terms = {"expires_at": None, "uses_limit": 3}
    return {name: actions.make_invite(actor=by, room_id=pk, **terms) for name, (by, pk) in made.items()}


def test_a_site_moderator_sees_what_is_open_and_no_link(
    client_of: ClientOf, warden: User, invites: dict[str, Invite]
) -> None:
    page = client_of(warden).get(LIST).content.decode()
    assert "Harbour" in page
    assert "The whole site" in page
    assert "0 of 3" in page
    assert "Captains" not in page
    for name, invite in invites.items():
        assert invite.token not in page
        answer = client_of(warden).get(f"{LIST}{invite.pk}/change/")
        assert answer.status_code == (302 if name == "private" else 200), "Django sends away from what is not there"
        assert invite.token not in answer.content.decode()


def test_withdrawing_from_the_desk(client_of: ClientOf, warden: User, invites: dict[str, Invite]) -> None:
    desk, given = client_of(warden), {"reason": "Leaked", "confirmed": "1"}
    for name, status in (("public", 302), ("private", 404), ("site", 302)):
        assert desk.post(f"{LIST}{invites[name].pk}/acts/withdraw/", given).status_code == status
    left = set(Invite.objects.usable().values_list("pk", flat=True))
    assert left == {invites["private"].pk, invites["site"].pk}, "onto the site only administrators invite"
    assert AuditEntry.objects.get(verb="invite.withdraw").reason == "Leaked"


@pytest.mark.parametrize("state", ["", "over", "all"])
def test_the_states(state: str, client_of: ClientOf, warden: User, alice: User, invites: dict[str, Invite]) -> None:
    actions.withdraw_invite(actor=alice, invite_id=invites["public"].pk)
    page = client_of(warden).get(LIST, {"state": state} if state else {}).content.decode()
    assert ("withdrawn" in page) == (state in {"over", "all"})
    assert ("without end" in page) == (state in {"", "all"})


def test_the_book_leads_to_the_desk(client_of: ClientOf, warden: User, invites: dict[str, Invite]) -> None:
    entry = AuditEntry.objects.get(target=f"invite:{invites['public'].pk}")
    page = client_of(warden).get(f"/admin/chat/auditentry/{entry.pk}/change/").content.decode()
    assert f"{LIST}{invites['public'].pk}/change/" in page
