"""The rules of handles, pictures and preferences: what changes, who hears of it, and what stays."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.adapter import AccountAdapter, free_handle
from accounts.models import PastHandle, User
from accounts.tests.pictures import photo
from chat import actions, formatting, rendering
from chat.errors import Conflict, Forbidden, Invalid, RateLimited
from chat.models import AuditEntry, Membership, Message, Room
from chat.tests.actions.book import written
from chat.tests.attacks.test_twice import together

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]


@pytest.fixture
def admin(make_person: Callable[..., User]) -> User:
    return make_person("admina", is_staff=True, is_superuser=True)


def call(person: User, handle: str, *, by: User | None = None) -> None:
    """Another handle, by the person or by an administrator."""
    actions.change_handle(actor=by or person, person=person, handle=handle)


def age(person: User, days: int) -> None:
    """As if all that happened so many days earlier."""
    for past in PastHandle.objects.filter(user=person):
        PastHandle.objects.filter(pk=past.pk).update(given_up_at=past.given_up_at - timedelta(days=days))


# --- Handles


def test_another_handle_is_a_change_in_each_room(bob: User, room: Room, private_room: Room) -> None:
    heads = dict(Room.objects.values_list("pk", "seq"))
    call(bob, " Robert ")
    assert User.objects.get(pk=bob.pk).handle == bob.handle == "robert"
    for membership in Membership.objects.filter(user=bob):
        assert membership.seq == heads[membership.room_id] + 1
    call(bob, "robert")
    assert Room.objects.get(pk=room.pk).seq == heads[room.pk] + 1, "the same again is no change"
    assert PastHandle.objects.count() == 1
    assert not written(), "one's own handle is nobody else's business"


def test_old_mentions_keep_working(alice: User, bob: User, mod: User, room: Room, say: Say) -> None:
    said = say(alice, room, "Ask @bob")
    call(bob, "robert")
    again, both = say(alice, room, "Ask @bob again"), say(alice, room, "@bob or @robert, who is one, and @mod")
    assert Message.objects.get(pk=said.pk).html == said.html, "what was said is not touched"
    for message, named in ((said, [bob]), (again, [bob]), (both, [bob, mod])):
        assert [mention.user for mention in message.mentions.order_by("user_id")] == named
        assert f'<span class="mention" data-user-id="{bob.pk}">@bob</span>' in message.html
    assert User.objects.by_handle("bob") == User.objects.by_handle("robert") == bob


def test_a_later_formatter_knows_old_handles(
    alice: User, bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = say(alice, room, "Ask @bob")
    call(bob, "robert")
    monkeypatch.setattr(formatting, "VERSION", formatting.VERSION + 1)
    assert str(rendering.body_html(said)) == said.html


def test_nobody_else_gets_a_handle_that_was_given_up(alice: User, bob: User, mallory: User) -> None:
    call(bob, "robert")
    for taken in ("bob", "robert", "BOB"):
        with pytest.raises(Conflict, match="Choose another"):
            call(mallory, taken)
        with pytest.raises(ValidationError):
            AccountAdapter().clean_username(taken)
        assert free_handle([taken]) not in {"bob", "robert"}
    assert User.objects.get(pk=mallory.pk).handle == "mallory"
    assert not PastHandle.objects.filter(user=mallory).exists()
    assert AccountAdapter().clean_username("bobby") == "bobby"


def test_ones_own_can_be_taken_back(bob: User) -> None:
    call(bob, "robert")
    call(bob, "bob")
    assert User.objects.by_handle("bob") == User.objects.by_handle("robert") == bob
    assert User.objects.get(pk=bob.pk).handle == "bob"


def test_three_changes_in_thirty_days(bob: User) -> None:
    for handle in ("bob-1", "bob-2", "bob-3"):
        call(bob, handle)
    with pytest.raises(RateLimited, match="handle often") as refused:
        call(bob, "bob-4")
    assert 29 * 86400 < float(refused.value.retry_after or 0) <= 30 * 86400
    assert User.objects.get(pk=bob.pk).handle == "bob-3"
    assert User.objects.by_handle("bob-4") is None
    age(bob, 31)
    call(bob, "bob-4")


def test_going_to_and_fro_is_counted_too(bob: User) -> None:
    """Each change within the period leaves a row of its own: at most three, however they go."""
    called = ["bob"]
    for wish in ("robert", "bob", "robert", "bob", "rob", "bobby", "bob", "robert"):
        with suppress(RateLimited):
            call(bob, wish)
        bob.refresh_from_db()
        if bob.handle != called[-1]:
            called.append(bob.handle)
    assert called == ["bob", "robert", "bob"]
    age(bob, 31)
    call(bob, "roberta")


@pytest.mark.parametrize("wrong", ["", "b", "x" * 33, "bob smith", "bob.b", "бob", "admin", "deleted-7", "a\0b"])
def test_what_a_handle_may_be(wrong: str, bob: User) -> None:
    with pytest.raises(Invalid):
        call(bob, wrong)
    assert not PastHandle.objects.exists()


def test_other_peoples_handles(admin: User, warden: User, mallory: User, bob: User) -> None:
    for actor in (mallory, warden):
        with pytest.raises(Forbidden):
            call(bob, "fool", by=actor)
    with pytest.raises(Forbidden):
        call(admin, "fool", by=warden)
    for number in range(4):
        call(bob, f"bob-{number}", by=admin)
    entry = written()[-1]
    assert (entry.actor, entry.person, entry.verb) == (admin, bob, AuditEntry.Verb.ACCOUNT)
    assert (entry.before, entry.after) == ({"handle": "bob-2"}, {"handle": "bob-3"})
    with pytest.raises(RateLimited):
        call(bob, "bob-5")


def test_people_are_found_by_either(alice: User, mallory: User, room: Room) -> None:
    call(mallory, "malory")
    assert actions.add_member(actor=alice, room_id=room.pk, handle="@mallory").user == mallory


def test_signing_in_is_by_the_new_one_only(bob: User) -> None:
    call(bob, "robert")
    for handle, answer in (("bob", 200), ("robert", 302)):
        given = {"login": handle, "password": "correct horse battery"}
        assert Client().post("/accounts/login/", given).status_code == answer, handle


def test_a_deleted_account_is_called_nothing_else(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(anonymised_at=timezone.now())
    for act in (
        lambda: call(bob, "robert"),
        lambda: actions.rename_person(actor=bob, person=bob, name="Robert"),
        lambda: actions.change_picture(actor=bob, person=bob, picture=photo()),
    ):
        with pytest.raises(Conflict):
            act()
    bob.refresh_from_db()
    assert (bob.handle, bob.name, bob.picture) == ("bob", "Bob", "")


# --- How often


@pytest.fixture
def limited(settings: Settings) -> None:
    settings.POST_RATE = (20.0, 2.0)
    return


def test_twenty_changes_at_once(limited: None, bob: User) -> None:
    for number in range(20):
        actions.rename_person(actor=bob, person=bob, name=f"Bob {number}")
    with pytest.raises(RateLimited):
        actions.rename_person(actor=bob, person=bob, name="Bob")
    with pytest.raises(RateLimited):
        actions.change_picture(actor=bob, person=bob, picture=b"not looked at")
    assert User.objects.get(pk=bob.pk).name == "Bob 19"


# --- Preferences


def test_preferences(bob: User) -> None:
    actions.change_preferences(actor=bob, theme="dark", language="de", time_zone="Europe/Oslo")
    bob.refresh_from_db()
    assert (bob.theme, bob.language, bob.time_zone) == ("dark", "de", "Europe/Oslo")
    wrong = [("neon", "de", ""), ("dark", "tlh", ""), ("dark", "DE", ""), ("dark", "", "Mars/Base")]
    for theme, language, zone in (*wrong, ("dark", "../etc/passwd", ""), ("dark", "de", "../etc/passwd")):
        with pytest.raises(Invalid):
            actions.change_preferences(actor=bob, theme=theme, language=language, time_zone=zone)
    actions.change_preferences(actor=bob, theme="auto", language="", time_zone="")
    bob.refresh_from_db()
    assert (bob.theme, bob.language, bob.time_zone) == ("auto", "", "")


# --- At once


class TestAtOnce:
    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

    def test_many_want_one_handle(self, make_person: Callable[..., User]) -> None:
        people = [make_person(f"person-{number}") for number in range(6)]
        answers = together(*(lambda person=person: call(person, "captain") for person in people))
        assert sorted(map(str, answers)) == ["None", *["conflict"] * 5]
        assert User.objects.filter(handle="captain").count() == 1
        assert PastHandle.objects.count() == 1

    def test_one_person_wants_many(self, bob: User) -> None:
        answers = together(*(lambda n=n: call(User.objects.get(pk=bob.pk), f"bob-{n}") for n in range(6)))
        assert answers.count("rate_limited") == 3
        assert PastHandle.objects.filter(user=bob).count() == 3

    def test_taken_while_it_is_given_up(self, bob: User, mallory: User, alice: User) -> None:
        """However they meet: it stays with who had it."""
        together(
            lambda: call(bob, "robert"),
            *(lambda person=person: call(person, "bob") for person in (mallory, alice)),
        )
        bob.refresh_from_db()
        assert bob.handle == "robert"
        assert User.objects.by_handle("bob") == bob
        assert not User.objects.filter(handle="bob").exists()
