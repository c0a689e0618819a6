"""What sockets ask: whose session this is, and whether it still holds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.sessions import Identity, banned, identify, lapsed
from chat.models import Restriction
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", name="Ada L.")


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)


@pytest.fixture
def held(ada: User) -> Identity:
    identity = identify(signed_in(ada))
    assert identity is not None
    return identity


def ban(user: User) -> Restriction:
    return Restriction.objects.create(kind="ban", user=user, by=user, reason="spam")


def test_identify(ada: User) -> None:
    key = signed_in(ada)
    identity = identify(key)
    assert identity is not None
    assert (identity.user_id, identity.handle, identity.name, identity.session_key) == (ada.pk, "ada", "Ada L.", key)
    assert lapsed([identity]) == {}


@pytest.mark.parametrize("key", [None, "", "garbled", "x" * 500, "../../etc/passwd", "\u0000", "ключ"])
def test_no_such_session(key: str | None, db: None) -> None:
    assert identify(key) is None


def test_a_signed_out_browsers_session(in_use: None) -> None:
    client = Client()
    session = client.session
    session["anything"] = 1
    session.save()
    assert identify(session.session_key) is None


def test_expired(held: Identity) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert identify(held.session_key) is None
    assert lapsed([held]) == {held: 4401}


def test_signed_out(held: Identity) -> None:
    Session.objects.filter(pk=held.session_key).delete()
    assert identify(held.session_key) is None
    assert lapsed([held]) == {held: 4401}


def test_password_changed(held: Identity, ada: User) -> None:
    ada.set_password("another one entirely")
    ada.save()
    assert identify(held.session_key) is None
    assert lapsed([held]) == {held: 4401}
    assert Session.objects.filter(pk=held.session_key).exists(), "looking must not flush a session"


def test_deactivated(held: Identity, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert identify(held.session_key) is None
    assert lapsed([held]) == {held: 4401}


def test_banned(held: Identity, ada: User) -> None:
    assert not banned(ada.pk)
    restriction = ban(ada)
    assert banned(ada.pk)
    assert lapsed([held]) == {held: 4403}
    Restriction.objects.filter(pk=restriction.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert not banned(ada.pk)
    assert identify(held.session_key) is not None
    assert lapsed([held]) == {}


def test_a_rotated_secret_key_signs_nobody_out(held: Identity, settings: Settings) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-secret-key-" * 3, [old]
    assert identify(held.session_key) == held
    assert lapsed([held]) == {}
    settings.SECRET_KEY_FALLBACKS = []
    assert identify(held.session_key) is None
    assert lapsed([held]) == {held: 4401}


def test_another_backends_session(held: Identity, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert identify(held.session_key) is None


def test_many_cost_three_queries(
    make_person: Callable[..., User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_person(f"person{number}", password=PASSWORD) for number in range(6)]
    found = [identify(signed_in(person)) for person in people]
    identities = [identity for identity in found if identity is not None]
    ban(people[0])
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    with django_assert_num_queries(3):
        codes = lapsed(identities)
    assert codes == {identities[0]: 4403, identities[1]: 4401}
    with django_assert_num_queries(0):
        assert lapsed([]) == {}
