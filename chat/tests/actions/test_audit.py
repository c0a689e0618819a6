"""The audit can be added to and nothing else; the ready groups."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from chat import actions, groups
from chat.models import AppendOnly, AuditEntry, Room
from chat.tests.actions.book import written

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(alice: User, bob: User, room: Room) -> AuditEntry:
    actions.set_role(actor=alice, room_id=room.pk, user_id=bob.pk, role="moderator")
    return written()[-1]


def test_nothing_written_down_changes(entry: AuditEntry) -> None:
    entry.reason = "Another story"
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(reason="Another story")
    with pytest.raises(AppendOnly):
        AuditEntry.objects.bulk_update([entry], ["reason"])
    assert written()[-1].reason == ""


def test_nothing_written_down_goes(entry: AuditEntry) -> None:
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.exists()


def test_a_refused_act_is_not_written_down(alice: User, room: Room) -> None:
    from chat.errors import Conflict

    with pytest.raises(Conflict):
        actions.set_role(actor=alice, room_id=room.pk, user_id=alice.pk, role="member")
    assert not written()


def test_the_ready_groups(warden: User) -> None:
    assert warden.has_perms(["chat.moderate_site", "chat.open_private_room", "chat.view_message", "accounts.view_user"])
    assert not warden.has_perm("accounts.change_user")
    administrators = Group.objects.get(name=groups.ADMINISTRATORS)
    assert administrators.permissions.filter(codename="change_user", content_type__app_label="accounts").exists()
