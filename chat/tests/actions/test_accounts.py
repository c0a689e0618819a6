"""Shutting accounts out and letting them in again: by administrators, with a reason, down the ranks only."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import AuditEntry

pytestmark = pytest.mark.django_db


def is_active(person: User) -> bool:
    return User.objects.get(pk=person.pk).is_active


def test_out_and_in_again(keeper: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    before = bob.get_session_auth_hash()
    actions.deactivate_person(actor=keeper, user_id=bob.pk, reason="Left the firm")
    assert not is_active(bob)
    actions.reactivate_person(actor=keeper, user_id=bob.pk, reason="Is back")
    assert is_active(bob)
    assert User.objects.get(pk=bob.pk).get_session_auth_hash() != before, "sessions of before stay ended"
    out, back = AuditEntry.objects.order_by("pk")
    assert (out.verb, out.actor, out.person, out.reason) == ("person.deactivate", keeper, bob, "Left the firm")
    assert (out.before, out.after) == ({"is_active": True}, {"is_active": False})
    assert (back.verb, back.after) == ("person.reactivate", {"is_active": True})


def test_twice_is_once(keeper: User, bob: User) -> None:
    for _time in range(2):
        actions.deactivate_person(actor=keeper, user_id=bob.pk, reason="Spam")
    assert AuditEntry.objects.count() == 1


def test_a_reason_is_asked_for(keeper: User, bob: User) -> None:
    with pytest.raises(Invalid):
        actions.deactivate_person(actor=keeper, user_id=bob.pk, reason=" ")
    assert is_active(bob)


def test_who_may(keeper: User, warden: User, mallory: User, bob: User, make_person: Callable[..., User]) -> None:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    equal = make_person("equal", is_staff=True)
    equal.groups.add(Group.objects.get(name="Site administrators"))
    for actor, person in ((mallory, bob), (warden, bob), (keeper, keeper), (keeper, boss), (keeper, equal)):
        for act in (actions.deactivate_person, actions.reactivate_person):
            with pytest.raises(Forbidden):
                act(actor=actor, user_id=person.pk, reason="Spam")
    for actor, person in ((keeper, warden), (boss, equal), (User.objects.system(), bob)):
        actions.deactivate_person(actor=actor, user_id=person.pk, reason="Spam")
        assert not is_active(person)
    with pytest.raises(Forbidden):
        actions.deactivate_person(actor=equal, user_id=bob.pk, reason="shut out himself, with an old page open")


def test_nobody_and_the_system(keeper: User) -> None:
    for user_id in (0, 2**62, User.objects.system().pk):
        with pytest.raises(NotFound):
            actions.deactivate_person(actor=keeper, user_id=user_id, reason="Spam")


def test_the_last_administrator_stays(make_person: Callable[..., User]) -> None:
    boss = make_person("boss", is_staff=True, is_superuser=True)
    with pytest.raises(Conflict):
        actions.deactivate_person(actor=User.objects.system(), user_id=boss.pk, reason="Spam")
    make_person("second", is_staff=True, is_superuser=True)
    actions.deactivate_person(actor=User.objects.system(), user_id=boss.pk, reason="Spam")
    assert not is_active(boss)


def test_the_deleted_stay_deleted(keeper: User, bob: User) -> None:
    actions.erase_person(actor=bob, person=bob, keep_messages=True)
    with pytest.raises(Conflict):
        actions.reactivate_person(actor=keeper, user_id=bob.pk, reason="Wants back")
    assert not is_active(bob)
