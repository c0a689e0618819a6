"""Whom among the members of a room the beginning of a handle or a name may mean: what is offered after an @."""

from django.db.models import BooleanField, Case, Q, Value, When

from accounts.models import User
from chat.models import Membership, Message

OFFERED = 8
LONGEST = 80  # no name is longer
RECENT = 100  # messages whose authors are thought of first


def members_like(room_id: int, beginning: str, *, but: User) -> list[User]:
    """At most eight, who has exactly this handle first, then who spoke lately, then by name; `but` is left out.

    Past handles are not looked at: they still lead to their person, but nobody is to learn them anew.
    """
    if len(beginning) > LONGEST:
        return []
    there = Membership.objects.present().filter(room_id=room_id, user__is_active=True).exclude(user=but)
    lately = Message.objects.filter(room_id=room_id).order_by("-pk").values_list("author_id", flat=True)[:RECENT]
    first = Case(When(user__handle=beginning.lower(), then=Value(True)), default=False, output_field=BooleanField())
    # With `but`, who is not offered, it is never empty: PostgreSQL does not order by a constant.
    recent = Case(When(user__in={but.pk, *lately}, then=Value(True)), default=False, output_field=BooleanField())
    found = there.filter(_begins(beginning)).order_by(first.desc(), recent.desc(), "user__name", "user_id")
    return [membership.user for membership in found.select_related("user")[:OFFERED]]


def _begins(beginning: str) -> Q:
    """A handle that begins so, or a word of a name. SQLite knows upper and lower case of a to z only."""
    like = Q(user__handle__startswith=beginning.lower())
    for form in {beginning.lower(), beginning.capitalize()}:
        like |= Q(user__name__istartswith=form) | Q(user__name__icontains=f" {form}")
    return like
