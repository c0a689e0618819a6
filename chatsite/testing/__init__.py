"""The pytest plugin: an environment of its own before Django loads, and the personas of the tests."""

import atexit
import gc
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from chatsite.testing import order, seeded
from chatsite.testing.seeded import PASSWORD

__all__ = ["PASSWORD", "just_signed_in", "sign_in", "town"]

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from chat.models import Membership, Message, Room

# Never the real ones: what stands in DATABASE_URL or REDIS_URL may be somebody's.
_SERVERS = {"DATABASE_URL": "TEST_DATABASE_URL", "REDIS_URL": "TEST_REDIS_URL"}
_OURS = (
    "DEBUG",
    "DEMO",
    "PORT",
    "BIND",
    "WORKERS",
    "DATABASE_POOL",
    "SITE_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SIGNUP",
    "EMAIL_URL",
    "TRUSTED_PROXIES",
    "METRICS_ALLOW",
    "LOG_FORMAT",
    "ADDRESS_SOCKETS",
)
_PROVIDERS = (
    *("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_URL"),
    *("OIDC_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"),
)


def just_signed_in(person: "User", *, ago: float = 0) -> dict[str, Any]:
    """What a session holds, beside Django's own, whose person gave a password so many seconds ago."""
    from allauth.account.internal.flows import login
    from allauth.account.internal.userkit import user_id_to_str

    return {
        login.AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "password", "at": time.time() - ago}],
        login._AUTHENTICATION_METHODS_USER_SESSION_KEY: user_id_to_str(person),
    }


def sign_in(client: "Client", person: "User", *, ago: float = 0) -> None:
    """Sign in without the page; after five minutes what is dangerous asks once more (accounts/reauth.py)."""
    from accounts import signed_in

    client.force_login(person)
    session = client.session
    session.update(just_signed_in(person, ago=ago))
    session.save()
    signed_in.recently.first(str(session.session_key))  # it was here a moment ago: no page has that to write down


def _prepare() -> None:
    for name in (*_OURS, *_PROVIDERS):
        os.environ.pop(name, None)
    for name, test_name in _SERVERS.items():
        os.environ[name] = os.environ.get(test_name, "")
    if os.environ["REDIS_URL"]:
        # Two processes of one run must not hear each other's bells.
        number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
    # In memory where there is such a place: every commit of the tests is synced, as in earnest.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    os.environ["DATA_DIR"] = folder = tempfile.mkdtemp(prefix="chatrooms-test-", dir=memory)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.mkdir(os.path.join(folder, "static"))
    os.environ["SITE_URL"] = "http://testserver"
    os.environ["POST_RATE"] = "0"


def pytest_addoption() -> None:
    """pytest's first hook, ahead of pytest-django loading the settings; importing the package changes nothing."""
    _prepare()


def pytest_configure() -> None:
    """One round of hashing: 25 tests took 17 s with the real number. A server process still reads these passwords."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.test import TransactionTestCase

    from chatsite.testing.emptying import empty

    PBKDF2PasswordHasher.iterations = 1
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]
    _be_patient()


def _be_patient() -> None:
    """Fifty who want the same at once, on a busy machine, are no trouble of the database."""
    from django.conf import settings

    options = settings.DATABASES["default"]["OPTIONS"]
    if "pool" in options:
        options["pool"] = {**options["pool"], "timeout": 30}
        del options["options"]


def pytest_collection_finish() -> None:
    """What was collected stays to the end: from now on the search for garbage leaves it out, and it is made less often.

    It took six of a hundred seconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def _plain_static_files() -> Iterator[None]:
    """Pages of tests name static files as they lie in the source; hashing them has a test of its own."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture(autouse=True, scope="session")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where all processes of this run find what is made once; `./run test` has a place for all its steps."""
    base = tmp_path_factory.getbasetemp()
    os.environ.setdefault(seeded.PLACE, str(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base))


@pytest.fixture(scope="session")
def town() -> Path:
    """The data of a seeded town, to be copied for each server."""
    return seeded.town()


@pytest.fixture(scope="session")
def empty_site() -> Path:
    """The data of a site that nobody has set up, to be copied for each server."""
    return seeded.empty()


@pytest.fixture(scope="session")
def grown_up() -> Path:
    """The data of a town on PostgreSQL; `seeded.load()` takes it to a server."""
    return seeded.grown_up()


@pytest.fixture
def make_person(db: None) -> Callable[..., "User"]:
    from accounts.models import User

    def make(handle: str, **fields: Any) -> "User":
        fields.setdefault("name", handle.capitalize())
        return User.objects.create_user(handle, fields.pop("password", PASSWORD), **fields)

    return make


@pytest.fixture
def alice(make_person: Callable[..., "User"]) -> "User":
    """Owns the room."""
    return make_person("alice")


@pytest.fixture
def bob(make_person: Callable[..., "User"]) -> "User":
    """A member of the room."""
    return make_person("bob")


@pytest.fixture
def mod(make_person: Callable[..., "User"]) -> "User":
    """A moderator of the room."""
    return make_person("mod")


@pytest.fixture
def mallory(make_person: Callable[..., "User"]) -> "User":
    """Signed in, and in no room."""
    return make_person("mallory")


@pytest.fixture
def warden(make_person: Callable[..., "User"]) -> "User":
    """Moderates the whole site; in no room."""
    from django.contrib.auth.models import Group

    person = make_person("warden", is_staff=True)
    person.groups.add(Group.objects.get(name="Site moderators"))
    return person


@pytest.fixture
def keeper(make_person: Callable[..., "User"]) -> "User":
    """Administers the site without being a superuser; in no room."""
    from django.contrib.auth.models import Group

    person = make_person("keeper", is_staff=True)
    person.groups.add(Group.objects.get(name="Site administrators"))
    return person


@pytest.fixture
def room(alice: "User", bob: "User", mod: "User") -> "Room":
    """A public room with alice (owner), mod (moderator) and bob (member)."""
    return furnish(alice, bob, mod, kind="public", name="Harbour")


@pytest.fixture
def private_room(alice: "User", bob: "User", mod: "User") -> "Room":
    """The same as a private room."""
    return furnish(alice, bob, mod, kind="private", name="Captains")


def furnish(owner: "User", member: "User", moderator: "User", *, kind: str, name: str) -> "Room":
    """The rows that the actions leave who make such a room; a test holds them to it. A third of the tests ask for one:
    the actions themselves would be a tenth of all the tests' work."""
    from django.utils import timezone

    from chat.actions.audit import Verb, record
    from chat.models import Membership, Room

    room = Room.objects.create(
        slug=name.lower(), kind=kind, name=name, seq=4, header_seq=1, members_seq=4, created_by_id=owner.pk
    )
    people = [(owner, "owner", 1), (member, "member", 2), (moderator, "moderator", 4)]
    *_others, last = Membership.objects.bulk_create(
        Membership(room=room, user=person, role=role, seq=seq, joined_at=timezone.now()) for person, role, seq in people
    )
    role = ("member", "moderator")
    record(Verb.ROLE, f"membership:{last.pk}", actor=owner, room=room, person_id=moderator.pk, role=role)
    return room


@pytest.fixture
def say() -> Callable[..., "Message"]:
    """Post one message: `say(bob, room, "words")`."""
    from chat import actions
    from chat.models import Message

    def post(author: "User", room: "Room", body: str = "Hello") -> "Message":
        posted = actions.post_message(actor=author, room_id=room.pk, client_id=uuid.uuid4(), body=body)
        return Message.objects.get(pk=posted.message_id)

    return post


@pytest.fixture
def membership_of() -> Callable[..., "Membership"]:
    from chat.models import Membership

    return lambda person, room: Membership.objects.get(user=person, room=room)


@pytest.fixture(autouse=True)
def _rests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits, clocks and the language of one test must not reach the next."""
    yield
    from django.core.cache import cache
    from django.utils import translation

    from chat import limits

    translation.deactivate()  # a request leaves its own behind, as every request begins with one
    limits.forget()
    cache.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first. Without what this run's servers cannot show: `./run test` has a run with them."""
    items.sort(key=lambda item: order.rank(item.path))
    missing = {"postgres": not os.environ.get("TEST_DATABASE_URL"), "redis": not os.environ.get("TEST_REDIS_URL")}
    left_out = [
        item for item in items if any(missing[mark.name] for mark in item.iter_markers() if mark.name in missing)
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
