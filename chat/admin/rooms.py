"""Rooms: public ones to look into, private ones closed but to those who open them with a reason."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import actions, permissions
from chat.admin.acts import ReasonForm
from chat.admin.desk import ReadingDesk, opened_rooms, room_words, staff_of
from chat.admin.log_pages import conversation_url
from chat.admin.log_scan import PAGE, Place
from chat.errors import ChatError
from chat.models import Membership, Room

COUNTED = 100  # members; how many more there are stays untold


class MembersUpTo(Subquery):
    """How many rows a query finds that has a limit of its own."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"


@admin.register(Room)
class RoomAdmin(ReadingDesk):
    list_display = ("name", "log", "kind", "topic", "created_by", "created_at", "archived_at")
    list_filter = (("archived_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "slug", "topic")
    search_help_text = gettext_lazy("Name, address or topic")
    ordering = ("name", "pk")
    fieldsets = (
        (None, {"fields": ("name", "slug", "kind", "topic")}),
        (gettext_lazy("Since"), {"fields": ("created_by", "created_at", "archived_at")}),
        (gettext_lazy("Rules"), {"fields": ("slow_seconds", "retention_days")}),
    )
    change_list_template = "admin/chat/room/rooms.html"
    change_form_template = "admin/chat/room/room.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return Room.objects.open_to(staff_of(request))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("closed/", wrap(self.closed_view), name="chat_room_closed"),
            path("<int:object_id>/open/", wrap(self.open_view), name="chat_room_open"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=gettext_lazy("log"))
    def log(self, room: Room) -> str:
        return format_html('<a href="{}">{}</a>', conversation_url(room), _("Conversation"))

    # --- Closed ones

    def closed_view(self, request: HttpRequest) -> HttpResponseBase:
        """Private and direct rooms by number, newest first: that they are, since when, and for how many."""
        self._require_reading(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        before = Place.read(request.GET.get("before"))
        rows = Room.objects.exclude(kind=Room.Kind.PUBLIC).exclude(pk__in=opened_rooms(request)).order_by("-pk")
        members = Membership.objects.present().filter(room=OuterRef("pk")).order_by().values("pk")[: COUNTED + 1]
        rows = rows.annotate(people=MembersUpTo(members)).only("pk", "kind", "created_at")
        found = list((rows.filter(pk__lt=before.pk) if before else rows)[: PAGE + 1])
        context = {
            **self._context(request, _("Private rooms")),
            "rooms": found[:PAGE],
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
            "is_first": before is None,
            "counted": COUNTED,
            "may_open": permissions.is_room_opener(staff_of(request)),
        }
        return TemplateResponse(request, "admin/chat/room/closed.html", context)

    def open_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """Asks for the reason; with one, the room is open to this person for an hour, and its members are told."""
        self._require_reading(request)
        staff = staff_of(request)
        if not permissions.is_room_opener(staff):
            raise PermissionDenied
        room = Room.objects.exclude(kind=Room.Kind.PUBLIC).filter(pk=object_id).first()
        if room is None:
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None, staff=staff, things=[room])
        if request.method == "POST" and form.is_valid():
            try:
                actions.open_private_room(actor=staff, room_id=room.pk, reason=form.cleaned_data["reason"])
            except ChatError as error:
                form.add_error(None, error.detail)
            else:
                messages.success(request, _("The room is open to you for an hour. Its members were told."))
                return HttpResponseRedirect(conversation_url(room))
        context = {**self._context(request, _("Open %(room)s") % {"room": room_words(room)}), "form": form}
        return TemplateResponse(request, "admin/chat/room/open.html", context, status=400 if form.errors else 200)

    def _require_reading(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
