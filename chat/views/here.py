"""Who has a room open now, as a page shows it before its script takes over."""

from django.utils import timezone

from accounts.models import User
from chat.models import Connection

SHOWN = 200


def people_here(room_id: int, reader: User) -> list[User]:
    """Those with the room open, and whoever is opening it, so that nothing on the page moves when that is told."""
    open_now = Connection.objects.filter(room_id=room_id, lease__expires_at__gt=timezone.now())
    people = User.objects.filter(pk__in=open_now.values("user")).order_by("name", "pk")[:SHOWN]
    return sorted({reader, *people}, key=lambda person: (person.name, person.pk))
