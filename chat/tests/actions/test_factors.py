"""Taking off second factors: who may, and what is left of them."""

from collections.abc import Callable
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from accounts.models import User
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import AuditEntry

pytestmark = pytest.mark.django_db

Person = Callable[..., User]


@pytest.fixture
def keeper(make_person: Person) -> User:
    """May change people's accounts, and is no superuser."""
    person = make_person("keeper", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="change_user"))
    return person


def give_factors(person: User) -> None:
    for kind in ("totp", "webauthn", "webauthn", "recovery_codes"):
        Authenticator.objects.create(user=person, type=kind, data={})


def test_all_are_gone_and_it_is_written_down(keeper: User, bob: User, alice: User) -> None:
    give_factors(bob)
    give_factors(alice)
    actions.remove_factors(actor=keeper, user_id=bob.pk, reason="Lost phone")
    assert not Authenticator.objects.filter(user=bob).exists()
    assert Authenticator.objects.filter(user=alice).count() == 4
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.person_id, entry.reason) == (keeper, bob.pk, "Lost phone")
    kinds = ["recovery_codes", "totp", "webauthn", "webauthn"]
    assert (entry.before, entry.after) == ({"second_factors": kinds}, {"second_factors": []})


def test_who_may_not(keeper: User, bob: User, alice: User, warden: User, make_person: Person) -> None:
    ruler = make_person("ruler", is_staff=True, is_superuser=True)
    other = make_person("other", is_staff=True)
    other.groups.add(Group.objects.get(name="Site administrators"))
    for person in (bob, keeper, ruler, other):
        give_factors(person)
    refused = [(alice, bob), (warden, bob), (bob, bob), (keeper, keeper), (keeper, ruler), (keeper, other)]
    for actor, person in refused:
        with pytest.raises(Forbidden):
            actions.remove_factors(actor=actor, user_id=person.pk, reason="Mine now")
    assert Authenticator.objects.count() == 16
    actions.remove_factors(actor=ruler, user_id=keeper.pk, reason="Lost phone")
    assert Authenticator.objects.count() == 12


def test_a_right_that_was_taken_does_not_count(keeper: User, bob: User) -> None:
    give_factors(bob)
    stale = User.objects.get(pk=keeper.pk)
    assert stale.has_perm("accounts.change_user")
    keeper.user_permissions.clear()
    with pytest.raises(Forbidden):
        actions.remove_factors(actor=stale, user_id=bob.pk, reason="Lost phone")


def test_wrong_calls(keeper: User, bob: User) -> None:
    with pytest.raises(NotFound):
        actions.remove_factors(actor=keeper, user_id=10**6, reason="Lost phone")
    with pytest.raises(Invalid):
        actions.remove_factors(actor=keeper, user_id=bob.pk, reason=" ")
    with pytest.raises(Conflict):
        actions.remove_factors(actor=keeper, user_id=bob.pk, reason="Lost phone")
    assert not AuditEntry.objects.exists()


def test_the_command_helps_the_only_administrator(make_person: Person) -> None:
    give_factors(make_person("ruler", is_staff=True, is_superuser=True))
    said = StringIO()
    call_command("remove_factors", "@Ruler", stdout=said)
    assert "@ruler" in said.getvalue()
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.get().actor.handle == "system"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_factors", "ruler")
