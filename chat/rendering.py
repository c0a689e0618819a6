"""A message as its fragment and as its wire object: the only caller of the message template."""

import logging
import secrets
import uuid
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import User
from chat import formatting
from chat.models import Mention, Message, Room

PAIR = ("message_id", "user_id")
KEPT = 1024  # moulds for the next message
GAPS = {"id", "seq", "client_id", "created_at", "edited_at", "body", "html"}  # columns that differ between messages

log = logging.getLogger(__name__)

# Nobody can know them and so write them into what a mould keeps, such as a name.
STAND_IN = {
    "pk": 10**18 + secrets.randbelow(10**18),
    "seq": 10**18 + secrets.randbelow(10**18),
    "client_id": uuid.uuid4(),
    "created_at": datetime(3000, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(seconds=secrets.randbelow(10**11)),
    "edited_at": datetime(6200, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(seconds=secrets.randbelow(10**11)),
}
NOBODY_SAID = formatting.stored(secrets.token_hex())

_moulds: dict[tuple[Any, ...], str] = {}
_other_columns = attrgetter(*(column.attname for column in Message._meta.concrete_fields if column.name not in GAPS))


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
            return _draw(message)
        except Exception:
            # One message that cannot be drawn must not stop a room.
            log.exception("message %s could not be rendered", message.pk)
            return formatting.stored(_render(message, formatting.stored(formatting.as_typed(message.body))))


def _draw(message: Message) -> SafeString:
    """Cast in a mould: the template takes longer than all else that is done for a message on its way to its readers."""
    key = _shown(message)
    mould = _moulds.get(key)
    if mould is None:
        if len(_moulds) >= KEPT:
            _moulds.clear()
        mould = _moulds[key] = _mould(message)
    return formatting.stored(mould.format(*_gaps(message, body_html(message))))


def _shown(message: Message) -> tuple[Any, ...]:
    """All that the template can see beside the gaps: the row, the people, the room's address, the language."""
    people = [value for user in (message.author, message.deleted_by) if user for value in person(user).values()]
    return (*_other_columns(message), message.edited_at is None, *people, message.room.slug, get_language())


def _mould(message: Message) -> str:
    """The fragment as a format string: the template drawn with words that nobody has said, each of which is a gap."""
    stand_in = copy(message)
    for name, value in STAND_IN.items():
        setattr(stand_in, name, value)
    if message.edited_at is None:
        stand_in.edited_at = None
    drawn = _render(stand_in, NOBODY_SAID).replace("{", "{{").replace("}", "}}")
    for number, word in enumerate(_gaps(stand_in, NOBODY_SAID)):
        drawn = drawn.replace(word, f"{{{number}}}") if word else drawn
    return drawn


def _gaps(message: Message, body: str) -> tuple[str, ...]:
    times = (*_times(message.created_at), *_times(message.edited_at))
    return (str(message.pk), str(message.seq), str(message.client_id), *times, body)


def _times(at: datetime | None) -> tuple[str, str]:
    """As the template writes it: for scripts and for people."""
    return _written(at.astimezone(UTC).replace(microsecond=0), get_language()) if at else ("", "")


@lru_cache(KEPT)
def _written(second: datetime, language: str) -> tuple[str, str]:
    return second.strftime("%Y-%m-%dT%H:%M:%SZ"), escape(date_format(second, "SHORT_DATETIME_FORMAT"))


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


def _render(message: Message, body: SafeString) -> str:
    # Without the line ends of the template file the fragment is the same text wherever it is put.
    return get_template("chat/_message.html").render({"message": message, "body": body}).strip()
