"""The scene of the attacks, made anew for each test."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.groups import MODERATORS
from chat.models import Installation
from chat.tests.attacks.scene import Scene, make_staff
from chat.tests.live.conftest import often, tab
from chatsite.testing.social import provider

__all__ = ["often", "provider", "tab"]


@pytest.fixture(autouse=True)
def _on_this_machine_only(settings: Settings) -> None:
    settings.REACHABLE = False


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


@pytest.fixture
def ada(db: None, make_person: Callable[..., User]) -> User:
    Installation.objects.update(set_up_at=timezone.now())
    return make_person("ada", email="ada@example.org")


@pytest.fixture
def desk(scene: Scene) -> Scene:
    """With those of STAFF in their offices."""
    make_staff(scene["boss"], "superuser")
    make_staff(scene["rival"], MODERATORS)
    make_staff(scene["gone"], "")
    make_staff(scene["mallory"], "").user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return scene
