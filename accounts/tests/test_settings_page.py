"""One's own settings, and a person's page."""

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_change(bobs: Client, bob: User, room: Room) -> None:
    before = Membership.objects.get(user=bob).seq
    answer = bobs.post("/settings/", {"name": "Robert", "theme": "dark", "time_zone": "Europe/Oslo", "is_staff": "on"})
    assert answer["Location"] == "/settings/"
    bob.refresh_from_db()
    assert (bob.name, bob.theme, bob.time_zone, bob.is_staff) == ("Robert", "dark", "Europe/Oslo", False)
    assert Membership.objects.get(user=bob).seq > before, "the rooms hear of the new name"
    page = bobs.get("/settings/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'value="Robert"' in page


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "a\u202eb"), ("theme", "neon"), ("time_zone", "Mars/Base")]
)
def test_wrong(field: str, value: str, bobs: Client, bob: User) -> None:
    given = {"name": "Robert", "theme": "dark", "time_zone": "", field: value}
    assert bobs.post("/settings/", given).status_code == 400
    bob.refresh_from_db()
    assert (bob.name, bob.theme) == ("Bob", "auto")


def test_profile(bobs: Client, alice: User, room: Room, private_room: Room, mallory: User) -> None:
    page = bobs.get("/people/alice/").content.decode()
    assert "@alice" in page
    assert room.name in page
    assert private_room.name in page
    stranger = Client()
    stranger.force_login(mallory)
    page = stranger.get("/people/alice/").content.decode()
    assert room.name in page
    assert private_room.name not in page


@pytest.mark.parametrize("handle", ["nobody", "system", "a%00b"])
def test_no_such_person(handle: str, bobs: Client) -> None:
    assert bobs.get(f"/people/{handle}/").status_code == 404
