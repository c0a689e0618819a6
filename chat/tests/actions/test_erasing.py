"""Deleting an account: at once, whole, for ever; rooms go on, and what was said stays or goes as it was chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session

from accounts.models import PastHandle, User
from accounts.names import clean_handle
from chat import actions, jobs
from chat.actions import erasing
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import AuditEntry, Invite, Job, Membership, Mention, Message, Revision, Room
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db

PICTURE = "a" * 32 + ".webp"
Say = Callable[..., Message]
In = Callable[..., Membership]


def erase(person: User, *, keep: bool = True) -> User:
    actions.erase_person(actor=person, person=person, keep_messages=keep)
    jobs.work_off()
    person.refresh_from_db()
    return person


def furnish(person: User) -> None:
    """A row of each kind that hangs on a person."""
    User.objects.filter(pk=person.pk).update(email="bob@example.org", time_zone="Europe/Berlin", theme="dark")
    EmailAddress.objects.create(user=person, email="bob@example.org", verified=True, primary=True)
    SocialAccount.objects.create(user=person, provider="github", uid="7", extra_data={"login": "bobby"})
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    PastHandle.objects.create(user=person, handle="bobby")
    person.groups.add(Group.objects.first() or Group.objects.create(name="Some"))


def test_nothing_of_the_person_is_left(bob: User, room: Room, say: Say, client: Any) -> None:
    furnish(bob)
    client.force_login(bob)
    say(bob, room, "Here I am")
    erase(bob)
    assert (bob.handle, bob.name, bob.email, bob.picture) == (f"deleted-{bob.pk}", "Deleted user", "", "")
    assert (bob.time_zone, bob.theme, bob.is_active, bob.last_login) == ("", "auto", False, None)
    assert not bob.has_usable_password()
    assert bob.anonymised_at is not None
    for model in (EmailAddress, SocialAccount, Authenticator, PastHandle):
        assert not model._default_manager.filter(user=bob).exists(), model
    assert not bob.groups.exists()
    assert not client.login(handle="bob", password=PASSWORD)
    assert client.get("/settings/").status_code == 302


def test_every_session_ends(bob: User, make_person: Callable[..., User], client: Any) -> None:
    client.force_login(bob)
    before = bob.get_session_auth_hash()
    assert Session.objects.count() == 1, "the premise"
    erase(bob)
    assert User.objects.get(pk=bob.pk).get_session_auth_hash() != before


def test_words_stay_under_another_name(bob: User, room: Room, say: Say) -> None:
    said = say(bob, room, "The tide turns at four")
    erase(bob)
    said.refresh_from_db()
    assert (said.body, said.deleted_at) == ("The tide turns at four", None)
    assert said.author.name == "Deleted user"


def test_words_go_without_a_trace(bob: User, alice: User, mod: User, room: Room, say: Say) -> None:
    plain, edited, hidden = (say(bob, room, f"Number {n} @alice") for n in range(3))
    other = say(alice, room, "Mine")
    actions.edit_message(actor=bob, message_id=edited.pk, body="Other words")
    actions.hide_message(actor=mod, message_id=hidden.pk, reason="Spam")
    deleted = say(bob, room, "Gone anyhow")
    actions.delete_message(actor=bob, message_id=deleted.pk)
    erase(bob, keep=False)
    mine = Message.objects.filter(author=bob)
    assert mine.count() == 4
    assert not mine.exclude(body="", html="", deleted_at__isnull=False).exists()
    assert not Revision.objects.filter(message__in=mine).exists()
    assert not Mention.objects.filter(message__in=mine).exists()
    assert Message.objects.get(pk=other.pk).body == "Mine"
    room.refresh_from_db()
    seqs = list(Message.objects.filter(room=room).values_list("seq", flat=True))
    assert len(seqs) == len(set(seqs))
    assert max(seqs) <= room.seq
    assert Message.objects.get(pk=plain.pk).seq > other.seq
    with pytest.raises((Conflict, NotFound)):
        actions.restore_message(actor=mod, message_id=hidden.pk, reason="A mistake")


def test_the_work_goes_on_where_it_stopped(bob: User, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [say(bob, room, f"Number {n}") for n in range(5)]
    monkeypatch.setattr("chat.erasure.PAGE", 2)
    actions.erase_person(actor=bob, person=bob, keep_messages=False)
    whole = erasing.bury_words
    calls: list[int] = []

    def breaks(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the process goes")
        whole(*args)

    monkeypatch.setattr("chat.erasure.bury_words", breaks)
    jobs.work_off()
    job = Job.objects.get(person=bob)
    assert (job.state, job.done) == (Job.State.WAITING, 2)
    seqs = [Message.objects.get(pk=message.pk).seq for message in said[:2]]
    Job.objects.update(not_before=job.created_at)
    jobs.work_off()
    assert not Message.objects.filter(author=bob).exclude(body="").exists()
    assert [Message.objects.get(pk=message.pk).seq for message in said[:2]] == seqs, "once is enough"
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 5, 5)


def test_the_room_gets_another_owner(alice: User, mod: User, bob: User, room: Room, membership_of: In) -> None:
    seq = Room.objects.get(pk=room.pk).seq
    erase(alice)
    assert membership_of(mod, room).role == "owner"
    assert membership_of(alice, room).state == "left"
    assert membership_of(mod, room).seq == seq + 1
    entry = AuditEntry.objects.get(verb="member.role", person=mod, actor__kind="system")
    assert (entry.before, entry.after) == ({"role": "moderator"}, {"role": "owner"})


def test_the_longest_standing_member_inherits(
    alice: User, bob: User, mallory: User, room: Room, membership_of: In
) -> None:
    actions.add_member(actor=alice, room_id=room.pk, handle="mallory")
    actions.remove_member(actor=alice, room_id=room.pk, user_id=User.objects.get(handle="mod").pk)
    erase(alice)
    assert (membership_of(bob, room).role, membership_of(mallory, room).role) == ("owner", "member")


def test_who_is_deactivated_inherits_nothing(alice: User, bob: User, mod: User, room: Room, membership_of: In) -> None:
    User.objects.filter(pk=mod.pk).update(is_active=False)
    erase(alice)
    assert membership_of(bob, room).role == "owner"


def test_the_last_one_closes_the_room(alice: User) -> None:
    room = actions.create_room(actor=alice, name="Alone")
    erase(alice)
    room.refresh_from_db()
    assert room.archived_at is not None
    assert room.header_seq > 1


def test_a_room_with_another_owner_keeps_it(alice: User, mod: User, bob: User, room: Room, membership_of: In) -> None:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="owner")
    erase(alice)
    assert (membership_of(bob, room).role, membership_of(mod, room).role) == ("owner", "moderator")


def test_rooms_of_the_past_hear_of_the_name(bob: User, room: Room, membership_of: In) -> None:
    actions.leave_room(actor=bob, room_id=room.pk)
    seq = membership_of(bob, room).seq
    erase(bob)
    assert membership_of(bob, room).seq > seq


def test_files_go(bob: User, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    actions.request_export(actor=bob)
    jobs.work_off()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / PICTURE).write_bytes(b"RIFF")
    User.objects.filter(pk=bob.pk).update(picture=PICTURE)
    actions.request_export(actor=User.objects.create_user("else", None))
    jobs.work_off()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3, "the premise"
    erase(bob)
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Job.objects.get(kind=Job.Kind.EXPORT).result["file"] == kept.name, "another's"


def test_links_they_made_hold_no_longer(alice: User, room: Room) -> None:
    invite = actions.make_invite(actor=alice, room_id=room.pk, expires_at=None, uses_limit=None)
    erase(alice)
    assert not Invite.objects.get(pk=invite.pk).is_usable


def test_nobody_comes_in_afterwards(alice: User, bob: User, room: Room) -> None:
    open_room = actions.create_room(actor=alice, name="Open")
    erase(bob)
    with pytest.raises(Forbidden):
        actions.join_room(actor=bob, room_id=open_room.pk)
    with pytest.raises(Forbidden):
        actions.request_export(actor=bob)


def test_the_handle_of_the_deleted_is_nobodys_choice(bob: User, make_person: Callable[..., User]) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        clean_handle(f"deleted-{bob.pk}")
    User.objects.create(handle=f"deleted-{bob.pk}", name="From before the rule")
    assert erase(bob).handle.startswith(f"deleted-{bob.pk}-")


class TestWho:
    def test_the_last_administrator_stays(self, make_person: Callable[..., User]) -> None:
        boss = make_person("boss", is_superuser=True, is_staff=True)
        with pytest.raises(Conflict):
            actions.erase_person(actor=boss, person=boss, keep_messages=True)
        make_person("second", is_superuser=True, is_staff=True, is_active=False)
        with pytest.raises(Conflict):
            actions.erase_person(actor=boss, person=boss, keep_messages=True)
        make_person("third", is_superuser=True, is_staff=True)
        assert erase(boss).anonymised_at is not None

    def test_twice_is_refused(self, bob: User) -> None:
        erase(bob)
        with pytest.raises(Conflict):
            actions.erase_person(actor=bob, person=bob, keep_messages=True)

    def test_others_need_the_right_and_a_reason(self, bob: User, mallory: User, warden: User, keeper: User) -> None:
        for actor in (mallory, warden):
            with pytest.raises(Forbidden):
                actions.erase_person(actor=actor, person=bob, keep_messages=True, reason="Spam")
        with pytest.raises(Invalid):
            actions.erase_person(actor=keeper, person=bob, keep_messages=True, reason="  ")
        actions.erase_person(actor=keeper, person=bob, keep_messages=True, reason="They asked by letter")
        entry = AuditEntry.objects.get(verb="person.erase")
        assert (entry.actor, entry.person, entry.reason) == (keeper, bob, "They asked by letter")

    def test_nobody_erases_those_above(self, keeper: User, make_person: Callable[..., User]) -> None:
        boss = make_person("boss", is_superuser=True, is_staff=True)
        make_person("second", is_superuser=True, is_staff=True)
        equal = make_person("equal", is_staff=True)
        equal.groups.add(Group.objects.get(name="Site administrators"))
        for above in (boss, equal, User.objects.system()):
            with pytest.raises(Forbidden):
                actions.erase_person(actor=keeper, person=above, keep_messages=True, reason="Spam")


# Rows of rooms, of order and of others, in which only the id of the person stands.
STAYS = {
    *("chat.AuditEntry", "chat.Connection", "chat.Invite", "chat.InviteUse", "chat.Job", "chat.Membership"),
    *("chat.Mention", "chat.Message", "chat.Opening", "chat.Restriction", "chat.Revision", "chat.Room"),
    "admin.LogEntry",  # what somebody did at the desk
}
GOES = {
    *("account.EmailAddress", "accounts.PastHandle", "mfa.Authenticator", "socialaccount.SocialAccount"),
    "usersessions.UserSession",
    *("accounts.User_groups", "accounts.User_user_permissions"),
}


def test_every_table_that_names_a_person_is_thought_of() -> None:
    """A new one stands here, in `_forget_what_hangs_on`, and, being the person's, among the sections of the copy."""
    from django.apps import apps

    naming = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model is User and not field.many_to_many
    }
    assert naming == STAYS | GOES


def test_the_desks_book_forgets_the_name(bob: User, keeper: User) -> None:
    from django.contrib.admin.models import LogEntry

    LogEntry.objects.log_actions(keeper.pk, [bob], 2)
    assert LogEntry.objects.get().object_repr == "Bob", "the premise"
    erase(bob)
    assert LogEntry.objects.get().object_repr == str(bob.pk)


def test_every_column_of_a_person_is_thought_of(bob: User) -> None:
    """A new one stands in `_empty`, or here."""
    columns = {field.name for field in User._meta.concrete_fields}
    kept = {"id", "kind", "date_joined"}
    changed = {"handle", "name", "password", "is_active", "anonymised_at", "sessions_closed"}
    default = columns - kept - changed
    furnish(bob)
    User.objects.filter(pk=bob.pk).update(language="de", picture=PICTURE, is_staff=True, last_login=bob.date_joined)
    fresh = User(handle="fresh", name="Fresh")
    before, after = User.objects.get(pk=bob.pk), erase(bob)
    assert {name for name in default if getattr(before, name) == getattr(fresh, name)} <= {"is_superuser"}
    assert {name: getattr(after, name) for name in default} == {name: getattr(fresh, name) for name in default}
    assert all(getattr(after, name) != getattr(before, name) for name in changed)
