"""The pages of invitations: making and withdrawing links, and the public page a link opens."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from chat import actions
from chat.models import Invite, Membership, Restriction, Room

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
TERMS = {"lasts": "week", "uses": "5"}


@pytest.fixture
def invite(alice: User, private_room: Room) -> Invite:
    return actions.make_invite(actor=alice, room_id=private_room.pk, expires_at=None, uses_limit=None)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# --- Giving away


def test_an_owner_makes_a_link_and_withdraws_it(client_of: ClientOf, alice: User, private_room: Room) -> None:
    here, browser = f"/rooms/{private_room.slug}/invites/", client_of(alice)
    assert "None yet." in text_of(browser.get(here))
    answer = browser.post(here, TERMS)
    made = Invite.objects.get()
    assert answer["Location"] == f"{here}#invite-{made.pk}"
    assert (made.room, made.uses_limit) == (private_room, 5)
    assert made.expires_at is not None
    assert abs(made.expires_at - timezone.now() - timedelta(weeks=1)) < timedelta(minutes=1)
    page = text_of(browser.get(here))
    assert f'value="http://testserver/join/{made.token}/"' in page
    assert "0 of 5 have come" in page
    assert browser.post(f"{here}{made.pk}/withdraw/")["Location"] == here
    assert made.token not in text_of(browser.get(here))


def test_programs_get_the_link(client_of: ClientOf, alice: User, private_room: Room) -> None:
    here, program = f"/rooms/{private_room.slug}/invites/", client_of(alice, json=True)
    answer = program.post(here, {"lasts": "always", "uses": "any"}, content_type="application/json")
    made = Invite.objects.get()
    assert (made.expires_at, made.uses_limit) == (None, None)
    assert (answer.status_code, answer.json()) == (
        201,
        {"invite": made.pk, "link": f"http://testserver/join/{made.token}/"},
    )
    assert program.post(f"{here}{made.pk}/withdraw/").json() == {"invite": made.pk}
    wrong = program.post(here, {"lasts": "for ever", "uses": "0"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")


def test_a_form_that_is_wrong_says_so(client_of: ClientOf, alice: User, private_room: Room) -> None:
    answer = client_of(alice).post(f"/rooms/{private_room.slug}/invites/", {"lasts": "week", "uses": "7"})
    assert answer.status_code == 400
    assert "errors" in text_of(answer)
    assert not Invite.objects.exists()


def test_too_many_say_so_on_the_page(client_of: ClientOf, alice: User, private_room: Room) -> None:
    Invite.objects.bulk_create(Invite(room=private_room, created_by=alice) for _number in range(50))
    answer = client_of(alice).post(f"/rooms/{private_room.slug}/invites/", TERMS)
    assert answer.status_code == 400
    assert "50 invitations hold already" in text_of(answer)


def test_a_link_of_another_room_is_not_withdrawn_here(
    client_of: ClientOf, alice: User, room: Room, invite: Invite
) -> None:
    for elsewhere in (f"/rooms/{room.slug}/invites/", "/settings/invites/"):
        assert client_of(alice).post(f"{elsewhere}{invite.pk}/withdraw/").status_code == 404
    assert Invite.objects.get().is_usable


def test_administrators_invite_onto_the_site(client_of: ClientOf, keeper: User, invite: Invite) -> None:
    browser = client_of(keeper)
    assert invite.token not in text_of(browser.get("/settings/invites/")), "rooms' links are the rooms'"
    browser.post("/settings/invites/", TERMS)
    made = Invite.objects.get(room=None)
    assert made.token in text_of(browser.get("/settings/invites/"))
    assert browser.post(f"/settings/invites/{invite.pk}/withdraw/").status_code == 404
    browser.post(f"/settings/invites/{made.pk}/withdraw/")
    assert not Invite.objects.get(pk=made.pk).is_usable


@pytest.mark.parametrize("who", ["alice", "warden"])
def test_others_find_nothing_there(who: str, client_of: ClientOf, request: pytest.FixtureRequest) -> None:
    browser = client_of(request.getfixturevalue(who))
    assert browser.get("/settings/invites/").status_code == 404
    assert browser.post("/settings/invites/", TERMS).status_code == 404
    assert not Invite.objects.exists()


def test_the_ways_there(
    client_of: ClientOf, alice: User, mod: User, keeper: User, room: Room, private_room: Room
) -> None:
    at = f"{private_room.get_absolute_url()}invites/"
    for page in (private_room.get_absolute_url(), f"{private_room.get_absolute_url()}members/"):
        assert at in text_of(client_of(alice).get(page)), page
        assert at not in text_of(client_of(mod).get(page)), page
    assert "/settings/invites/" in text_of(client_of(keeper).get("/settings/"))
    assert "/settings/invites/" not in text_of(client_of(alice).get("/settings/"))


def test_queries_do_not_grow(
    client_of: ClientOf,
    alice: User,
    keeper: User,
    private_room: Room,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Invite.objects.bulk_create(Invite(room=private_room, created_by=alice) for _number in range(40))
    Invite.objects.bulk_create(Invite(created_by=keeper) for _number in range(40))
    for who, page in ((alice, f"/rooms/{private_room.slug}/invites/"), (keeper, "/settings/invites/")):
        browser = client_of(who)
        with django_assert_max_num_queries(12):
            assert text_of(browser.get(page)).count("/join/") == 40


# --- Coming


def test_the_page_of_a_link(client_of: ClientOf, alice: User, mallory: User, invite: Invite) -> None:
    page = text_of(client_of().get(f"/join/{invite.token}/"))
    assert "Captains" in page
    assert "Alice" in page
    assert "Make an account" in page
    assert not re.search(r"\bbob\b", page.lower()), "who is in it, nobody outside is told"
    page = text_of(client_of(mallory).get(f"/join/{invite.token}/"))
    assert "Join the room" in page
    assert "Make an account" not in page


def test_joining(client_of: ClientOf, mallory: User, private_room: Room, invite: Invite) -> None:
    browser = client_of(mallory)
    answer = browser.post(f"/join/{invite.token}/")
    assert answer["Location"] == private_room.get_absolute_url()
    assert Membership.objects.get(user=mallory, room=private_room).is_in
    assert browser.get(f"/join/{invite.token}/")["Location"] == private_room.get_absolute_url()


def test_who_is_in_goes_there_by_a_dead_link_too(
    client_of: ClientOf, alice: User, bob: User, private_room: Room, invite: Invite
) -> None:
    actions.withdraw_invite(actor=alice, invite_id=invite.pk)
    for method in ("get", "post"):
        answer = getattr(client_of(bob), method)(f"/join/{invite.token}/")
        assert answer["Location"] == private_room.get_absolute_url()


def test_the_banned_are_refused(
    client_of: ClientOf, alice: User, mallory: User, private_room: Room, invite: Invite
) -> None:
    Restriction.objects.create(kind="ban", user=mallory, room=private_room, by=alice, reason="Spam")
    answer = client_of(mallory).post(f"/join/{invite.token}/")
    assert answer.status_code == 403
    assert not Membership.objects.filter(user=mallory).exists()


def test_a_link_onto_the_site(client_of: ClientOf, keeper: User, mallory: User) -> None:
    invite = actions.make_invite(actor=keeper, room_id=None, expires_at=None, uses_limit=1)
    assert "Make an account" in text_of(client_of().get(f"/join/{invite.token}/"))
    page = text_of(client_of(mallory).get(f"/join/{invite.token}/"))
    assert "You have an account here" in page
    assert client_of(mallory).post(f"/join/{invite.token}/")["Location"] == "/"
    assert Invite.objects.get(pk=invite.pk).uses == 0


def test_all_dead_links_look_alike(
    client_of: ClientOf, alice: User, mallory: User, private_room: Room, invite: Invite
) -> None:
    """Also to a program, and also those that were never made."""
    links = {name: actions.make_invite(actor=alice, room_id=private_room.pk, expires_at=None, uses_limit=1)
             for name in ("used", "over", "withdrawn")}  # fmt: skip
    tokens = {name: made.token for name, made in links.items()}
    actions.withdraw_invite(actor=alice, invite_id=links["withdrawn"].pk)
    Invite.objects.filter(pk=links["used"].pk).update(uses=1)
    Invite.objects.filter(pk=links["over"].pk).update(expires_at=timezone.now())
    tokens |= {"unknown": f"999-{'0' * 32}", "garbled": "%F0%9F%98%80", "cut": invite.token[:-3], "words": "set-up"}
    assert client_of().get(f"/join/{invite.token}/").status_code == 200, "the premise"
    for person in (None, mallory):
        for json in (False, True):
            browser = client_of(person, json=json)
            seen = set()
            for name, token in tokens.items():
                for method in ("get", "post"):
                    answer = getattr(browser, method)(f"/join/{token}/")
                    assert answer.status_code == 404, name
                    seen.add(re.sub(r'value="[^"]{20,}"', "", text_of(answer)))
            assert len(seen) == 1
            assert "Captains" not in seen.pop()


def test_guessing_is_slowed(client_of: ClientOf, invite: Invite, settings: Settings) -> None:
    settings.POST_RATE = (20, 2)
    stranger = client_of(json=True, REMOTE_ADDR="203.0.113.7")
    statuses = [stranger.get(f"/join/{number}-{'0' * 32}/").status_code for number in range(31)]
    assert statuses == [404] * 30 + [429]
    answer = stranger.get(f"/join/{invite.token}/")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited"), "or a guess could be told from a miss"
    assert int(answer["Retry-After"]) > 0
    forged = client_of(json=True, REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert forged.get(f"/join/{invite.token}/").status_code == 429
    assert client_of(REMOTE_ADDR="203.0.113.8").get(f"/join/{invite.token}/").status_code == 200
    for address in ("2001:db8::1", "2001:db8::2"):
        client = client_of(REMOTE_ADDR=address)
        statuses = [client.get("/join/1-x/").status_code for _time in range(16)]
    assert statuses[-1] == 429, "an IPv6 household is one"


def test_good_links_are_not_counted(client_of: ClientOf, invite: Invite, settings: Settings) -> None:
    settings.POST_RATE = (20, 2)
    browser = client_of(REMOTE_ADDR="203.0.113.7")
    assert {browser.get(f"/join/{invite.token}/").status_code for _time in range(40)} == {200}


def test_words_of_people_are_shown_as_text(client_of: ClientOf, alice: User, room: Room) -> None:
    User.objects.filter(pk=alice.pk).update(name="<b>Al</b>")
    Room.objects.filter(pk=room.pk).update(name="<i>Pier</i>")
    invite = actions.make_invite(actor=alice, room_id=room.pk, expires_at=None, uses_limit=None)
    for page in (f"/join/{invite.token}/", f"/rooms/{room.slug}/invites/"):
        words = text_of(client_of(alice if "rooms" in page else None).get(page))
        assert "<b>Al" not in words
        assert "<i>Pier" not in words
        assert "&lt;i&gt;Pier" in words
