"""Which private rooms were opened, by whom and why."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.admin.desk import ReadingDesk
from chat.models import Opening


class InForceFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", _("Open now"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Opening]) -> QuerySet[Opening]:
        return queryset.filter(pk__in=Opening.objects.in_force().values("pk")) if self.value() == "open" else queryset


@admin.register(Opening)
class OpeningDesk(ReadingDesk):
    """The reason is for all to read; it was written for that. The room stays "Private room 12"."""

    change_form_template = "admin/desk_change_form.html"
    list_display = ("place", "by", "reason", "created_at", "until")
    list_filter = (InForceFilter,)
    list_select_related = ("room", "by")
    search_fields = ("=by__handle", "by__name")
    search_help_text = gettext_lazy("Who opened it")
    ordering = ("-pk",)
    fields = ("place", "by", "reason", "created_at", "until")
    readonly_fields = ("place",)

    @admin.display(description=gettext_lazy("room"))
    def place(self, opening: Opening) -> str:
        return _("Private room %(id)s") % {"id": opening.room_id}
