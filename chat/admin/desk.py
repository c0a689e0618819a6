"""What all desks share: nothing is written here, and big tables are never counted through."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest

COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Counts at most COUNTED rows; what lies deeper is found by search and filters."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:COUNTED].count())  # type: ignore[attr-defined]


class ReadingDesk(admin.ModelAdmin):
    """To look at. Changes go through actions, since only they number, judge and ring."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    actions = None
    view_on_site = False

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
