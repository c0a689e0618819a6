"""Public rooms. Private and direct ones are closed to staff."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chat.admin.desk import ReadingDesk
from chat.models import Room


@admin.register(Room)
class RoomAdmin(ReadingDesk):
    list_display = ("name", "slug", "topic", "created_by", "created_at", "archived_at", "log")
    list_filter = (("archived_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "slug", "topic")
    search_help_text = _("Name, address or topic")
    ordering = ("name", "pk")
    exclude = ("direct_key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).filter(kind=Room.Kind.PUBLIC)

    @admin.display(description=_("log"))
    def log(self, room: Room) -> str:
        address = f"{reverse('admin:chat_message_changelist')}?room__id__exact={room.pk}"
        return format_html('<a href="{}">{}</a>', address, _("Messages"))
