"""What templates need to draw people, rooms and the bubble of a message that is not sent yet."""

import uuid
from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.formats import get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.zones import zone_of
from chat.formatting import VERSION
from chat.models import Message, Room
from chat.rendering import render_message

register = template.Library()

HUES = 12


@register.filter
def hue(pk: int) -> int:
    """The colour class number (0 to 11) of a room's id, as the models and the scripts count it."""
    return pk % HUES


@register.simple_tag(takes_context=True)
def moment(context: template.Context, at: datetime) -> SafeString:
    """A time by the reader's clock with its zone; scripts write those with the class `local` shorter."""
    there = at.astimezone(zone_of(context["user"]))
    utc = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html(
        '<time class="local" datetime="{}">{}</time>',
        utc,
        date_format(there, f"{get_format('SHORT_DATETIME_FORMAT')} T"),
    )


@register.simple_tag
def blank_message(room: Room, author: User) -> SafeString:
    """The fragment with nothing said in it: scripts clone it for what its author is about to say."""
    blank = Message(id=0, room=room, author=author, seq=0, client_id=uuid.UUID(int=0), markup=VERSION)
    blank.created_at = timezone.now()
    return render_message(blank)
