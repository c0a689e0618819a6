"""Who is connected: people, the rooms they have open, since when. Only what living processes say counts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.admin.dashboard import connected_now
from chat.admin.desk import ReadingDesk, is_open, opened_rooms, room_words
from chat.models import Connection, Room

PER_PAGE = 50
ROOMS_SHOWN = 12


@dataclass
class Present:
    """A person with the rooms open in any window, and since when the oldest of these."""

    person: User
    since: datetime
    rooms: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0


class SearchForm(forms.Form):
    q = forms.CharField(label=gettext_lazy("Handle begins with"), required=False, max_length=32)
    after = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def clean_q(self) -> str:
        return str(self.cleaned_data["q"]).strip().removeprefix("@").lower()


def connected(person: User | None = None) -> QuerySet[Connection]:
    rows = Connection.objects.filter(lease__expires_at__gt=Now())
    return rows.filter(user=person) if person else rows


def present(people: list[User], opened: set[int]) -> list[Present]:
    """What these people have open; one query."""
    rows: dict[int, dict[int, Connection]] = {person.pk: {} for person in people}
    for row in connected().filter(user__in=people).select_related("room").order_by("since"):
        rows[row.user_id].setdefault(row.room_id, row)  # a room open in two processes is one room
    return [_present(person, list(rows[person.pk].values()), opened) for person in people if rows[person.pk]]


def _present(person: User, rows: list[Connection], opened: set[int]) -> Present:
    shown = [_shown(row.room, row.since, opened) for row in rows[:ROOMS_SHOWN]]
    return Present(person, rows[0].since, shown, len(rows) - len(shown))


def _shown(room: Room, since: datetime, opened: set[int]) -> dict[str, Any]:
    return {"id": room.pk, "words": room_words(room, opened), "is_open": is_open(room, opened), "since": since}


@admin.register(Connection)
class ConnectionDesk(ReadingDesk):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SearchForm(request.GET, label_suffix="")
        wish = form.cleaned_data if form.is_valid() else {"q": "", "after": ""}
        people = User.objects.filter(pk__in=connected().values("user")).order_by("handle")
        people = people.filter(handle__gt=wish["after"], handle__startswith=wish["q"])
        page = list(people[: PER_PAGE + 1])
        further = {"q": wish["q"], "after": page[PER_PAGE - 1].handle} if len(page) > PER_PAGE else {}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Connected now"),
            "opts": self.opts,
            "form": form,
            "people": present(page[:PER_PAGE], opened_rooms(request)),
            "connected": connected_now(),
            "further": f"?{urlencode(further)}" if further else "",
            "is_filtered": bool(wish["q"] or wish["after"]),
        }
        return TemplateResponse(request, "admin/chat/connection/list.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """None has a page of its own: it would name a private room, and be gone in seconds anyhow."""
        return super().get_queryset(request).none()
