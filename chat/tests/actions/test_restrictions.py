"""The rules of mutes and bans, of ending sessions, and of opening private rooms."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import Membership, Message, Opening, Restriction, Room
from chat.tests.actions.book import written

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
WHY = "Shouting"
Act = Callable[..., Restriction]
BOTH = pytest.mark.parametrize("act", [actions.mute_person, actions.ban_person], ids=["mute", "ban"])


def post(person: User, room: Room) -> object:
    return actions.post_message(actor=person, room_id=room.pk, client_id=uuid.uuid4(), body="Hello")


def test_the_muted_read_and_do_not_write(alice: User, bob: User, room: Room) -> None:
    until = timezone.now() + timedelta(hours=1)
    mute = actions.mute_person(actor=alice, user_id=bob.pk, room_id=room.pk, until=until, reason=WHY)
    assert (mute.kind, mute.user, mute.room, mute.by, mute.until) == ("mute", bob, room, alice, until)
    with pytest.raises(Forbidden, match=WHY):
        post(bob, room)
    assert Membership.objects.get(room=room, user=bob).is_in
    Restriction.objects.update(until=timezone.now() - timedelta(seconds=1))
    post(bob, room)


def test_a_mute_of_the_site_holds_in_every_room(warden: User, bob: User, room: Room, private_room: Room) -> None:
    actions.mute_person(actor=warden, user_id=bob.pk, reason=WHY)
    for place in (room, private_room):
        with pytest.raises(Forbidden, match=WHY):
            post(bob, place)


def test_a_ban_takes_out_and_keeps_out(alice: User, bob: User, room: Room) -> None:
    head = Room.objects.get(pk=room.pk).seq
    actions.ban_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason=WHY)
    membership = Membership.objects.get(room=room, user=bob)
    assert (membership.state, membership.seq) == (Membership.State.REMOVED, head + 1)
    with pytest.raises(Forbidden, match="banned"):
        actions.join_room(actor=bob, room_id=room.pk)
    with pytest.raises(Forbidden, match="banned"):
        actions.add_member(actor=alice, room_id=room.pk, handle="bob")


def test_a_stranger_is_banned_before_coming(alice: User, mallory: User, room: Room) -> None:
    actions.ban_person(actor=alice, user_id=mallory.pk, room_id=room.pk, reason=WHY)
    with pytest.raises(Forbidden, match="banned"):
        actions.join_room(actor=mallory, room_id=room.pk)


def test_a_ban_from_the_site(warden: User, bob: User, room: Room) -> None:
    actions.ban_person(actor=warden, user_id=bob.pk, reason=WHY)
    assert sessions.banned(bob.pk)
    assert Membership.objects.get(room=room, user=bob).is_in, "the room is told nothing: he may come back"


@BOTH
def test_a_new_one_replaces_the_old(act: Act, alice: User, bob: User, room: Room) -> None:
    first = act(actor=alice, user_id=bob.pk, room_id=room.pk, reason=WHY)
    until = timezone.now() + timedelta(days=2)
    second = act(actor=alice, user_id=bob.pk, room_id=room.pk, until=until, reason="Less")
    assert list(Restriction.objects.in_force()) == [second]
    first.refresh_from_db()
    assert first.lifted_at is not None
    entry = written()[-1]
    assert entry.before == {"in_force": True, "until": None}
    assert entry.after == {"in_force": True, "until": until.isoformat(timespec="seconds")}


@BOTH
def test_it_is_written_down_and_rings(
    act: Act,
    alice: User,
    bob: User,
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    people: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", people.append)
    with django_capture_on_commit_callbacks(execute=True):
        restriction = act(actor=alice, user_id=bob.pk, room_id=room.pk, reason=WHY)
    assert bob.pk in people
    entry = written()[-1]
    assert (entry.actor, entry.person, entry.room, entry.reason) == (alice, bob, room, WHY)
    assert entry.target == f"restriction:{restriction.pk}"
    people.clear()
    with django_capture_on_commit_callbacks(execute=True):
        actions.lift_restriction(actor=alice, restriction_id=restriction.pk, reason="Enough")
    assert people == [bob.pk]


def test_lifting_ends_it(alice: User, bob: User, room: Room) -> None:
    mute = actions.mute_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason=WHY)
    lifted = actions.lift_restriction(actor=alice, restriction_id=mute.pk, reason="Enough")
    again = actions.lift_restriction(actor=alice, restriction_id=mute.pk, reason="Enough, enough")
    assert again.lifted_at == lifted.lifted_at
    post(bob, room)
    assert [entry.verb for entry in written()] == ["person.mute", "restriction.lift"]


@BOTH
def test_wrong_values(act: Act, alice: User, bob: User, room: Room) -> None:
    def attempt(**wrong: object) -> None:
        given = {"actor": alice, "user_id": bob.pk, "room_id": room.pk, "until": None, "reason": WHY}
        act(**{**given, **wrong})

    for wrong in ({"reason": " "}, {"reason": "x" * 501}, {"until": timezone.now()}):
        with pytest.raises(Invalid):
            attempt(**wrong)
    for nowhere in ({"user_id": 10**9}, {"room_id": 10**9}, {"user_id": User.objects.system().pk}):
        with pytest.raises(NotFound):
            attempt(**nowhere)
    assert not Restriction.objects.exists()


@BOTH
@pytest.mark.parametrize(
    ("actor", "target", "may"),
    [
        ("alice", "mod", True),
        ("mod", "bob", True),
        ("mod", "alice", False),
        ("mod", "mod", False),
        ("alice", "alice", False),
        ("bob", "mod", False),
        ("mallory", "bob", False),
        ("warden", "bob", True),
        ("warden", "mod", True),
        ("warden", "warden", False),
        ("mod", "warden", True),  # whoever is not in the room is below its moderators
    ],
)
def test_rank_decides_in_a_room(
    act: Act, actor: str, target: str, may: bool, request: pytest.FixtureRequest, room: Room
) -> None:
    who, whom = request.getfixturevalue(actor), request.getfixturevalue(target)
    if may:
        act(actor=who, user_id=whom.pk, room_id=room.pk, reason=WHY)
        return
    with pytest.raises(Forbidden):
        act(actor=who, user_id=whom.pk, room_id=room.pk, reason=WHY)
    assert not Restriction.objects.exists()


@BOTH
def test_only_the_sites_moderators_restrict_on_the_site(
    act: Act, alice: User, bob: User, warden: User, make_person: MakePerson
) -> None:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    other = make_person("other", is_staff=True)
    for who, whom in ((alice, bob), (other, bob), (warden, boss), (warden, other), (warden, warden), (boss, boss)):
        with pytest.raises(Forbidden):
            act(actor=who, user_id=whom.pk, reason=WHY)
    act(actor=warden, user_id=bob.pk, reason=WHY)
    act(actor=boss, user_id=warden.pk, reason=WHY)
    act(actor=User.objects.system(), user_id=boss.pk, reason="From the command line")


@BOTH
def test_private_rooms_are_closed_to_the_site(act: Act, warden: User, bob: User, private_room: Room) -> None:
    with pytest.raises(NotFound):
        act(actor=warden, user_id=bob.pk, room_id=private_room.pk, reason=WHY)
    actions.open_private_room(actor=warden, room_id=private_room.pk, reason="Asked to")
    act(actor=warden, user_id=bob.pk, room_id=private_room.pk, reason=WHY)


def test_a_room_keeps_an_owner(alice: User, warden: User, room: Room) -> None:
    with pytest.raises(Conflict):
        actions.ban_person(actor=warden, user_id=alice.pk, room_id=room.pk, reason=WHY)
    assert not Restriction.objects.exists()
    assert not written()
    assert Membership.objects.get(room=room, user=alice).is_in


def test_who_may_lift(alice: User, bob: User, mod: User, mallory: User, warden: User, room: Room) -> None:
    local = actions.mute_person(actor=alice, user_id=mod.pk, room_id=room.pk, reason=WHY)
    for nobody in (bob, mallory, mod):
        with pytest.raises(Forbidden):
            actions.lift_restriction(actor=nobody, restriction_id=local.pk, reason=WHY)
    actions.lift_restriction(actor=warden, restriction_id=local.pk, reason=WHY)
    by_the_site = actions.mute_person(actor=warden, user_id=bob.pk, room_id=room.pk, reason=WHY)
    with pytest.raises(Forbidden):
        actions.lift_restriction(actor=alice, restriction_id=by_the_site.pk, reason=WHY)
    on_the_site = actions.mute_person(actor=warden, user_id=bob.pk, reason=WHY)
    with pytest.raises(NotFound):
        actions.lift_restriction(actor=alice, restriction_id=on_the_site.pk, reason=WHY)
    assert set(Restriction.objects.in_force()) == {by_the_site, on_the_site}


def test_removal_by_the_site_is_written_down(warden: User, bob: User, mod: User, room: Room) -> None:
    actions.remove_member(actor=warden, room_id=room.pk, user_id=bob.pk, reason=WHY)
    actions.remove_member(actor=warden, room_id=room.pk, user_id=mod.pk)
    first, second = written()
    assert (first.verb, first.person, first.reason, second.reason) == ("member.remove", bob, WHY, "")
    assert (first.before, first.after) == ({"state": "in"}, {"state": "removed"})


def test_a_role_is_written_down(alice: User, bob: User, room: Room) -> None:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="moderator")
    entry = written()[-1]
    assert (entry.verb, entry.before, entry.after) == ("member.role", {"role": "member"}, {"role": "moderator"})


def test_ended_sessions_hold_no_longer(
    warden: User, bob: User, alice: User, client_of_person: Callable[..., str]
) -> None:
    key, hers = client_of_person(bob), client_of_person(alice)
    identity = sessions.identify(key)
    assert identity is not None
    actions.close_sessions(actor=warden, user_id=bob.pk, reason="Lost telephone")
    assert sessions.identify(key) is None
    assert sessions.lapsed([identity]) == {identity: sessions.SIGNED_OUT}
    assert sessions.identify(hers) is not None
    assert sessions.identify(client_of_person(User.objects.get(pk=bob.pk))) is not None, "he signs in anew"
    assert written()[-1].verb == "person.close_sessions"


@pytest.fixture
def client_of_person() -> Callable[[User], str]:
    from django.test import Client

    def sign_in(person: User) -> str:
        client = Client()
        client.force_login(person)
        return str(client.session.session_key)

    return sign_in


def test_who_ends_sessions(alice: User, bob: User, warden: User, make_person: MakePerson) -> None:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    for who, whom in ((alice, bob), (warden, boss), (warden, warden)):
        with pytest.raises(Forbidden):
            actions.close_sessions(actor=who, user_id=whom.pk, reason=WHY)
    assert not User.objects.exclude(sessions_closed=0).exists()


def test_ended_sessions_ring(
    warden: User,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    people: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", people.append)
    with django_capture_on_commit_callbacks(execute=True):
        actions.close_sessions(actor=warden, user_id=bob.pk, reason=WHY)
    assert people == [bob.pk]


def test_an_opening_is_told_and_ends(warden: User, alice: User, private_room: Room) -> None:
    assert private_room not in Room.objects.open_to(warden)
    opening = actions.open_private_room(actor=warden, room_id=private_room.pk, reason="A *member* asked")
    assert opening.until - opening.created_at == timedelta(hours=1)
    assert private_room in Room.objects.open_to(warden)
    assert private_room not in Room.objects.open_to(alice)
    notice = Message.objects.get(room=private_room)
    assert (notice.kind, notice.author) == ("notice", User.objects.system())
    assert "Warden" in notice.body
    assert "A *member* asked" in notice.html, "a reason is no place for markup"
    assert Room.objects.get(pk=private_room.pk).last_message_id == notice.pk
    entry = written()[-1]
    assert (entry.verb, entry.room, entry.reason) == ("room.open", private_room, "A *member* asked")
    Opening.objects.update(until=timezone.now())
    assert private_room not in Room.objects.open_to(warden)


def test_who_opens(alice: User, mod: User, warden: User, room: Room, private_room: Room) -> None:
    for nobody in (alice, mod):
        with pytest.raises(Forbidden):
            actions.open_private_room(actor=nobody, room_id=private_room.pk, reason=WHY)
    with pytest.raises(Invalid):
        actions.open_private_room(actor=warden, room_id=room.pk, reason=WHY)
    with pytest.raises(Invalid):
        actions.open_private_room(actor=warden, room_id=private_room.pk, reason=" ")
    with pytest.raises(NotFound):
        actions.open_private_room(actor=warden, room_id=10**9, reason=WHY)
    assert not Opening.objects.exists()
