"""A message as its fragment and as its wire object: the only caller of the message template."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import User
from chat import formatting
from chat.models import Mention, Message, Room

PAIR = ("message_id", "user_id")
KEPT, LONGEST = 1024, 4096  # fragments for the next reader, and characters of one that is kept

log = logging.getLogger(__name__)

# What was drawn, by all that it shows: when five hundred come back at once, most ask for the same messages.
_drawn: dict[tuple[Any, ...], SafeString] = {}


def furnish(messages: Sequence[Message], room: Room) -> None:
    """Give messages that came with their authors what else a fragment needs; one query more if some are tombstones."""
    known = {message.author_id: message.author for message in messages}
    unknown = {message.deleted_by_id for message in messages if message.deleted_by_id} - known.keys()
    known |= User.objects.in_bulk(unknown) if unknown else {}
    for message in messages:
        message.room = room
        if message.deleted_by_id:
            message.deleted_by = known[message.deleted_by_id]


def render_message(message: Message) -> SafeString:
    """The same bytes for every viewer and every door: the site's language, times in UTC, nothing about "me"."""
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return _remembered(message) if message.markup == formatting.VERSION and message.pk else _draw(message)
        except Exception:
            # One message that cannot be drawn must not stop a room.
            log.exception("message %s could not be rendered", message.pk)
            return _render(message, formatting.stored(formatting.as_typed(message.body)))


def _remembered(message: Message) -> SafeString:
    shown = _shown(message)
    drawn = _drawn.get(shown)
    if drawn is None:
        drawn = _draw(message)
        if len(drawn) <= LONGEST:
            if len(_drawn) >= KEPT:
                _drawn.clear()
            _drawn[shown] = drawn
    return drawn


def _shown(message: Message) -> tuple[Any, ...]:
    """All that the template can see: the row, the people, the room's address, the language."""
    row = [getattr(message, column.attname) for column in Message._meta.concrete_fields]
    people = [value for user in (message.author, message.deleted_by) if user for value in person(user).values()]
    return (*row, *people, message.room.slug, get_language())


def _draw(message: Message) -> SafeString:
    return _render(message, body_html(message))


def body_html(message: Message) -> SafeString:
    """The stored HTML, or the source formatted anew when a later formatter made the stored one obsolete."""
    if message.markup == formatting.VERSION or not message.body:
        return formatting.stored(message.html)
    return formatting.format_body(message.body, Mention.objects.filter(message=message).by_handle())


def entries(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Furnished messages as `room.changes` carries them; one query if some mention somebody."""
    # Mentions are as posted: what an edit took out of the text is still a row.
    naming = [message.pk for message in messages if message.edited_at or 'class="mention"' in message.html]
    named: dict[int, list[int]] = {}
    if naming:
        for message_id, user_id in Mention.objects.filter(message__in=naming).order_by("user_id").values_list(*PAIR):
            named.setdefault(message_id, []).append(user_id)
    return [_entry(message, named.get(message.pk, [])) for message in messages]


def _entry(message: Message, mentions: list[int]) -> dict[str, Any]:
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
        "mentions": [] if message.is_deleted else mentions,
        "created_at": wire_time(message.created_at),
        "edited_at": wire_time(message.edited_at),
        "deleted_at": wire_time(message.deleted_at),
    }


def person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "handle": user.handle, "name": user.name, "picture": user.picture_url}


def wire_time(at: datetime | None) -> str | None:
    """ISO 8601 in UTC to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z" if at else None


def _render(message: Message, body: SafeString) -> SafeString:
    # Without the line ends of the template file the fragment is the same text wherever it is put. strip() forgets that
    # the template has escaped everything.
    return formatting.stored(get_template("chat/_message.html").render({"message": message, "body": body}).strip())
