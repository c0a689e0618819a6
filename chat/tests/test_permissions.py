"""One table of who may do what, on rows that were never stored."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import permissions
from chat.models import Membership, Message, Room

OPEN, ARCHIVED, PRIVATE = Room(kind="public"), Room(kind="public", archived_at=timezone.now()), Room(kind="private")
OWNER, MODERATOR, MEMBER = (Membership(user_id=n, role=role, state="in") for n, role in enumerate(permissions.RANK, 1))
OWNER, MEMBER = MEMBER, OWNER  # RANK goes upward
LEFT = Membership(user_id=9, role="owner", state="left")
REMOVED = Membership(user_id=9, role="owner", state="removed")
EVERYBODY = {"owner": OWNER, "moderator": MODERATOR, "member": MEMBER, "left": LEFT, "removed": REMOVED, "none": None}
INSIDE = {"owner", "moderator", "member"}
ALL = set(EVERYBODY)


def said_by(membership: Membership) -> Message:
    return Message(author_id=membership.user_id)


TABLE: list[tuple[str, Callable[[Any], bool], set[str]]] = [
    ("see a public room", lambda who: permissions.can_see(OPEN, who), ALL),
    ("see a private room", lambda who: permissions.can_see(PRIVATE, who), INSIDE),
    ("read", permissions.can_read, INSIDE),
    ("join a public room", lambda who: permissions.can_join(OPEN), ALL),
    ("join a private room", lambda who: permissions.can_join(PRIVATE), set()),
    ("join an archived room", lambda who: permissions.can_join(ARCHIVED), set()),
    ("post", lambda who: permissions.can_post(OPEN, who), INSIDE),
    ("post in an archived room", lambda who: permissions.can_post(ARCHIVED, who), set()),
    ("edit a member's words", lambda who: permissions.can_edit(OPEN, said_by(MEMBER), who), {"member"}),
    ("edit in an archived room", lambda who: permissions.can_edit(ARCHIVED, said_by(MEMBER), who), set()),
    ("edit one's words after leaving", lambda who: permissions.can_edit(OPEN, said_by(LEFT), who), set()),
    ("delete a member's words", lambda who: permissions.can_delete(said_by(MEMBER), who), INSIDE),
    ("delete an owner's words", lambda who: permissions.can_delete(said_by(OWNER), who), {"owner", "moderator"}),
    ("change the room", permissions.can_change_room, {"owner", "moderator"}),
    ("add members", permissions.can_add_member, {"owner", "moderator"}),
    ("remove a member", lambda who: permissions.can_restrict(who, MEMBER), {"owner", "moderator"}),
    ("remove a moderator", lambda who: permissions.can_restrict(who, MODERATOR), {"owner"}),
    (
        "remove another owner",
        lambda who: permissions.can_restrict(who, Membership(user_id=7, role="owner", state="in")),
        {"owner"},
    ),
    ("mute a stranger", lambda who: permissions.can_restrict(who, None), {"owner", "moderator"}),
    ("mute oneself", lambda who: permissions.can_restrict(who, who) if who else False, set()),
    ("keep order", permissions.can_keep_order, {"owner", "moderator"}),
    ("set roles", permissions.can_set_role, {"owner"}),
    ("invite by a link", permissions.can_invite, {"owner"}),
    ("be slowed", lambda who: permissions.is_slowed(Room(slow_seconds=5), who), {"member", "left", "removed", "none"}),
    ("be slowed in a quick room", lambda who: permissions.is_slowed(OPEN, who), set()),
]


@pytest.mark.parametrize(("what", "may", "allowed"), TABLE, ids=[row[0] for row in TABLE])
def test_who_may(what: str, may: Callable[[Any], bool], allowed: set[str]) -> None:
    assert {name for name, membership in EVERYBODY.items() if may(membership)} == allowed


def test_every_predicate_is_in_the_table() -> None:
    used = {name for _what, may, _allowed in TABLE for name in (*may.__code__.co_names, may.__name__)}
    predicates = {name for name in vars(permissions) if name.startswith(("can_", "is_"))}
    assert predicates <= used | OF_THE_SITE


OF_THE_SITE = {"is_site_moderator", "is_room_opener", "is_site_inviter", "is_account_keeper"}
PEOPLE: list[tuple[str, dict[str, Any], bool]] = [
    ("an administrator", {"is_superuser": True, "is_staff": True}, True),
    ("who has every right but is no staff", {"is_superuser": True}, False),
    ("staff without the right", {"is_staff": True}, False),
    ("who was deactivated", {"is_superuser": True, "is_staff": True, "is_active": False}, False),
    ("anybody", {}, False),
    ("the system", {"kind": "system", "is_active": False}, True),
]


@pytest.mark.django_db
@pytest.mark.parametrize("predicate", sorted(OF_THE_SITE))
@pytest.mark.parametrize(("who", "fields", "may"), PEOPLE, ids=[row[0] for row in PEOPLE])
def test_who_keeps_order_on_the_site(predicate: str, who: str, fields: dict[str, Any], may: bool) -> None:
    assert getattr(permissions, predicate)(User(pk=7, handle="who", **fields)) is may
