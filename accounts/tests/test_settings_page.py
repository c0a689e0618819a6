"""One's own settings, a person's page and picture."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import FakePayload
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from accounts import uploads
from accounts.models import PastHandle, User
from accounts.pictures import UPLOAD_LIMIT
from accounts.tests.pictures import photo
from chat import actions
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db

WISH = {"name": "Robert", "handle": "robert", "theme": "dark", "language": "", "time_zone": "Europe/Oslo"}


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "pictures"


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


@pytest.fixture
def program(bobs: Client) -> Client:
    bobs.defaults["HTTP_ACCEPT"] = "application/json"
    return bobs


def test_change(bobs: Client, bob: User, room: Room) -> None:
    before = Membership.objects.get(user=bob).seq
    answer = bobs.post("/settings/", {**WISH, "is_staff": "on"})
    assert answer["Location"] == "/settings/"
    bob.refresh_from_db()
    assert (bob.name, bob.handle, bob.theme) == ("Robert", "robert", "dark")
    assert (bob.time_zone, bob.is_staff) == ("Europe/Oslo", False)
    assert Membership.objects.get(user=bob).seq > before, "the rooms hear of the new name"
    page = bobs.get("/settings/").content.decode()
    assert "From now on you sign in as robert." in page
    assert 'data-theme="dark"' in page
    assert 'value="Robert"' in page
    assert '<option value="Europe/Oslo" selected>Oslo</option>' in page


def test_a_handle_that_is_not_sent_stays(bobs: Client, bob: User) -> None:
    assert bobs.post("/settings/", {"name": "Robert", "theme": "dark"}).status_code == 302
    bob.refresh_from_db()
    assert (bob.name, bob.handle) == ("Robert", "bob")


WRONG = [
    ("name", ""),
    ("name", "a\u202eb"),
    ("theme", "neon"),
    ("time_zone", "Mars/Base"),
    ("handle", ""),
    ("handle", "b b"),
    ("handle", "admin"),
    ("handle", "alice"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_wrong(field: str, value: str, bobs: Client, bob: User, alice: User) -> None:
    answer = bobs.post("/settings/", {**WISH, field: value})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode(), "said beside the field"
    bob.refresh_from_db()
    assert (bob.name, bob.handle, bob.theme, bob.time_zone) == ("Bob", "bob", "auto", "")


def test_as_a_program(program: Client, bob: User, alice: User) -> None:
    answer = program.post("/settings/", json.dumps(WISH), content_type="application/json")
    assert answer.json() == {**WISH, "id": bob.pk, "picture": None}
    taken = program.post("/settings/", json.dumps({**WISH, "handle": "alice"}), content_type="application/json")
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    for number in range(2):
        program.post("/settings/", {**WISH, "handle": f"bob-{number}"})
    often = program.post("/settings/", {**WISH, "handle": "bob-9"})
    assert (often.status_code, often.json()["code"]) == (429, "rate_limited")
    assert int(often["Retry-After"]) > 86400


def test_an_old_shorthand_of_a_zone_stays(bobs: Client, bob: User) -> None:
    assert "US/Eastern" not in bobs.get("/settings/").content.decode()
    User.objects.filter(pk=bob.pk).update(time_zone="US/Eastern")
    assert '<option value="US/Eastern" selected>' in bobs.get("/settings/").content.decode()
    assert bobs.post("/settings/", {**WISH, "time_zone": "US/Eastern"}).status_code == 302


# --- Pictures


def upload(client: Client, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> Any:
    return client.post("/settings/picture/", {"picture": SimpleUploadedFile(name, content, kind)})


def test_a_picture(bobs: Client, bob: User, django_capture_on_commit_callbacks: Any) -> None:
    assert upload(bobs, photo())["Location"] == "/settings/"
    bob.refresh_from_db()
    answer = bobs.get(bob.picture_url or "")
    assert Image.open(BytesIO(answer.content)).format == answer["Content-Type"].removeprefix("image/").upper() == "WEBP"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in answer
    page = bobs.get("/settings/").content.decode()
    assert page.count(f'src="{bob.picture_url}"') == 2, "here and beside one's name"
    with django_capture_on_commit_callbacks(execute=True):
        assert bobs.post("/settings/picture/", {"remove": "1"})["Location"] == "/settings/"
    assert bobs.get(bob.picture_url or "").status_code == 404, "taken away for everybody"
    assert "<img" not in bobs.get("/settings/").content.decode()


def test_a_picture_is_for_those_who_are_signed_in(bobs: Client, bob: User, mallory: User) -> None:
    upload(bobs, photo())
    bob.refresh_from_db()
    url = bob.picture_url or ""
    assert Client().get(url)["Location"] == f"/accounts/login/?next={url}"
    stranger = Client()
    stranger.force_login(mallory)
    assert stranger.get(url).status_code == 200, "names and pictures are for everybody here"


@pytest.mark.parametrize("name", ["x.html", "../../secret-key", "photo.svg", "a" * 300, "\u202egpj.exe"])
def test_the_name_and_kind_that_a_browser_claims_count_for_nothing(name: str, bobs: Client, bob: User) -> None:
    assert upload(bobs, photo(), name, "text/html").status_code == 302
    bob.refresh_from_db()
    assert bobs.get(bob.picture_url or "")["Content-Type"] == "image/webp"


REFUSED = {
    "HTML": (b"<script>alert(1)</script>", 400, "no picture"),
    "empty": (b"", 400, "no picture"),
    "damaged": (photo()[:500], 400, "damaged"),
    "limit plus one": (photo() + bytes(UPLOAD_LIMIT + 1 - len(photo())), 413, "up to 5 MB"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_refused_pictures(wrong: str, bobs: Client, bob: User, folder: Path) -> None:
    content, status, words = REFUSED[wrong]
    page = upload(bobs, content)
    assert page.status_code == status
    assert words in page.content.decode()
    assert 'id="id_picture_error" role="alert"><p>' in page.content.decode(), "said where it was chosen"
    assert 'value="Bob"' in page.content.decode(), "the rest of the page is there"
    answer = bobs.post(
        "/settings/picture/", {"picture": SimpleUploadedFile("x", content)}, headers={"accept": "application/json"}
    )
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    bob.refresh_from_db()
    assert bob.picture == ""
    assert not folder.exists() or not list(folder.iterdir())


def test_just_at_the_limit(bobs: Client) -> None:
    assert upload(bobs, photo() + bytes(UPLOAD_LIMIT - len(photo()))).status_code == 302


def test_none_chosen(bobs: Client) -> None:
    page = bobs.post("/settings/picture/")
    assert (page.status_code, "Choose a picture first." in page.content.decode()) == (400, True)


class NeverRead(FakePayload):
    def read(self, *args: Any) -> bytes:
        raise AssertionError("it was read")


@pytest.mark.parametrize("place", ["/settings/picture/", "/accounts/login/", "/rooms/new/"])
def test_a_body_that_is_too_large_is_refused_unread(place: str, bobs: Client, in_use: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = bobs.cookies
    strict.get("/settings/")  # for the token's cookie
    head = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": NeverRead(b"")}
    answer = strict.generic("POST", place, CONTENT_LENGTH=str(uploads.FORM_LIMIT + 1), **head)
    assert answer.status_code == 413
    assert "up to 5 MB" in answer.content.decode()


def test_what_comes_counts_when_nothing_was_said_of_it() -> None:
    handler = uploads.BoundedUpload()
    handler.handle_raw_input(None, {}, 0, b"x")
    for place in range(0, uploads.FORM_LIMIT, 2**20):
        handler.receive_data_chunk(bytes(min(2**20, uploads.FORM_LIMIT - place)), place)
    with pytest.raises(uploads.UploadTooLarge):
        handler.receive_data_chunk(b"x", uploads.FORM_LIMIT)


# --- A person's page


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


def test_a_handle_that_was_given_up_leads_to_the_present_one(bobs: Client, alice: User) -> None:
    actions.change_handle(actor=alice, person=alice, handle="alicia")
    assert bobs.get("/people/alice/")["Location"] == "/people/alicia/"
    assert bobs.get("/people/alicia/").status_code == 200


def test_a_deleted_person_has_no_page(bobs: Client, alice: User) -> None:
    PastHandle.objects.create(handle="al", user=alice)
    User.objects.filter(pk=alice.pk).update(anonymised_at=timezone.now())
    assert [bobs.get(f"/people/{handle}/").status_code for handle in ("alice", "al")] == [404, 404]


def test_a_picture_wherever_a_person_is_shown(
    bobs: Client, bob: User, room: Room, say: Callable[..., Any], settings: Settings
) -> None:
    say(bob, room, "Hello")
    upload(bobs, photo())
    bob.refresh_from_db()
    there = f'<img src="{bob.picture_url}" alt="" width="192" height="192"'
    for place, times in (("", 4), ("members/", 2), ("messages/", 1)):
        page = bobs.get(f"/rooms/{room.slug}/{place}").content.decode()
        assert page.count(there) == times, place
    assert bobs.get("/people/bob/").content.decode().count(there) == 2
    changes = bobs.get(f"/rooms/{room.slug}/changes/?after=0").json()
    assert changes["messages"][0]["author"]["picture"] == bob.picture_url
    assert {member["user"]["handle"]: member["user"]["picture"] for member in changes["members"]}["alice"] is None
