"""The desks of restrictions, openings and the audit: what they show, and that nothing is rewritten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Membership, Restriction, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
AUDIT, RESTRICTIONS = "/admin/chat/auditentry/", "/admin/chat/restriction/"
CONNECTIONS, OPENINGS = "/admin/chat/connection/", "/admin/chat/opening/"
SECRET = "told the secret word"


def read(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


# --- Restrictions


def test_what_is_in_force_stands_first(desk: Client, sheriff: User, bob: User, mod: User, room: Room) -> None:
    over = actions.mute_person(actor=sheriff, user_id=mod.pk, reason="long ago")
    actions.lift_restriction(actor=sheriff, restriction_id=over.pk, reason="x")
    soon = timezone.now() + timedelta(hours=2)
    actions.ban_person(actor=sheriff, user_id=bob.pk, room_id=room.pk, until=soon, reason="this week")
    pages = {state: read(desk, f"{RESTRICTIONS}?state={state}") for state in ("", "ending", "over", "all")}
    assert {state: ("this week" in page, "long ago" in page) for state, page in pages.items()} == {
        "": (True, False),
        "ending": (True, False),
        "over": (False, True),
        "all": (True, True),
    }


def test_lift_one_and_many(desk: Client, sheriff: User, bob: User, mod: User, alice: User) -> None:
    rows = [actions.mute_person(actor=sheriff, user_id=person.pk, reason="x") for person in (alice, bob, mod)]
    page = read(desk, f"{RESTRICTIONS}{rows[0].pk}/change/")
    assert f"{RESTRICTIONS}{rows[0].pk}/acts/lift/" in page
    desk.post(f"{RESTRICTIONS}{rows[0].pk}/acts/lift/", {"confirmed": "yes", "reason": "Settled"})
    assert [row.is_in_force for row in Restriction.objects.order_by("pk")] == [False, True, True]
    ticked = {"action": "lift", "_selected_action": [row.pk for row in rows[1:]]}
    assert desk.post(RESTRICTIONS, {**ticked, "index": "0"}).status_code == 200
    desk.post(RESTRICTIONS, {**ticked, "confirmed": "yes", "reason": "Settled"})
    assert not Restriction.objects.in_force().exists()
    assert AuditEntry.objects.filter(verb="restriction.lift", reason="Settled", actor=sheriff).count() == 3
    again = desk.get(f"{RESTRICTIONS}{rows[0].pk}/acts/lift/", follow=True)
    assert "Nothing to do" in again.content.decode()


def test_a_private_rooms_restrictions_keep_its_words(
    desk: Client, sheriff: User, mod: User, bob: User, private_room: Room
) -> None:
    row = actions.mute_person(actor=mod, user_id=bob.pk, room_id=private_room.pk, reason=SECRET)
    lift = f"{RESTRICTIONS}{row.pk}/acts/lift/"
    pages = (RESTRICTIONS, f"{RESTRICTIONS}{row.pk}/change/", lift, f"{RESTRICTIONS}?q=bob")
    for address in pages:
        page = read(desk, address)
        assert f"Private room {private_room.pk}" in page
        assert SECRET not in page
        assert private_room.name not in page
    desk.post(lift, {"confirmed": "yes", "reason": "x"})
    assert Restriction.objects.get().is_in_force
    actions.open_private_room(actor=sheriff, room_id=private_room.pk, reason="A report")
    assert all(private_room.name in read(desk, address) for address in pages)
    assert SECRET in read(desk, RESTRICTIONS)
    desk.post(lift, {"confirmed": "yes", "reason": "x"})
    assert not Restriction.objects.get().is_in_force


@pytest.mark.parametrize("address", [RESTRICTIONS, OPENINGS, CONNECTIONS, AUDIT])
def test_nothing_is_written_at_these_desks(
    address: str, client_of: ClientOf, make_person: Callable[..., User], bob: User, private_room: Room
) -> None:
    chief = make_person("chief", is_staff=True, is_superuser=True)
    browser = client_of(chief)
    actions.open_private_room(actor=chief, room_id=private_room.pk, reason="A report")
    actions.ban_person(actor=chief, user_id=bob.pk, reason="x")
    rows = list(AuditEntry.objects.values())
    for page in ("add/", "1/delete/", "1/change/"):
        assert browser.post(f"{address}{page}", {"reason": "other", "post": "yes"}).status_code in {403, 404}, page
    assert browser.get(f"{address}add/").status_code == 403
    browser.post(address, {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"})
    assert list(AuditEntry.objects.values()) == rows
    assert (Restriction.objects.count(), Restriction.objects.get().reason) == (1, "x")


# --- Memberships


def test_members_are_removed_from_a_room(desk: Client, room: Room, private_room: Room, sheriff: User) -> None:
    shown = read(desk, f"/admin/chat/membership/?room__id__exact={room.pk}")
    assert shown.count("_selected_action") == 3
    assert read(desk, f"/admin/chat/membership/?room__id__exact={private_room.pk}").count("_selected_action") == 0
    members = Membership.objects.filter(room=room).exclude(role="owner")
    closed = Membership.objects.filter(room=private_room)
    ticked = {"action": "remove", "_selected_action": [row.pk for row in (*members, *closed)]}
    desk.post("/admin/chat/membership/", {**ticked, "confirmed": "yes", "reason": "Spam"})
    assert {row.state for row in members.all()} == {"removed"}
    assert {row.state for row in closed.all()} == {"in"}
    assert AuditEntry.objects.filter(verb="member.remove", reason="Spam", actor=sheriff).count() == 2


# --- The audit


def entries_on(page: str) -> int:
    return page.count('<td class="nowrap">')


@pytest.fixture
def book(sheriff: User, mod: User, bob: User, alice: User, room: Room) -> None:
    """Acts of two people on two, in a room and on the site."""
    actions.mute_person(actor=sheriff, user_id=bob.pk, reason="site mute of bob")
    actions.ban_person(actor=mod, user_id=bob.pk, room_id=room.pk, reason="room ban of bob")
    actions.mute_person(actor=sheriff, user_id=alice.pk, reason="site mute of alice")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("verb=person.mute", {"site mute of bob", "site mute of alice"}),
        ("actor=mod", {"room ban of bob"}),
        ("person=@Bob", {"site mute of bob", "room ban of bob"}),
        ("room=harbour&verb=person.ban", {"room ban of bob"}),
        ("since=2020-01-01&until=2020-12-31", set()),
        ("since=2020-01-01&verb=person.ban", {"room ban of bob"}),
        ("person=alice&actor=mod", set()),
    ],
)
def test_looking_through_the_audit(query: str, found: set[str], desk: Client, book: None) -> None:
    page = read(desk, f"{AUDIT}?{query}")
    reasons = {"site mute of bob", "room ban of bob", "site mute of alice"}
    assert {reason for reason in reasons if reason in page} == found
    assert ("No act matches." in page) is (not found)


@pytest.mark.parametrize(
    "query",
    [
        "actor=nobody-here",
        "room=no-such-room",
        "room=99999999999999999999999",
        "since=yesterday",
        "since=0001-01-01",
        "until=9999-12-31",
        "verb=person.kiss",
        "person=%00",
        f"actor={'x' * 33}",
    ],
)
def test_a_wrong_wish_is_said(query: str, desk: Client, book: None) -> None:
    answer = desk.get(f"{AUDIT}?{query}")
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert "site mute of bob" not in answer.content.decode()


def test_the_audit_is_paged_by_its_ends(
    desk: Client, sheriff: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        AuditEntry.objects.create(actor=sheriff, verb="person.mute", target=f"restriction:{number}", person=bob)
    with django_assert_max_num_queries(8) as captured:
        first = desk.get(f"{AUDIT}?person=bob")
    assert not [query for query in captured.captured_queries if "COUNT(" in query["sql"]]
    pages = [first.content.decode()]
    seen = [entry.entry.pk for entry in first.context["entries"]]
    older = first.context["page"].older
    while older:
        answer = desk.get(f"{AUDIT}{older}")
        pages.append(answer.content.decode())
        seen += [entry.entry.pk for entry in answer.context["entries"]]
        older = answer.context["page"].older
    assert [entries_on(page) for page in pages] == [50, 50, 20]
    assert seen == sorted(AuditEntry.objects.values_list("pk", flat=True), reverse=True)
    newer = desk.get(f"{AUDIT}{answer.context['page'].newer}")
    assert [entry.entry.pk for entry in newer.context["entries"]] == seen[50:100]
    for nonsense in ("before=x", "before=-1", "before=0", "after=9" + "9" * 30, "before=%C2%B2", "after=99999999999"):
        assert desk.get(f"{AUDIT}?{nonsense}").status_code == 200, nonsense


def test_the_audit_keeps_a_private_rooms_words(
    desk: Client, sheriff: User, mod: User, bob: User, private_room: Room, say: Any
) -> None:
    message = say(bob, private_room)
    actions.hide_message(actor=mod, message_id=message.pk, reason=SECRET)
    opening = f"{AUDIT}?room={private_room.pk}"
    entry = AuditEntry.objects.latest("pk")
    for address in (AUDIT, opening, f"{AUDIT}{entry.pk}/change/", "/admin/"):
        page = read(desk, address)
        assert f"Private room {private_room.pk}" in page, address
        assert "Told in the room only." in page
        assert SECRET not in page
        assert private_room.name not in page
        assert f"/admin/chat/message/{message.pk}/" not in page
    assert desk.get(f"{AUDIT}?room={private_room.slug}").status_code == 400
    actions.open_private_room(actor=sheriff, room_id=private_room.pk, reason="A report of threats")
    assert SECRET in read(desk, opening)
    assert "A report of threats" in read(desk, opening)


def test_why_a_room_was_opened_is_for_all_to_read(
    desk: Client, sheriff: User, private_room: Room, clerk: User, client_of: ClientOf
) -> None:
    actions.open_private_room(actor=sheriff, room_id=private_room.pk, reason="A report of threats")
    for browser in (desk, client_of(clerk)):
        for address in (AUDIT, OPENINGS):
            page = read(browser, address)
            assert "A report of threats" in page
            assert (private_room.name in page) is (browser is desk and address == AUDIT)


def test_an_entry_has_one_page_and_no_other(desk: Client, book: None) -> None:
    entry = AuditEntry.objects.latest("pk")
    page = read(desk, f"{AUDIT}{entry.pk}/change/")
    assert "site mute of alice" in page
    assert "In force" in page
    assert desk.get(f"{AUDIT}{entry.pk}/history/").status_code == 404
    assert desk.get(f"{AUDIT}987654/change/").status_code in {302, 404}
    assert desk.get(f"{AUDIT}{'9' * 30}/change/").status_code in {302, 404}


# --- Those without the right


@pytest.mark.parametrize("address", [RESTRICTIONS, OPENINGS, CONNECTIONS, AUDIT])
def test_staff_without_the_right_see_none_of_it(
    address: str, client_of: ClientOf, make_person: Callable[..., User], book: None
) -> None:
    browser = client_of(make_person("helper", is_staff=True))
    assert browser.get(address).status_code == 403
    assert browser.get(f"{address}1/change/").status_code == 403
    front = read(browser, "/admin/")
    assert "site mute" not in front
    assert "bans in force" not in front
