"""Who is in which room that is open to the reader; out of it they go from here, one by one and in bulk."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import actions
from chat.admin.acts import Act, ActingDesk
from chat.admin.desk import ReadingDesk, person_link, staff_of
from chat.models import Membership, Room


def _remove(actor: User, membership: Membership, given: dict[str, Any]) -> None:
    actions.remove_member(actor=actor, room_id=membership.room_id, user_id=membership.user_id, reason=given["reason"])


REMOVE = Act(
    "remove",
    gettext_lazy("Remove…"),
    gettext_lazy("Remove from the room"),
    _remove,
    note=gettext_lazy("They can join a public room again. To keep them out, ban them from it."),
    is_grave=True,
    offered=lambda membership: membership.is_in,
)


@admin.register(Membership)
class MembershipAdmin(ActingDesk, ReadingDesk):
    acts = (REMOVE,)
    change_form_template = "admin/desk_change_form.html"
    list_display = ("room", "whom", "role", "state", "joined_at", "left_at")
    list_filter = ("role", "state")
    list_select_related = ("room", "user")
    search_fields = ("=room__slug", "room__name", "=user__handle", "user__name")
    search_help_text = gettext_lazy("Room or person")
    ordering = ("-pk",)
    # How far somebody has read is theirs alone.
    fields = ("room", "whom", "role", "state", "joined_at", "left_at", "seq")

    readonly_fields = ("whom",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rooms = Room.objects.open_to(staff_of(request))
        return super().get_queryset(request).filter(room__in=rooms).select_related("room", "user")

    def thing_words(self, request: HttpRequest, thing: Membership) -> str:
        return f"{thing.user.name} (@{thing.user.handle}), {thing.room.name}"

    @admin.display(description=gettext_lazy("person"), ordering="user__name")
    def whom(self, membership: Membership) -> str:
        return person_link(membership.user)
