"""Editing and deleting messages."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting, permissions
from chat.actions.drafts import prepare
from chat.actions.log import changing, find_message, require_sight
from chat.errors import Forbidden, NotFound
from chat.models import Message, Revision


def edit_message(*, actor: User, message_id: int, body: str) -> int:
    """Change one's own words; the former ones become a revision. Returns the message's seq.

    Raises NotFound (also for a tombstone), Forbidden, Invalid, TooLarge.
    """
    room_id = find_message(actor, message_id).room_id
    draft = prepare(room_id, body)
    with changing(room_id) as change:
        message = Message.objects.get(pk=message_id)
        membership = change.membership(actor.pk)
        require_sight(change.room, membership)
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
        require_sight(change.room, membership)
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


def _keep_revision(message: Message, cause: Revision.Cause, now: datetime) -> None:
    Revision.objects.create(message=message, body=message.body, author_id=message.author_id, made_at=now, cause=cause)
