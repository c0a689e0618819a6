"""The copy of one's data: everything that is one's own, nothing that is another's, readable without this site."""

import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import StreamingHttpResponse
from django.test import AsyncRequestFactory, Client
from django.utils import timezone

from accounts.models import PastHandle, User
from chat import actions, jobs, takeout
from chat.errors import RateLimited
from chat.models import Job, Message, Revision, Room
from chat.takeout import files
from chat.views import sending
from chatsite.testing import sign_in

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def browser(client: Client, bob: User) -> Client:
    sign_in(client, bob)
    return client


def made(person: User) -> ZipFile:
    actions.request_export(actor=person)
    jobs.work_off()
    path = takeout.find_export(actions.latest_export(person))
    assert path is not None
    return ZipFile(path)


def records(copy: ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(copy.read(name))
    return found


class Links(HTMLParser):
    """What a page loads or leads to, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets |= {value or "" for name, value in attrs if name in {"href", "src"}}


def test_everything_is_in_it(bob: User, alice: User, mod: User, room: Room, say: Say) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@example.org", time_zone="Asia/Tokyo")
    EmailAddress.objects.create(user=bob, email="bob@example.org", verified=True, primary=True)
    SocialAccount.objects.create(user=bob, provider="github", uid="7", extra_data={"login": "bobby"})
    Authenticator.objects.create(user=bob, type="webauthn", data={"name": "Blue key", "credential": {"id": "sekret"}})
    Authenticator.objects.create(user=bob, type="totp", data={"secret": "sekret"})
    PastHandle.objects.create(user=bob, handle="bobby")
    actions.mute_person(actor=mod, user_id=bob.pk, room_id=room.pk, reason="Calm down")
    for restriction in bob.restrictions.all():
        actions.lift_restriction(actor=mod, restriction_id=restriction.pk, reason="Enough")
    edited = say(bob, room, "The first words")
    actions.edit_message(actor=bob, message_id=edited.pk, body="The second words")
    say(alice, room, "Of somebody else")
    bob.refresh_from_db()
    copy = made(bob)
    assert copy.testzip() is None
    assert records(copy, "profile.json")[0]["email"] == "bob@example.org"
    assert records(copy, "past-handles.json")[0]["handle"] == "bobby"
    assert records(copy, "addresses.json") == [{"email": "bob@example.org", "verified": True, "primary": True}]
    assert records(copy, "connected-accounts.json")[0]["extra_data"] == {"login": "bobby"}
    assert [(row["type"], row["name"]) for row in records(copy, "factors.json")] == [
        ("webauthn", "Blue key"),
        ("totp", ""),
    ]
    assert [(row["room"], row["role"]) for row in records(copy, "rooms.json")] == [(room.slug, "member")]
    assert records(copy, "restrictions.json")[0]["reason"] == "Calm down"
    (said,) = records(copy, "messages/messages-00001.json")
    assert (said["text"], said["room"]) == ("The second words", room.slug)
    assert [revision["text"] for revision in said["revisions"]] == ["The first words"]
    whole = b"".join(copy.read(name) for name in copy.namelist())
    assert b"Of somebody else" not in whole
    assert b"sekret" not in whole
    assert b"(JST)" in whole or b"JST" in whole, "times in pages are by the person's clock"


def test_own_acts_and_invitations(alice: User, bob: User, room: Room) -> None:
    actions.mute_person(actor=alice, user_id=bob.pk, room_id=room.pk, reason="Calm")
    invite = actions.make_invite(actor=alice, room_id=room.pk, expires_at=None, uses_limit=3)
    copy = made(alice)
    verbs = {(row["verb"], row["person"]) for row in records(copy, "acts.json")}
    assert ("person.mute", "bob") in verbs
    assert records(copy, "invitations.json")[0]["uses_limit"] == 3
    whole = b"".join(copy.read(name) for name in copy.namelist())
    assert invite.token.encode() not in whole, "a link that holds is no record"


def test_pages_stand_alone_and_run_nothing(bob: User, room: Room, say: Say) -> None:
    User.objects.filter(pk=bob.pk).update(name=SCRIPT)
    Room.objects.filter(pk=room.pk).update(name=SCRIPT)
    say(bob, room, SCRIPT)
    bob.refresh_from_db()
    copy = made(bob)
    names = set(copy.namelist())
    for name in names:
        if not name.endswith(".html"):
            continue
        page = copy.read(name).decode()
        found = Links(page)
        assert "script" not in found.tags, name
        assert SCRIPT not in page, name
        for target in found.targets:
            assert os.path.normpath(os.path.join(os.path.dirname(name), target)) in names, (name, target)
    assert "&lt;script&gt;" in copy.read("messages/messages-00001.html").decode()


def test_a_private_room_one_was_removed_from_keeps_its_new_name(
    alice: User, bob: User, private_room: Room, say: Say
) -> None:
    say(bob, private_room, "My own words")
    actions.remove_member(actor=alice, room_id=private_room.pk, user_id=bob.pk)
    actions.change_room(actor=alice, room_id=private_room.pk, name="Without Bob", topic="")
    copy = made(bob)
    whole = b"".join(copy.read(name) for name in copy.namelist())
    assert b"My own words" in whole
    assert b"Without Bob" not in whole


def test_pages_of_messages(bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.takeout.said.PAGE", 2)
    said = [say(bob, room, f"Number {n}") for n in range(5)]
    for number in (0, 3):
        for version in range(3):
            actions.edit_message(actor=bob, message_id=said[number].pk, body=f"Number {number}, {version}")
    copy = made(bob)
    pages = sorted(name for name in copy.namelist() if name.startswith("messages/") and name.endswith(".json"))
    rows = [row for page in pages for row in records(copy, page)]
    assert (len(pages), [row["id"] for row in rows]) == (3, [message.pk for message in said])
    assert [len(row["revisions"]) for row in rows] == [3, 0, 0, 3, 0]
    assert [r["text"] for r in rows[3]["revisions"]] == ["Number 3", "Number 3, 0", "Number 3, 1"]


def test_a_copy_of_nothing(mallory: User) -> None:
    copy = made(mallory)
    assert "index.html" in copy.namelist()
    assert not [name for name in copy.namelist() if name.startswith("messages/")]


def test_the_picture_comes_along(bob: User) -> None:
    folder = Path(settings.DATA_DIR) / "pictures"
    folder.mkdir()
    (folder / ("a" * 32 + ".webp")).write_bytes(b"RIFF picture")
    User.objects.filter(pk=bob.pk).update(picture="a" * 32 + ".webp")
    bob.refresh_from_db()
    assert made(bob).read("picture.webp") == b"RIFF picture"


class TestFiles:
    def test_only_the_server_reads_them(self, bob: User) -> None:
        path = Path(str(made(bob).filename))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_one_a_day(self, bob: User) -> None:
        made(bob)
        with pytest.raises(RateLimited) as refused:
            actions.request_export(actor=bob)
        assert 0 < (refused.value.retry_after or 0) <= 86_400

    def test_a_new_one_takes_the_place_of_the_last(self, bob: User) -> None:
        first = Path(str(made(bob).filename))
        Job.objects.update(created_at=timezone.now() - timedelta(days=2))
        second = Path(str(made(bob).filename))
        assert (first.exists(), second.exists()) == (False, True)
        assert Job.objects.count() == 1

    def test_asking_twice_is_one_job(self, bob: User) -> None:
        assert actions.request_export(actor=bob) == actions.request_export(actor=bob)

    def test_the_broom(self, bob: User, alice: User) -> None:
        old, young = Path(str(made(bob).filename)), Path(str(made(alice).filename))
        lost, making = (files.folder() / name for name in ("b" * 32 + ".zip", "c" * 32 + ".zip.part"))
        for path in (lost, making):
            path.write_bytes(b"x")
        os.utime(lost, (0, 0))
        Job.objects.filter(person=bob).update(ended_at=timezone.now() - timedelta(days=8))
        takeout.sweep()
        assert (old.exists(), young.exists(), lost.exists(), making.exists()) == (False, True, False, True)
        os.utime(young, (0, 0))
        takeout.sweep()
        assert young.exists(), "its job names it"

    def test_one_that_breaks_leaves_nothing(self, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chat.takeout.archive.Archive.rest", lambda self: 1 / 0)
        actions.request_export(actor=bob)
        for _attempt in range(4):
            jobs.work_off()
            Job.objects.filter(state="waiting").update(not_before=timezone.now())
        assert Job.objects.get().state == Job.State.FAILED
        assert not list(files.folder().iterdir())
        actions.request_export(actor=bob)


class TestDoor:
    def test_asking_looking_and_taking(self, browser: Client, bob: User) -> None:
        assert "Make a copy" in browser.get("/settings/data/").content.decode()
        assert browser.post("/settings/data/").status_code == 302
        assert "is being made" in browser.get("/settings/data/").content.decode()
        program = {"headers": {"accept": "application/json"}}
        assert browser.get("/settings/data/", **program).json()["export"]["state"] == "waiting"
        jobs.work_off()
        assert browser.get("/settings/data/", **program).json()["export"]["state"] == "done"
        assert "is ready" in browser.get("/settings/data/").content.decode()
        answer = browser.get("/settings/data/file/")
        assert answer["Content-Type"] == "application/zip"
        assert answer["Content-Disposition"].startswith('attachment; filename="bob-')
        assert "no-store" in answer["Cache-Control"]
        assert ZipFile(io.BytesIO(b"".join(pieces(answer)))).testzip() is None
        assert browser.post("/settings/data/").status_code == 429
        assert browser.post("/settings/data/", **program).json()["code"] == "rate_limited"

    def test_others_get_their_own_or_none(self, browser: Client, alice: User) -> None:
        made(alice)
        assert browser.get("/settings/data/file/").status_code == 404
        assert Client().get("/settings/data/file/").status_code == 302

    def test_after_seven_days_it_is_gone(self, browser: Client, bob: User) -> None:
        path = Path(str(made(bob).filename))
        Job.objects.update(ended_at=timezone.now() - timedelta(days=7), created_at=timezone.now() - timedelta(days=7))
        assert path.exists(), "the premise: the broom has not come by"
        assert browser.get("/settings/data/file/").status_code == 404
        page = browser.get("/settings/data/").content.decode()
        assert "not kept any more" in page
        assert "Make a copy" in page

    def test_it_must_still_be_the_person(self, client: Client, bob: User) -> None:
        made(bob)
        client.force_login(bob)  # signed in, who knows when
        for answer in (client.get("/settings/data/file/"), client.post("/settings/data/")):
            assert answer.status_code == 302
            assert answer["Location"].endswith("/reauthenticate/?next=/settings/data/")
        assert client.get("/settings/data/").status_code == 200

    def test_a_failed_one_says_so(self, browser: Client, bob: User) -> None:
        job = actions.request_export(actor=bob)
        Job.objects.filter(pk=job.pk).update(state="failed")
        page = browser.get("/settings/data/").content.decode()
        assert "could not be made" in page
        assert "Make a copy" in page


async def test_under_asgi_it_goes_out_piece_by_piece(tmp_path: Path) -> None:
    """Otherwise Django reads the whole file into memory first."""
    path = tmp_path / "copy.zip"
    path.write_bytes(os.urandom(3 * sending.PIECE))
    answer = sending.download(AsyncRequestFactory().get("/"), path, name="bob.zip", content_type="application/zip")
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.is_async
    got = [piece async for piece in answer]
    assert ([len(piece) for piece in got], b"".join(got)) == ([sending.PIECE] * 3, path.read_bytes())
    assert answer["Content-Length"] == str(3 * sending.PIECE)


def pieces(answer: Any) -> Iterator[bytes]:
    yield from answer.streaming_content


def test_many_versions_of_one_message(bob: User, room: Room, say: Say) -> None:
    message, after = say(bob, room), say(bob, room, "Once")
    now = timezone.now()
    versions = [Revision(message=message, body=f"v{n}", author=bob, made_at=now, cause="edit") for n in range(1200)]
    Revision.objects.bulk_create([*versions, Revision(message=after, body="v", author=bob, made_at=now, cause="edit")])
    said, then = records(made(bob), "messages/messages-00001.json")
    assert [revision["text"] for revision in said["revisions"]] == [f"v{n}" for n in range(1200)]
    assert [revision["text"] for revision in then["revisions"]] == ["v"]
