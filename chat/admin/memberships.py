"""Who is in which public room."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.admin.desk import ReadingDesk
from chat.models import Membership, Room


@admin.register(Membership)
class MembershipAdmin(ReadingDesk):
    list_display = ("room", "user", "role", "state", "joined_at", "left_at")
    list_filter = ("role", "state")
    list_select_related = ("room", "user")
    search_fields = ("=room__slug", "room__name", "=user__handle", "user__name")
    search_help_text = _("Room or person")
    ordering = ("-pk",)
    # How far somebody has read is theirs alone.
    fields = ("room", "user", "role", "state", "joined_at", "left_at", "seq")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(room__kind=Room.Kind.PUBLIC)
