"""Posting, editing and deleting messages."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting, limits, permissions
from chat.actions.log import Change, changing, find_message, no_such_room, not_a_member, require_member
from chat.errors import ChatError, Conflict, Forbidden, NotFound, RateLimited
from chat.models import Membership, Mention, Message, Restriction, Revision, Room


@dataclass(frozen=True)
class Posted:
    message_id: int
    seq: int
    created: bool


@dataclass(frozen=True)
class Draft:
    """A body made ready before the lock, since formatting is the costly part."""

    body: str
    html: str
    mentioned: list[int]


def post_message(*, actor: User, room_id: int, client_id: uuid.UUID, body: str) -> Posted:
    """Say something once: a resend with the same `client_id` answers with the message that is there.

    Raises NotFound, Forbidden (not in, archived, muted), Invalid, TooLarge, RateLimited, and Conflict when the same id
    comes with other words.
    """
    require_member(actor, room_id)
    draft = _draft(room_id, body)
    limits.spend_post(actor.pk)
    with changing(room_id) as change:
        membership = change.membership(actor.pk)
        _require_sight(change.room, membership)
        for said in Message.objects.filter(room=change.room, author=actor, client_id=client_id):
            return _said_before(said, draft.body)
        _require_may_post(change.room, membership)
        message = _write(change, actor, client_id, draft)
    return Posted(message.pk, message.seq, created=True)


def edit_message(*, actor: User, message_id: int, body: str) -> int:
    """Change one's own words; the former ones become a revision. Returns the message's seq.

    Raises NotFound (also for a tombstone), Forbidden, Invalid, TooLarge.
    """
    room_id = find_message(actor, message_id).room_id
    draft = _draft(room_id, body)
    with changing(room_id) as change:
        message = Message.objects.get(pk=message_id)
        membership = change.membership(actor.pk)
        _require_sight(change.room, membership)
        if message.is_deleted:
            raise NotFound(_("This message was deleted."))
        if not permissions.can_edit(change.room, message, membership):
            raise Forbidden(_("Only its author can edit a message, while the room is open."))
        if message.body == draft.body:
            return message.seq
        now = timezone.now()
        _keep_revision(message, Revision.Cause.EDIT, now)
        message.body, message.html, message.markup = draft.body, draft.html, formatting.VERSION
        message.edited_at = now
        message.seq = change.number("edit")
        message.save(update_fields=["body", "html", "markup", "edited_at", "seq"])
    return message.seq


def delete_message(*, actor: User, message_id: int) -> int:
    """Leave a tombstone in the message's place; its text moves to a revision. Returns the message's seq.

    Mentions stay as rows, since unread counts are as posted. Raises NotFound, Forbidden.
    """
    room_id = find_message(actor, message_id).room_id
    with changing(room_id) as change:
        message = Message.objects.get(pk=message_id)
        membership = change.membership(actor.pk)
        _require_sight(change.room, membership)
        if not permissions.can_delete(message, membership):
            raise Forbidden(_("Only its author or a moderator can delete a message."))
        if message.is_deleted:
            return message.seq
        message.deleted_at, message.deleted_by = timezone.now(), actor
        _keep_revision(message, Revision.Cause.DELETE, message.deleted_at)
        message.body = message.html = ""
        message.seq = change.number("delete")
        message.save(update_fields=["body", "html", "deleted_at", "deleted_by", "seq"])
    return message.seq


def _draft(room_id: int, body: str) -> Draft:
    body = formatting.normalise(body)
    handles = formatting.find_handles(body)
    people: dict[str, int] = {}
    if handles:
        members = Membership.objects.present().filter(room_id=room_id, user__handle__in=handles)
        people = dict(members.values_list("user__handle", "user_id"))
    return Draft(body, formatting.format_body(body, people), sorted(people.values()))


def _require_sight(room: Room, membership: Membership | None) -> None:
    """What was true before the lock may have ended: a removal that came first hides a private room again."""
    if not permissions.can_see(room, membership):
        raise no_such_room()
    if not permissions.can_read(membership):
        raise not_a_member()


def _said_before(message: Message, body: str) -> Posted:
    if message.body != body and message.edited_at is None and not message.is_deleted:
        raise Conflict(_("This client_id was used for other words. Send them under a new one."))
    return Posted(message.pk, message.seq, created=False)


def _require_may_post(room: Room, membership: Membership | None) -> None:
    if not permissions.can_post(room, membership) or membership is None:
        raise Forbidden(_("This room is archived; it can be read, not written to."))
    for mute in Restriction.objects.filter(user_id=membership.user_id, kind=Restriction.Kind.MUTE, lifted_at=None):
        if mute.room_id in {None, room.pk} and mute.is_in_force:
            raise _muted(mute)
    if permissions.is_slowed(room, membership):
        _require_patience(room, membership)


def _muted(mute: Restriction) -> ChatError:
    if mute.until is None:
        return Forbidden(_("A moderator has muted you: %(reason)s") % {"reason": mute.reason})
    until = f"{mute.until:%Y-%m-%d %H:%M} UTC"
    return Forbidden(
        _("A moderator has muted you until %(until)s: %(reason)s") % {"until": until, "reason": mute.reason}
    )


def _require_patience(room: Room, membership: Membership) -> None:
    own = Message.objects.filter(room=room, author_id=membership.user_id)
    last = Message.objects.filter(pk=own.aggregate(last=Max("pk"))["last"] or 0).values_list("created_at", flat=True)
    for said_at in last:
        wait = (said_at + timedelta(seconds=room.slow_seconds) - timezone.now()).total_seconds()
        if wait > 0:
            raise RateLimited(_("This room is in slow mode. Wait a moment."), retry_after=round(wait, 1))


def _write(change: Change, actor: User, client_id: uuid.UUID, draft: Draft) -> Message:
    message = Message.objects.create(
        room=change.room,
        author=actor,
        seq=change.number("post"),
        client_id=client_id,
        body=draft.body,
        html=draft.html,
        markup=formatting.VERSION,
        created_at=timezone.now(),
    )
    Mention.objects.bulk_create(Mention(message=message, user_id=user_id) for user_id in draft.mentioned)
    change.room.last_message_id = message.pk
    return message


def _keep_revision(message: Message, cause: Revision.Cause, now: datetime) -> None:
    Revision.objects.create(message=message, body=message.body, author_id=message.author_id, made_at=now, cause=cause)
