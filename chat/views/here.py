"""Who has a room open now, as a page shows it before its script takes over."""

from django.utils import timezone

from accounts.models import User
from chat.models import Connection


def people_here(room_id: int) -> list[User]:
    open_now = Connection.objects.filter(room_id=room_id, lease__expires_at__gt=timezone.now())
    return list(User.objects.filter(pk__in=open_now.values("user")).order_by("name", "pk")[:200])
