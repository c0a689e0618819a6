"""One message at the moderators' desk, and taking messages from sight and back, one by one and in bulk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Message, Room
from chat.tests.doors.log_reading import LOG, act, shown

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


@pytest.fixture
def looker(clerk: User, client_of: ClientOf) -> Client:
    """Staff who may look, and not act."""
    return client_of(clerk)


# --- One message


def test_a_message_with_its_context_versions_and_audit(
    desk: Client, sheriff: User, room: Room, bob: User, alice: User, say: Any
) -> None:
    before, message, after = say(alice, room, "before"), say(bob, room, "the quick fox"), say(alice, room, "behind")
    actions.edit_message(actor=bob, message_id=message.pk, body="the slow fox")
    actions.hide_message(actor=sheriff, message_id=message.pk, reason="no foxes here")
    page = desk.get(f"{LOG}{message.pk}/change/")
    text = page.content.decode()
    assert shown(page) == [before.pk, message.pk, after.pk]
    assert "the <del>quick</del> fox" in text
    assert "the <ins>slow</ins> fox" in text
    assert "No longer in sight." in text
    assert text.count("no foxes here") >= 3, "in the fragment, the facts and the audit"
    assert f"/admin/accounts/user/{bob.pk}/change/" in text
    assert "acts/restore/" in text
    assert "acts/hide/" not in text


def test_staff_without_the_right_to_people_get_no_links_to_them(
    looker: Client, clerk: User, room: Room, bob: User, say: Any
) -> None:
    clerk.user_permissions.set(Permission.objects.filter(codename="view_message"))
    message = say(bob, room)
    for address in (LOG, f"{LOG}{message.pk}/change/"):
        text = looker.get(address).content.decode()
        assert "@bob" in text
        assert "/admin/accounts/user/" not in text


def test_a_message_that_is_not_there(desk: Client) -> None:
    for wrong in ("999999", "x", "9" * 30):
        assert desk.get(f"{LOG}{wrong}/change/").status_code == 302


# --- Acts


def test_hide_and_restore_in_bulk(desk: Client, sheriff: User, room: Room, bob: User, say: Any) -> None:
    said = [say(bob, room, f"word {n}") for n in range(3)]
    asked = act(desk, "hide", said[:2])
    assert asked.status_code == 200
    assert "word 0" in asked.content.decode()
    assert not Message.objects.filter(deleted_at__isnull=False).exists(), "asking does nothing"
    wrong = act(desk, "hide", said[:2], confirmed="yes", reason="  ")
    assert wrong.status_code == 400
    done = act(desk, "hide", said[:2], f"{LOG}?room={room.slug}", confirmed="yes", reason="spam")
    assert (done.status_code, done["Location"]) == (302, f"{LOG}?room={room.slug}")
    assert set(Message.objects.filter(deleted_by=sheriff, deleted_reason="spam")) == set(said[:2])
    assert "word 1" in act(desk, "restore", said[:2]).content.decode(), "what a tombstone said is told who restores it"
    act(desk, "restore", said, confirmed="yes", reason="was no spam")
    assert not Message.objects.filter(deleted_at__isnull=False).exists()
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", "reason")
    hides, restores = [("message.hide", "spam")] * 2, [("message.restore", "was no spam")] * 2
    assert list(verbs.filter(actor=sheriff)) == hides + restores


def test_one_by_one_from_its_page(desk: Client, room: Room, bob: User, say: Any) -> None:
    message = say(bob, room, "rude words")
    address = f"{LOG}{message.pk}/acts/hide/"
    assert "rude words" in desk.get(address).content.decode()
    done = desk.post(address, {"confirmed": "yes", "reason": "rude"})
    assert done["Location"] == f"{LOG}{message.pk}/change/"
    message.refresh_from_db()
    assert message.deleted_reason == "rude"


def test_its_author_is_one_step_away(desk: Client, looker: Client, room: Room, bob: User, say: Any) -> None:
    message = say(bob, room)
    page = f"{LOG}{message.pk}/change/"
    text = desk.get(page).content.decode().replace("&amp;", "&")
    for name in ("mute", "ban", "remove"):
        address = f"/admin/accounts/user/{bob.pk}/acts/{name}/?back={page.replace('/', '%2F')}&place={room.pk}"
        assert address in text
        assert desk.get(address).status_code == 200
    assert "acts/" not in looker.get(page).content.decode()
    given = {"confirmed": "yes", "back": page, "place": room.pk, "lasts": "day", "reason": "too loud"}
    done = desk.post(f"/admin/accounts/user/{bob.pk}/acts/mute/", given)
    assert (done.status_code, done["Location"]) == (302, page)
    assert bob.restrictions.get().room == room


def test_what_its_author_deleted_is_left_out(desk: Client, room: Room, bob: User, say: Any) -> None:
    message = say(bob, room)
    actions.delete_message(actor=bob, message_id=message.pk)
    for name in ("hide", "restore"):
        answer = act(desk, name, [message], confirmed="yes", reason="because")
        assert answer.status_code == 302
        told = desk.get(LOG).content.decode()
        assert "1 of the ticked messages is left out" in told
        assert "Done" not in told
    message.refresh_from_db()
    assert message.is_deleted
    assert not AuditEntry.objects.filter(target=f"message:{message.pk}").exists()


def test_ticks_that_are_none(desk: Client, room: Room, bob: User, say: Any) -> None:
    say(bob, room)
    for ticks in ([], ["x"], ["9" * 40], ["1; drop"], [str(n) for n in range(101)]):
        answer = desk.post(LOG, {"action": "hide", "_selected_action": ticks, "confirmed": "yes", "reason": "x"})
        assert answer.status_code == 302
    assert desk.post(LOG, {"action": "purge", "_selected_action": ["1"]}).status_code == 404
    assert not Message.objects.filter(deleted_at__isnull=False).exists()


def test_staff_without_the_right_look_and_do_not_act(looker: Client, room: Room, bob: User, say: Any) -> None:
    message = say(bob, room, "to be seen")
    for address in (LOG, f"{LOG}?room={room.slug}", f"{LOG}{message.pk}/change/"):
        text = looker.get(address).content.decode()
        assert "to be seen" in text
        assert 'type="checkbox"' not in text
        assert "/acts/" not in text
    assert act(looker, "hide", [message], confirmed="yes", reason="x").status_code == 403
    assert looker.post(f"{LOG}{message.pk}/acts/hide/", {"confirmed": "yes", "reason": "x"}).status_code == 403
    assert looker.get(f"/admin/chat/room/{room.pk}/open/").status_code == 403
    message.refresh_from_db()
    assert not message.is_deleted


def test_staff_without_any_right_see_nothing(
    make_person: Callable[..., User], client_of: ClientOf, room: Room, bob: User, say: Any
) -> None:
    message, nobody = say(bob, room), client_of(make_person("visitor", is_staff=True))
    for address in (LOG, f"{LOG}{message.pk}/change/", "/admin/chat/room/", "/admin/chat/room/closed/"):
        assert nobody.get(address).status_code == 403
    assert act(nobody, "hide", [message], confirmed="yes", reason="x").status_code == 403
