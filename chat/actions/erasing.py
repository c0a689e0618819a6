"""Deleting an account: its row is emptied at once; words and files go, where they are to go, in the queue's time."""

from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone, translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.accounts import lock_administrators, require_account_keeper, require_another_administrator
from chat.actions.audit import Verb, clean_reason, record
from chat.actions.jobs import enqueue
from chat.actions.leaving import leave_for_good
from chat.actions.log import changing
from chat.errors import Conflict, Forbidden
from chat.live import doorbell
from chat.models import Invite, Job, Membership, Mention, Message, Revision

AT_ONCE = 200  # messages in one transaction: the room is locked meanwhile


def erase_person(*, actor: User, person: User, keep_messages: bool, reason: str = "") -> Job:
    """Empty the account for ever and take it out of its rooms; the job that is returned does the rest.

    With `keep_messages` what they said stays, under “Deleted user”; without, each becomes a tombstone. Somebody
    else's account needs an administrator and a reason. Raises Forbidden, Invalid, Conflict (the last administrator).
    """
    if actor.pk != person.pk:
        require_account_keeper(actor, person)
        reason = clean_reason(reason)
    with transaction.atomic():
        lock_administrators()
        require_another_administrator(person)
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        _require_erasable(person)
        given = {"keep_messages": keep_messages, "picture": person.picture, "exports": _exports_of(person)}
        messages = ("as they were", "kept" if keep_messages else "removed")
        tell = partial(_tell, _proven_address(person), person.handle)
        _forget_what_hangs_on(person)
        _empty(person)
        target = f"person:{person.pk}"
        record(Verb.ERASE, target, actor=actor, person_id=person.pk, reason=reason, messages=messages)
        job = enqueue(Job.Kind.ERASE, person=person, **given)
        transaction.on_commit(partial(doorbell.ring_user, person.pk), robust=True)
        transaction.on_commit(tell, robust=True)
    for room_id in Membership.objects.present().filter(user=person).values_list("room_id", flat=True):
        leave_for_good(person, room_id)
    return job


def _require_erasable(person: User) -> None:
    if person.kind != User.Kind.HUMAN:
        raise Forbidden(_("This account belongs to the site itself."))
    if person.anonymised_at is not None:
        raise Conflict(_("This account is deleted already."))


def _forget_what_hangs_on(person: User) -> None:
    """Every row that is the person's own. What they said and did stays with the rooms; those rows name only the id."""
    keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    for model in (UserSession, EmailAddress, SocialAccount, Authenticator):
        model.objects.filter(user=person).delete()
    person.past_handles.all().delete()
    Invite.objects.filter(created_by=person, revoked_at=None).update(revoked_at=timezone.now())
    # An export that is being made ends at its next word; the sweep takes its file.
    Job.objects.filter(person=person, kind=Job.Kind.EXPORT).delete()
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).update(object_repr=str(person.pk))


def _exports_of(person: User) -> list[str]:
    done = Job.objects.filter(person=person, kind=Job.Kind.EXPORT, state=Job.State.DONE)
    return [str(job.result.get("file", "")) for job in done]


def _proven_address(person: User) -> str:
    return EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True).first() or ""


def _tell(address: str, handle: str) -> None:
    """The last mail, where mail is set up: whoever did this may not have been the person."""
    if address and context.request is not None:  # allauth's mails need the request that they come of
        adapter = get_adapter()
        adapter.send_notification_mail("account/email/account_deleted", None, {"handle": handle}, email=address)


def _empty(person: User) -> None:
    """The row as if nobody had ever been in it; the rooms tell its name, which is a word of the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        name = _("Deleted user")
    blank: dict[str, Any] = {"email": "", "language": "", "time_zone": "", "picture": "", "theme": User.Theme.AUTO}
    powerless = {"is_active": False, "is_staff": False, "is_superuser": False}
    person.groups.clear()
    person.user_permissions.clear()
    person.set_unusable_password()
    now = {"handle": _handle_of_nobody(person), "name": name, "anonymised_at": timezone.now(), "last_login": None}
    changes = {**blank, **powerless, **now, "password": person.password}
    User.objects.filter(pk=person.pk).update(**changes, sessions_closed=F("sessions_closed") + 1)
    person.refresh_from_db()


def _handle_of_nobody(person: User) -> str:
    handle = f"deleted-{person.pk}"
    taken = User.objects.filter(handle=handle).exists()
    return f"{handle}-{get_random_string(6, 'abcdefghijkmnopqrstuvwxyz')}" if taken else handle


# --- The words


def bury_words(person: User, room_id: int, message_ids: list[int]) -> None:
    """Make tombstones of what the person said there, so that no text is kept anywhere; at most `AT_ONCE` at a time.

    Each takes a number of the room; what is a tombstone already only loses its text that was kept. Twice is once.
    """
    with changing(room_id) as change:
        found = Message.objects.filter(room_id=room_id, author=person, pk__in=message_ids, kind=Message.Kind.TEXT)
        ids = list(found.values_list("pk", flat=True))
        Revision.objects.filter(message_id__in=ids).delete()
        Mention.objects.filter(message_id__in=ids).delete()
        standing = found.filter(deleted_at=None)
        order = standing.order_by("pk").values_list("pk", flat=True)
        seqs = [When(pk=pk, then=Value(change.number("delete"))) for pk in order]
        if seqs:
            blank = {"body": "", "html": "", "deleted_at": timezone.now(), "deleted_by": person}
            standing.update(**blank, seq=Case(*seqs))
