"""What all desks share: who sits at one, lists that are never counted through, and what a private room is called."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import User
from chat import permissions
from chat.models import Room

COUNTED = 10_000
LINKED = {"room__id__exact", "user__id__exact"}  # what links to a list may ask for


def staff_of(request: HttpRequest) -> User:
    """The person at the desk; the admin lets nobody else as far as here."""
    assert isinstance(request.user, User)
    return request.user


def may_act(request: HttpRequest) -> bool:
    """Whether acts are offered. The actions ask again, as the database says then."""
    return permissions.is_site_moderator(staff_of(request))


def opened_rooms(request: HttpRequest) -> set[int]:
    """Private rooms that this person has opened, for now; asked once a request."""
    known: set[int] | None = getattr(request, "opened_rooms", None)
    if known is None:
        rooms = Room.objects.open_to(staff_of(request)).exclude(kind=Room.Kind.PUBLIC)
        known = set(rooms.values_list("pk", flat=True)[:COUNTED])
        request.opened_rooms = known  # type: ignore[attr-defined]
    return known


def is_open(room: Room, opened: Collection[int]) -> bool:
    return room.kind == Room.Kind.PUBLIC or room.pk in opened


def room_words(room: Room, opened: Collection[int] = ()) -> str:
    """Its name, or for a private room that is not opened only that it is one."""
    return room.name if is_open(room, opened) else _("Private room %(id)s") % {"id": room.pk}


def person_link(person: User) -> str:
    address = reverse("admin:accounts_user_change", args=[person.pk])
    words = '<a href="{}"><bdi>{}</bdi></a> <span class="quiet">@{}</span>'
    return format_html(words, address, person.name, person.handle)


def _asked(list_filter: Any) -> str:
    """What a filter of a list reads from the address, in each of Django's three ways to name one."""
    if isinstance(list_filter, tuple):
        return str(list_filter[0])
    return str(getattr(list_filter, "parameter_name", list_filter))


class BoundedPaginator(Paginator):
    """Counts at most COUNTED rows; what lies deeper is found by search and filters."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:COUNTED].count())  # type: ignore[attr-defined]


class ReadingDesk(admin.ModelAdmin):
    """To look at. Changes go through actions, since only they number, judge and ring."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    actions: Any = None
    view_on_site = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django takes any column of the table from the address: a way to guess at what a desk does not show."""
        return lookup in LINKED or lookup.split("__")[0] in {_asked(each) for each in self.get_list_filter(request)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
