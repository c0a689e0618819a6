"""Browsers of the personas, and what the addresses of the table are filled in with."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.groups import MODERATORS
from chat.models import Installation, Message, Room
from chatsite.testing import sign_in


@pytest.fixture(autouse=True)
def _on_this_machine_only(settings: Settings) -> None:
    settings.REACHABLE = False


@pytest.fixture
def set_up(db: None) -> None:
    """The installation is in use."""
    Installation.objects.update(set_up_at=timezone.now(), name="Harbour")


@pytest.fixture
def client_of(set_up: None) -> Callable[..., Client]:
    """A browser, signed in as somebody just now; `client_of(alice, json=True)` asks for JSON."""

    def make(person: User | None = None, *, json: bool = False, **options: Any) -> Client:
        client = Client(headers={"accept": "application/json"} if json else None, **options)
        if person is not None:
            sign_in(client, person)
        return client

    return make


@pytest.fixture
def sheriff(make_person: Callable[..., User]) -> User:
    """A moderator of the site, in no room."""
    person = make_person("sheriff", is_staff=True)
    person.groups.add(Group.objects.get(name=MODERATORS))
    return person


@pytest.fixture
def desk(sheriff: User, client_of: Callable[..., Client]) -> Client:
    """A moderator's browser."""
    return client_of(sheriff)


@pytest.fixture
def clerk(make_person: Callable[..., User]) -> User:
    """Staff who may look at every desk, and not act."""
    person = make_person("clerk", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return person


@pytest.fixture
def samples(room: Room, bob: User, say: Callable[..., Message]) -> dict[str, Any]:
    """What stands for each part of an address: bob's message in the public room."""
    return {
        "slug": room.slug,
        "message_id": say(bob, room, "bob said this").pk,
        "user_id": bob.pk,
        "restriction_id": 1,
        "invite_id": 1,
        "handle": bob.handle,
        "picture": f"{'0' * 32}.webp",
        "day": date(2026, 11, 22),
        "token": "0" * 64,
        "key": "abc-123",
        "pk": 1,
        "place_id": 1,
        "uidb36": "1",
        "target": "1/1/",
        "id": bob.pk,
        "object_id": bob.pk,
        "act": "mute",
        "app_label": "chat",
        "url": "nothing/here/",
    }
