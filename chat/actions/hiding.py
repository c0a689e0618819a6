"""Taking a message from sight, and giving it back: what moderators do to words."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting
from chat.actions.audit import Verb, clean_reason, record_message
from chat.actions.drafts import Draft, prepare_again
from chat.actions.log import Change, changing
from chat.actions.standing import find_message_to_moderate, require_order_keeper
from chat.errors import Conflict, Forbidden
from chat.models import Message, Revision


def hide_message(*, actor: User, message_id: int, reason: str) -> int:
    """Leave a tombstone that says who hid it and why; its text is kept for `restore_message`. Returns its seq.

    Of a tombstone nothing changes. Raises NotFound, Forbidden, Invalid (reason).
    """
    room_id = find_message_to_moderate(actor, message_id).room_id
    reason = clean_reason(reason)
    with changing(room_id) as change:
        message = Message.objects.get(pk=message_id)
        require_order_keeper(change, actor)
        if not message.is_deleted:
            bury(change, message, actor=actor, reason=reason)
        return message.seq


def restore_message(*, actor: User, message_id: int, reason: str) -> int:
    """Put back what a moderator hid. Returns its seq; of a message in sight nothing changes.

    Raises NotFound, Forbidden (also for what the site's moderators hid), Invalid (reason), and Conflict when its author
    deleted it, or its text is no longer kept.
    """
    found = find_message_to_moderate(actor, message_id)
    reason = clean_reason(reason)
    hidden = _kept(found)
    draft = prepare_again(found, hidden.body) if hidden else None
    with changing(found.room_id) as change:
        message = Message.objects.select_related("deleted_by").get(pk=message_id)
        standing = require_order_keeper(change, actor)
        if not message.is_deleted:
            return message.seq
        if hidden is None or draft is None or _kept(message) != hidden:
            raise Conflict(_("This message was deleted by its author, or its text is no longer kept."))
        if message.deleted_by is not None and not standing.may_undo(message.deleted_by, change.room):
            raise Forbidden(_("A moderator of the site hid this message; only they can restore it."))
        _bring_back(change, message, draft)
        hidden.delete()
        record_message(Verb.RESTORE, message, actor=actor, room=change.room, reason=reason)
        return message.seq


def _bring_back(change: Change, message: Message, draft: Draft) -> None:
    message.body, message.html, message.markup = draft.body, draft.html, formatting.VERSION
    message.deleted_at = message.deleted_by = None
    message.deleted_reason = ""
    message.seq = change.number("restore")
    message.save()


def bury(change: Change, message: Message, *, actor: User, reason: str = "") -> None:
    """The one way to a tombstone. Mentions stay as rows, since unread counts are as posted.

    What somebody else than its author did is in the audit, and can be undone. Raises Forbidden for a notice.
    """
    if message.kind == Message.Kind.NOTICE:
        # That somebody of the site reads along is told to the members; nobody takes it from their sight.
        raise Forbidden(_("What the site itself says in a room stays in sight."))
    own = message.author_id == actor.pk
    cause = Revision.Cause.DELETE if own else Revision.Cause.HIDE
    now = timezone.now()
    Revision.objects.create(message=message, body=message.body, author_id=message.author_id, made_at=now, cause=cause)
    message.deleted_at, message.deleted_by = now, actor
    message.deleted_reason = "" if own else reason
    message.body = message.html = ""
    message.seq = change.number("delete")
    message.save(update_fields=["body", "html", "deleted_at", "deleted_by", "deleted_reason", "seq"])
    if not own:
        record_message(Verb.HIDE, message, actor=actor, room=change.room, reason=reason)


def let_go(message: Message) -> None:
    """Its author deletes what a moderator took from sight: it looks the same, but nobody brings it back."""
    message.revisions.filter(cause=Revision.Cause.HIDE).update(cause=Revision.Cause.DELETE)


def _kept(message: Message) -> Revision | None:
    """The text that a moderator took from sight; there is none behind what its author deleted."""
    return message.revisions.filter(cause=Revision.Cause.HIDE).order_by("-pk").first()
