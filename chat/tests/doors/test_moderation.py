"""Keeping order from the room's own pages: each act by form and as JSON, refused as everywhere, listed and paged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Membership, Message, Restriction, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
Say = Callable[..., Message]
WHY = "Not in this room"


@pytest.fixture
def bad(bob: User, room: Room, say: Say) -> Message:
    return say(bob, room, "the *tide* turns at four")


@pytest.fixture
def site_moderator(make_person: Callable[..., User], alice: User, room: Room) -> User:
    person = make_person("steward", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="moderate_site"))
    actions.add_member(actor=alice, room_id=room.pk, handle="steward")
    return User.objects.get(pk=person.pk)


def restriction_of(person: User) -> Restriction:
    return Restriction.objects.in_force().get(user=person)


# --- Messages


def test_a_moderator_hides_with_a_reason_and_restores(client_of: ClientOf, mod: User, bad: Message) -> None:
    browser, at = client_of(mod), bad.get_absolute_url()
    form = browser.get(f"{at}hide/").content.decode()
    assert "the <em>tide</em> turns at four" in form
    assert browser.post(f"{at}hide/", {"reason": WHY})["Location"] == at
    page = browser.get(at).content.decode()
    assert "turns at four" not in page
    assert f'Hidden by <bdi data-author-id="{mod.pk}">Mod</bdi>: <bdi class="tombstone-reason">{WHY}</bdi>' in page
    assert f'href="{at}restore/"' in page
    assert "the *tide* turns at four" in browser.get(f"{at}restore/").content.decode()
    assert browser.post(f"{at}restore/", {"reason": "A mistake"})["Location"] == at
    assert "the <em>tide</em> turns at four" in browser.get(at).content.decode()
    assert list(AuditEntry.objects.values_list("verb", "reason").order_by("pk"))[-2:] == [
        ("message.hide", WHY),
        ("message.restore", "A mistake"),
    ]


def test_programs_hide_and_restore(client_of: ClientOf, mod: User, bad: Message) -> None:
    program, at = client_of(mod, json=True), bad.get_absolute_url()
    for verb in ("hide", "restore"):
        before = Message.objects.get(pk=bad.pk).seq
        answer = program.post(f"{at}{verb}/", {"reason": WHY}, content_type="application/json")
        assert answer.json() == {"message": bad.pk, "seq": before + 1}
    refused = program.post(f"{at}hide/", {"reason": " "}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "wri\u202etten"])
def test_a_reason_is_asked_for_again(client_of: ClientOf, mod: User, bad: Message, reason: str) -> None:
    answer = client_of(mod).post(f"{bad.get_absolute_url()}hide/", {"reason": reason})
    assert answer.status_code == 400
    assert 'class="errors' in answer.content.decode()
    assert not Message.objects.get(pk=bad.pk).is_deleted


def test_a_reason_is_only_text(client_of: ClientOf, mod: User, bob: User, bad: Message) -> None:
    client_of(mod).post(f"{bad.get_absolute_url()}hide/", {"reason": "<script>alert(1)</script>"})
    for page in (
        client_of(bob).get(bad.get_absolute_url()),
        client_of(mod).get(f"{bad.room.get_absolute_url()}moderation/"),
    ):
        assert "<script>alert" not in page.content.decode()
        assert "&lt;script&gt;alert" in page.content.decode()


def test_what_is_not_there_to_judge_is_not_offered(client_of: ClientOf, mod: User, bob: User, bad: Message) -> None:
    browser, at = client_of(mod), bad.get_absolute_url()
    assert browser.get(f"{at}restore/").status_code == 404
    actions.delete_message(actor=bob, message_id=bad.pk)
    assert browser.get(f"{at}hide/").status_code == 404
    assert browser.get(f"{at}restore/").status_code == 404
    refused = browser.post(f"{at}restore/", {"reason": WHY})
    assert refused.status_code == 400
    assert "deleted by its author" in refused.content.decode()


PAGES = [
    "messages/{message}/hide/",
    "messages/{message}/restore/",
    "members/{person}/restrict/",
    "members/{person}/remove/",
]


@pytest.mark.parametrize("place", [*PAGES, "moderation/", "restrictions/{restriction}/lift/"])
@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("mallory", 403), ("mod", 200), ("steward", 200)])
def test_only_keepers_of_order(
    place: str, who: str, status: int, client_of: ClientOf, request: pytest.FixtureRequest, room: Room, bad: Message
) -> None:
    request.getfixturevalue("mallory")
    alice, carol = request.getfixturevalue("alice"), request.getfixturevalue("make_person")("carol")
    actions.add_member(actor=alice, room_id=room.pk, handle="carol")
    request.getfixturevalue("site_moderator")
    if "restore" in place:
        actions.hide_message(actor=alice, message_id=bad.pk, reason=WHY)
    mute = actions.mute_person(actor=alice, user_id=carol.pk, room_id=room.pk, reason=WHY)
    path = place.format(message=bad.pk, person=carol.pk, restriction=mute.pk)
    browser = client_of(User.objects.get(handle=who))
    assert browser.get(room.get_absolute_url() + path).status_code == status
    if "{" in place and status == 403:
        answer = browser.post(room.get_absolute_url() + path, {"reason": WHY, "kind": "ban", "period": "day"})
        assert answer.status_code == 403
        assert Restriction.objects.get() == mute
        assert Membership.objects.get(room=room, user=carol).is_in


def test_a_site_moderator_keeps_out_of_private_rooms(
    client_of: ClientOf, site_moderator: User, alice: User, private_room: Room
) -> None:
    """In a private room as a member, staff is a member like others: reading it as staff takes an opening."""
    actions.add_member(actor=alice, room_id=private_room.pk, handle="steward")
    assert client_of(site_moderator).get(f"{private_room.get_absolute_url()}moderation/").status_code == 403
    page = client_of(site_moderator).get(private_room.get_absolute_url()).content.decode()
    assert "data-is-staff" not in page


def test_a_message_of_another_room_is_not_judged_here(
    client_of: ClientOf, mod: User, bob: User, room: Room, private_room: Room, say: Say
) -> None:
    elsewhere = say(bob, private_room, "elsewhere")
    answer = client_of(mod).post(f"{room.get_absolute_url()}messages/{elsewhere.pk}/hide/", {"reason": WHY})
    assert answer.status_code == 404
    assert not Message.objects.get(pk=elsewhere.pk).is_deleted


# --- People


def test_a_mute_for_a_day_and_its_lift(client_of: ClientOf, mod: User, bob: User, room: Room) -> None:
    browser, at = client_of(mod), room.get_absolute_url()
    assert f'href="{at}members/{bob.pk}/restrict/?kind=mute"' in browser.get(f"{at}members/").content.decode()
    form = browser.get(f"{at}members/{bob.pk}/restrict/?kind=mute").content.decode()
    assert 'value="mute" required' in form
    assert "checked" in form
    fields = {"kind": "mute", "period": "day", "until": "", "zone": "UTC", "reason": WHY}
    assert browser.post(f"{at}members/{bob.pk}/restrict/", fields)["Location"] == f"{at}moderation/"
    mute = restriction_of(bob)
    assert (mute.kind, mute.room, mute.by, mute.reason) == ("mute", room, mod, WHY)
    assert mute.until is not None
    assert abs(mute.until - timezone.now() - timedelta(days=1)) < timedelta(minutes=1)

    assert "Muted" in browser.get(f"{at}members/").content.decode()
    page = client_of(bob).get(at).content.decode()
    assert "A moderator has muted you until" in page
    assert WHY in page
    assert '<form class="composer" id="composer" method="post" action="/rooms/harbour/messages/" hidden>' in page

    assert f'href="{at}restrictions/{mute.pk}/lift/"' in browser.get(f"{at}moderation/").content.decode()
    assert WHY in browser.get(f"{at}restrictions/{mute.pk}/lift/").content.decode()
    lifted = browser.post(f"{at}restrictions/{mute.pk}/lift/", {"reason": "Calm again"})
    assert lifted["Location"] == f"{at}moderation/"
    assert WHY not in client_of(bob).get(at).content.decode()
    assert browser.get(f"{at}restrictions/{mute.pk}/lift/").status_code == 404


def test_a_ban_until_a_time_of_ones_own_clock(client_of: ClientOf, mod: User, bob: User, room: Room) -> None:
    at = f"{room.get_absolute_url()}members/{bob.pk}/restrict/"
    fields = {"kind": "ban", "period": "hour", "until": "2199-07-01T18:30", "zone": "Europe/Berlin", "reason": WHY}
    client_of(mod).post(at, fields)
    ban = restriction_of(bob)
    assert (ban.kind, ban.until) == ("ban", datetime(2199, 7, 1, 16, 30, tzinfo=UTC))
    assert not Membership.objects.get(room=room, user=bob).is_in
    page = client_of(bob).get(room.get_absolute_url()).content.decode()
    assert "You are banned from this room until" in page
    assert WHY in page
    assert "/join/" not in page
    refused = client_of(bob, json=True).post(f"{room.get_absolute_url()}join/")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("given", ["Nowhere/Land", "../../etc/passwd", "Europe", "x" * 300])
def test_a_zone_that_is_none_counts_as_utc(client_of: ClientOf, mod: User, bob: User, room: Room, given: str) -> None:
    at = f"{room.get_absolute_url()}members/{bob.pk}/restrict/"
    client_of(mod).post(at, {"kind": "mute", "until": "2199-07-01T18:30", "zone": given, "reason": WHY})
    assert restriction_of(bob).until == datetime(2199, 7, 1, 18, 30, tzinfo=UTC)


def test_programs_restrict_and_lift(client_of: ClientOf, mod: User, bob: User, room: Room) -> None:
    program, at = client_of(mod, json=True), room.get_absolute_url()
    post = partial(program.post, content_type="application/json")
    answer = post(f"{at}members/{bob.pk}/restrict/", {"kind": "mute", "reason": WHY})
    mute = restriction_of(bob)
    assert (answer.json(), mute.until) == ({"restriction": mute.pk}, None)
    assert post(f"{at}restrictions/{mute.pk}/lift/", {"reason": WHY}).json() == {"restriction": mute.pk}
    until = "2199-07-01T18:30:00Z"
    post(f"{at}members/{bob.pk}/restrict/", {"kind": "mute", "reason": WHY, "until": until, "period": "hour"})
    assert restriction_of(bob).until == datetime(2199, 7, 1, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "exile"},
        {"period": "aeon"},
        {"period": ""},
        {"until": "soon"},
        {"until": "2001-01-01T00:00"},
        {"until": "9999-12-31T23:59"},
        {"reason": ""},
        {"reason": "x" * 501},
    ],
    ids=lambda wrong: "-".join(f"{name}-{value[:12]}" for name, value in wrong.items()),
)
def test_a_wrong_wish_restricts_nobody(
    client_of: ClientOf, mod: User, bob: User, room: Room, wrong: dict[str, str]
) -> None:
    fields = {"kind": "mute", "period": "day", "zone": "America/New_York", "reason": WHY, **wrong}
    answer = client_of(mod).post(f"{room.get_absolute_url()}members/{bob.pk}/restrict/", fields)
    assert answer.status_code == 400
    assert not Restriction.objects.exists()


def test_a_restriction_of_another_room_is_not_lifted_here(
    client_of: ClientOf, alice: User, bob: User, room: Room, private_room: Room
) -> None:
    elsewhere = actions.mute_person(actor=alice, user_id=bob.pk, room_id=private_room.pk, reason=WHY)
    at = f"{room.get_absolute_url()}restrictions/{elsewhere.pk}/lift/"
    assert client_of(alice).get(at).status_code == 404
    assert client_of(alice).post(at, {"reason": WHY}).status_code == 404
    assert restriction_of(bob) == elsewhere


@pytest.mark.parametrize("act", ["restrict", "remove"])
def test_rank_decides(act: str, client_of: ClientOf, mod: User, alice: User, mallory: User, room: Room) -> None:
    at = f"{room.get_absolute_url()}members/"
    for person, status in ((alice, 403), (mod, 403), (mallory, 404)):
        assert client_of(mod).get(f"{at}{person.pk}/{act}/").status_code == status
        fields = {"kind": "ban", "reason": WHY}
        assert client_of(mod).post(f"{at}{person.pk}/{act}/", fields).status_code == status
    assert f'href="{at}{alice.pk}/{act}/' not in client_of(mod).get(at).content.decode()
    assert not Restriction.objects.exists()


def test_removing_asks_first_and_keeps_the_reason(client_of: ClientOf, mod: User, bob: User, room: Room) -> None:
    at = f"{room.get_absolute_url()}members/{bob.pk}/remove/"
    assert "Remove Bob?" in client_of(mod).get(at).content.decode()
    assert client_of(mod).post(at, {"reason": WHY})["Location"] == f"{room.get_absolute_url()}members/"
    assert not Membership.objects.get(room=room, user=bob).is_in
    assert AuditEntry.objects.filter(verb="member.remove", person=bob, reason=WHY).exists()


def test_what_the_sites_moderators_set_is_not_offered_to_the_rooms(
    client_of: ClientOf, mod: User, bob: User, site_moderator: User, bad: Message, room: Room
) -> None:
    mute = actions.mute_person(actor=site_moderator, user_id=bob.pk, room_id=room.pk, reason=WHY)
    actions.hide_message(actor=site_moderator, message_id=bad.pk, reason=WHY)
    at = room.get_absolute_url()
    links = [f'href="{at}restrictions/{mute.pk}/lift/"', f'href="{bad.get_absolute_url()}restore/"']
    page = client_of(mod).get(f"{at}moderation/").content.decode()
    assert [link in page for link in links] == [False, False]
    assert client_of(mod).post(f"{at}restrictions/{mute.pk}/lift/", {"reason": WHY}).status_code == 403
    page = client_of(site_moderator).get(f"{at}moderation/").content.decode()
    assert [link in page for link in links] == [True, True]
