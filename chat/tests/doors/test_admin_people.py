"""What moderators of the site do to people from the admin, one by one and in bulk, and whom they cannot touch."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.admin.acts import AT_ONCE
from chat.models import AuditEntry, Membership, Restriction, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]
LIST = "/admin/accounts/user/"
WHY = "Three times the same advert"


def act_url(person: User, act: str) -> str:
    return f"{LIST}{person.pk}/acts/{act}/"


def page_of(person: User) -> str:
    return f"{LIST}{person.pk}/change/"


def given(place: Any = "site", lasts: str = "day", **more: Any) -> dict[str, Any]:
    return {"confirmed": "yes", "place": place, "lasts": lasts, "until": "", "reason": WHY, **more}


def in_force(person: User) -> list[tuple[str, int | None]]:
    rows = Restriction.objects.in_force().filter(user=person).order_by("pk")
    return list(rows.values_list("kind", "room_id"))


# --- One by one


@pytest.mark.parametrize("kind", ["mute", "ban"])
@pytest.mark.parametrize("where", ["site", "room"])
def test_restrict_somebody(kind: str, where: str, desk: Client, room: Room, bob: User, sheriff: User) -> None:
    place = room.pk if where == "room" else "site"
    before = timezone.now()
    answer = desk.post(act_url(bob, kind), given(place))
    assert (answer.status_code, answer["Location"]) == (302, page_of(bob))
    restriction = Restriction.objects.get()
    assert in_force(bob) == [(kind, room.pk if where == "room" else None)]
    assert (restriction.by, restriction.reason) == (sheriff, WHY)
    assert restriction.until is not None
    assert timedelta(days=1) <= restriction.until - before < timedelta(days=1, minutes=1)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor, entry.person, entry.reason) == (f"person.{kind}", sheriff, bob, WHY)
    assert WHY in desk.get(page_of(bob)).content.decode()
    assert Membership.objects.get(user=bob).is_in is (where == "site" or kind == "mute")


def test_without_end(desk: Client, bob: User, room: Room) -> None:
    desk.post(act_url(bob, "ban"), given(lasts="none"))
    assert Restriction.objects.get().until is None


def test_until_a_time_on_the_moderators_clock(desk: Client, sheriff: User, bob: User) -> None:
    User.objects.filter(pk=sheriff.pk).update(time_zone="Asia/Kathmandu")
    assert "Asia/Kathmandu" in desk.get(act_url(bob, "mute")).content.decode()
    desk.post(act_url(bob, "mute"), given(lasts="until", until="2099-05-01T08:30"))
    assert Restriction.objects.get().until == datetime(2099, 5, 1, 8, 30, tzinfo=ZoneInfo("Asia/Kathmandu"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": " \n "},
        {"reason": "x" * 501},
        {"reason": "nul\0"},
        {"place": ""},
        {"place": "999999"},
        {"place": "9" * 30},
        {"lasts": "for ever"},
        {"lasts": "until"},
        {"lasts": "until", "until": "2001-01-01T00:00"},
        {"lasts": "until", "until": "99999-01-01T00:00"},
        {"lasts": "until", "until": "9999-12-31T23:59"},
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_nothing_done(wrong: dict[str, str], desk: Client, bob: User, room: Room) -> None:
    answer = desk.post(act_url(bob, "ban"), given(**wrong))
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not Restriction.objects.exists()


def test_the_form_asks_before_it_acts(desk: Client, bob: User, room: Room) -> None:
    page = desk.get(act_url(bob, "ban"))
    assert page.status_code == 200
    assert "Bob (@bob)" in page.content.decode()
    assert desk.post(act_url(bob, "ban"), {**given(), "confirmed": ""}).status_code == 302, "a field, whatever it says"
    Restriction.objects.all().delete()
    without = given()
    del without["confirmed"]
    assert desk.post(act_url(bob, "ban"), without).status_code == 200
    assert not Restriction.objects.exists()


def test_remove_from_a_room(desk: Client, bob: User, room: Room, private_room: Room) -> None:
    form = desk.get(act_url(bob, "remove")).content.decode()
    assert room.name in form
    assert private_room.name not in form
    assert desk.post(act_url(bob, "remove"), given(private_room.pk)).status_code == 400, "closed to the site's staff"
    desk.post(act_url(bob, "remove"), given(room.pk))
    assert Membership.objects.get(user=bob, room=room).state == Membership.State.REMOVED
    assert Membership.objects.get(user=bob, room=private_room).is_in


def test_sign_out_everywhere(desk: Client, bob: User, client_of: ClientOf) -> None:
    theirs = client_of(bob)
    assert theirs.get("/settings/").status_code == 200
    desk.post(act_url(bob, "close-sessions"), {"confirmed": "yes", "reason": WHY})
    assert theirs.get("/settings/").status_code == 302


def test_lift_everything_of_a_person(desk: Client, sheriff: User, mod: User, bob: User, room: Room) -> None:
    actions.ban_person(actor=sheriff, user_id=bob.pk, reason="x")
    actions.mute_person(actor=sheriff, user_id=bob.pk, room_id=room.pk, reason="x")
    desk.post(act_url(bob, "lift"), {"confirmed": "yes", "reason": "Settled"})
    assert in_force(bob) == []
    again = desk.post(act_url(bob, "lift"), {"confirmed": "yes", "reason": "Settled"}, follow=True)
    assert "No mute or ban is in force." in again.content.decode()


def test_what_a_private_room_keeps_is_not_lifted_from_outside(
    desk: Client, sheriff: User, mod: User, bob: User, private_room: Room
) -> None:
    actions.mute_person(actor=mod, user_id=bob.pk, room_id=private_room.pk, reason="Said the secret word")
    actions.mute_person(actor=sheriff, user_id=bob.pk, reason="x")
    done = desk.post(act_url(bob, "lift"), {"confirmed": "yes", "reason": "x"}, follow=True)
    assert "Done: Lift all mutes and bans (1 person)." in done.content.decode()
    assert in_force(bob) == [("mute", private_room.pk)]
    page = desk.get(page_of(bob)).content.decode()
    assert f"Private room {private_room.pk}" in page
    assert private_room.name not in page
    assert "Said the secret word" not in page


# --- In bulk


def test_many_at_once_and_each_by_itself(
    desk: Client, room: Room, alice: User, bob: User, mod: User, make_person: Callable[..., User]
) -> None:
    other_staff = make_person("deputy", is_staff=True)
    chosen = [alice, bob, mod, other_staff]
    ticked = {"action": "mute", "_selected_action": [person.pk for person in chosen]}
    asking = desk.post(LIST, {**ticked, "index": "0"})
    assert asking.status_code == 200
    assert [f"(@{person.handle})" in asking.content.decode() for person in chosen] == [True] * 4
    done = desk.post(LIST, {**ticked, **given()}, follow=True).content.decode()
    assert [in_force(person) for person in chosen] == [[("mute", None)]] * 3 + [[]]
    assert "Mute (3 people)" in done
    assert "Deputy (@deputy): You cannot restrict" in done


@pytest.mark.parametrize(
    "ticks",
    [
        {"_selected_action": ["1; drop table"]},
        {"_selected_action": ["²"]},
        {"_selected_action": ["9" * 40]},
        {"_selected_action": ["-1"]},
        {"_selected_action": [str(number) for number in range(1, AT_ONCE + 2)]},
        {"_selected_action": ["BOB"], "select_across": "1"},
    ],
    ids=["words", "superscript", "huge", "negative", "many", "all pages"],
)
def test_ticks_that_are_refused(ticks: dict[str, Any], desk: Client, bob: User) -> None:
    ticks["_selected_action"] = [str(bob.pk) if tick == "BOB" else tick for tick in ticks["_selected_action"]]
    answer = desk.post(LIST, {"action": "ban", **ticks, **given()})
    assert answer.status_code == 302
    assert not Restriction.objects.exists()


def test_those_who_are_gone_meanwhile(desk: Client, bob: User) -> None:
    answer = desk.post(LIST, {"action": "ban", "_selected_action": ["987654"], "index": "0"})
    assert answer.status_code == 200
    assert "None of those ticked is there any more." in answer.content.decode()


# --- Who may


def test_those_who_look_cannot_act(clerk: User, client_of: ClientOf, bob: User, room: Room) -> None:
    browser = client_of(clerk)
    page = browser.get(page_of(bob))
    assert page.status_code == 200
    assert "/acts/" not in page.content.decode()
    assert "salt" not in page.content.decode()
    assert "_selected_action" not in browser.get(LIST).content.decode()
    for act in ("mute", "ban", "remove", "lift", "close-sessions"):
        assert browser.post(act_url(bob, act), given()).status_code == 403
        browser.post(LIST, {"action": act, "_selected_action": [bob.pk], **given()})
    assert not Restriction.objects.exists()


def test_nobody_above_and_not_oneself(desk: Client, sheriff: User, make_person: Callable[..., User]) -> None:
    root = make_person("chief", is_staff=True, is_superuser=True)
    for person in (root, sheriff):
        answer = desk.post(act_url(person, "ban"), given(), follow=True)
        assert "You cannot restrict" in answer.content.decode()
    system = User.objects.system()
    assert "Nothing to do" in desk.post(act_url(system, "ban"), given(), follow=True).content.decode()
    assert not Restriction.objects.exists()


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/accounts/logout/", "javascript:alert(1)"]
)
def test_no_way_out_of_the_admin(back: str, desk: Client, bob: User) -> None:
    answer = desk.post(act_url(bob, "mute"), given(back=back))
    assert answer["Location"] == page_of(bob)


def test_no_such_person_or_act(desk: Client, bob: User) -> None:
    assert desk.get(f"{LIST}987654/acts/ban/").status_code == 404
    assert desk.get(f"{LIST}{'9' * 30}/acts/ban/").status_code == 404
    assert desk.get(act_url(bob, "promote")).status_code == 404
