"""Editing and deleting messages."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting, permissions
from chat.actions.drafts import prepare
from chat.actions.hiding import bury, let_go
from chat.actions.log import changing, find_message, require_sight
from chat.actions.posting import require_voice
from chat.errors import Forbidden, NotFound
from chat.models import Message, Revision


def edit_message(*, actor: User, message_id: int, body: str) -> int:
    """Change one's own words; the former ones become a revision. Returns the message's seq.

    Raises NotFound (also for a tombstone), Forbidden (not its author, archived, muted), Invalid, TooLarge.
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
        require_voice(room_id, actor.pk)  # or old messages would be where the muted go on talking
        now = timezone.now()
        Revision.objects.create(
            message=message, body=message.body, author=actor, made_at=now, cause=Revision.Cause.EDIT
        )
        message.body, message.html, message.markup = draft.body, draft.html, formatting.VERSION
        message.edited_at = now
        message.seq = change.number("edit")
        message.save(update_fields=["body", "html", "markup", "edited_at", "seq"])
    return message.seq


def delete_message(*, actor: User, message_id: int) -> int:
    """Leave a tombstone in the message's place; its text moves to a revision. Returns the message's seq.

    A moderator who deletes another's words hides them, with nothing said why. Raises NotFound, Forbidden.
    """
    room_id = find_message(actor, message_id).room_id
    with changing(room_id) as change:
        message = Message.objects.get(pk=message_id)
        membership = change.membership(actor.pk)
        require_sight(change.room, membership)
        if not permissions.can_delete(message, membership):
            raise Forbidden(_("Only its author or a moderator can delete a message."))
        if not message.is_deleted:
            bury(change, message, actor=actor)
        elif message.author_id == actor.pk:
            let_go(message)
    return message.seq
