"""The log of public rooms, newest first."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from chat.admin.desk import ReadingDesk
from chat.models import Message, Room


@admin.register(Message)
class MessageAdmin(ReadingDesk):
    list_display = ("id", "room", "author", "created_at", "edited_at", "deleted_at", "excerpt")
    list_filter = ("kind", ("deleted_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("room", "author")
    search_fields = ("=room__slug", "=author__handle", "body")
    search_help_text = _("Words, a room's address or an author's handle")
    ordering = ("-id",)
    fields = ("room", "author", "created_at", "edited_at", "deleted_at", "deleted_by", "seq", "body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).filter(room__kind=Room.Kind.PUBLIC)

    @admin.display(description=_("text"))
    def excerpt(self, message: Message) -> str:
        return Truncator(message.body).chars(80)
