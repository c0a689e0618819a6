"""A person's picture: how it comes and goes, who may take it away, and that no file stays that nobody names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts import pictures
from accounts.models import User
from accounts.tests.pictures import file_of, halves, photo
from chat import actions
from chat.errors import ChatError, Forbidden, Invalid
from chat.models import Membership, Room
from chat.tests.actions.book import written
from chat.tests.attacks.test_twice import together

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "pictures"


@pytest.fixture
def admin(make_person: Callable[..., User]) -> User:
    return make_person("admina", is_staff=True, is_superuser=True)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_picture_comes_and_goes(bob: User, room: Room, folder: Path, commits: Callable[[], Any]) -> None:
    seqs = [Membership.objects.get(user=bob, room=room).seq]
    seen = []
    for given in (photo(), file_of(halves()), None):
        with commits():
            actions.change_picture(actor=bob, person=bob, picture=given)
        assert User.objects.get(pk=bob.pk).picture == bob.picture
        assert files(folder) == ([bob.picture] if given else []), "what nobody names is gone"
        seen.append(bob.picture_url)
        seqs.append(Membership.objects.get(user=bob, room=room).seq)
    assert seqs == sorted(set(seqs)), "each is a change in the room"
    assert seen[2] is None
    assert seen[0] != seen[1]
    with commits():
        actions.change_picture(actor=bob, person=bob, picture=None)
    assert Membership.objects.get(user=bob, room=room).seq == seqs[-1], "none again is no change"
    assert not written()


def test_what_is_refused_changes_nothing(bob: User, room: Room, folder: Path, commits: Callable[[], Any]) -> None:
    with commits():
        actions.change_picture(actor=bob, person=bob, picture=photo())
    before, seq = bob.picture, Room.objects.get(pk=room.pk).seq
    for wrong in (b"", b"<svg/>", photo()[:500], bytes(pictures.UPLOAD_LIMIT + 1)):
        with commits(), pytest.raises(ChatError):
            actions.change_picture(actor=bob, person=bob, picture=wrong)
    assert files(folder) == [before]
    assert Room.objects.get(pk=room.pk).seq == seq


def test_a_change_that_fails_leaves_no_file(bob: User, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr("chat.actions.profile._hang", down)
    with pytest.raises(RuntimeError):
        actions.change_picture(actor=bob, person=bob, picture=photo())
    assert files(folder) == []


def test_moderators_take_pictures_away(
    bob: User, mallory: User, warden: User, admin: User, folder: Path, commits: Callable[[], Any]
) -> None:
    with commits():
        actions.change_picture(actor=bob, person=bob, picture=photo())
        actions.change_picture(actor=admin, person=admin, picture=photo())
    for actor, person, picture in ((mallory, bob, None), (warden, bob, photo()), (warden, admin, None)):
        with pytest.raises(Forbidden):
            actions.change_picture(actor=actor, person=person, picture=picture, reason="Not yours")
    with pytest.raises(Invalid):
        actions.change_picture(actor=warden, person=bob, picture=None)
    with commits():
        actions.change_picture(actor=warden, person=bob, picture=None, reason="Not a face")
    assert files(folder) == [admin.picture]
    (entry,) = written()
    assert (entry.actor, entry.person, entry.reason) == (warden, bob, "Not a face")
    assert (entry.before, entry.after) == ({"picture": True}, {"picture": False})


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_pictures_at_once(bob: User, folder: Path) -> None:
    given = [file_of(halves(size=(60 + n, 60))) for n in range(4)]
    people = [User.objects.get(pk=bob.pk) for _ in given]
    jobs = zip(people, given, strict=True)
    together(*(lambda p=p, g=g: actions.change_picture(actor=p, person=p, picture=g) for p, g in jobs))
    bob.refresh_from_db()
    assert files(folder) == [bob.picture], "one is left, and it is the one that is named"
