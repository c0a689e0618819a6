"""A message as its fragment and as its wire object: the only caller of the message template."""

import logging
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString

from accounts.models import User
from chat import formatting
from chat.models import Mention, Message

log = logging.getLogger(__name__)


def with_all(messages: QuerySet[Message]) -> QuerySet[Message]:
    """What a fragment and a wire object need, in two queries whatever the number of messages."""
    return with_people(messages).prefetch_related(Prefetch("mentions", Mention.objects.order_by("user_id")))


def with_people(messages: QuerySet[Message]) -> QuerySet[Message]:
    """What a fragment alone needs, in one query."""
    return messages.select_related("author", "deleted_by", "room")


def render_message(message: Message) -> SafeString:
    """The same bytes for every viewer and every door: the site's language, times in UTC, nothing about "me"."""
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return _render(message, body_html(message))
        except Exception:
            # One message that cannot be drawn must not stop a room.
            log.exception("message %s could not be rendered", message.pk)
            return _render(message, formatting.stored(formatting.as_typed(message.body)))


def body_html(message: Message) -> SafeString:
    """The stored HTML, or the source formatted anew when a later formatter made the stored one obsolete."""
    if message.markup == formatting.VERSION or not message.body:
        return formatting.stored(message.html)
    mentions = {mention.user.handle: mention.user_id for mention in message.mentions.select_related("user")}
    return formatting.format_body(message.body, mentions)


def message_entry(message: Message) -> dict[str, Any]:
    """The message as `room.changes` carries it."""
    gone = message.is_deleted
    return {
        "id": message.pk,
        "seq": message.seq,
        "client_id": str(message.client_id),
        "author": person(message.author),
        "body": message.body,
        "html": render_message(message),
        "reply_to": None,
        "reactions": [],
        "attachments": [],
        "mentions": [] if gone else [mention.user_id for mention in message.mentions.all()],
        "created_at": wire_time(message.created_at),
        "edited_at": wire_time(message.edited_at),
        "deleted_at": wire_time(message.deleted_at),
    }


def person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "handle": user.handle, "name": user.name}


def wire_time(at: datetime | None) -> str | None:
    """ISO 8601 in UTC to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z" if at else None


def _render(message: Message, body: SafeString) -> SafeString:
    # Without the line ends of the template file the fragment is the same text wherever it is put. strip() forgets that
    # the template has escaped everything.
    return formatting.stored(get_template("chat/_message.html").render({"message": message, "body": body}).strip())
