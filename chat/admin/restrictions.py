"""Mutes and bans, in force and over; each can be lifted from here."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import actions
from chat.admin.acts import Act, ActingDesk
from chat.admin.audit import WITHHELD
from chat.admin.desk import ReadingDesk, person_link, room_words, staff_of
from chat.models import Restriction, Room

SOON = timedelta(days=1)


def _lift(actor: User, restriction: Restriction, given: dict[str, Any]) -> None:
    actions.lift_restriction(actor=actor, restriction_id=restriction.pk, reason=given["reason"])


LIFT = Act(
    "lift",
    gettext_lazy("Lift…"),
    gettext_lazy("Lift"),
    _lift,
    note=gettext_lazy("It ends now. Who was banned from a room can join it again, and is not put back by this."),
    offered=lambda restriction: restriction.is_in_force,
)


class StateFilter(admin.SimpleListFilter):
    """What is in force stands first: it is what one comes here for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ending", _("Ends within a day")), ("over", _("Over")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("In force")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Restriction]) -> QuerySet[Restriction]:
        in_force = Restriction.objects.in_force()
        if self.value() == "all":
            return queryset
        if self.value() == "over":
            return queryset.exclude(pk__in=in_force.values("pk"))
        if self.value() == "ending":
            in_force = in_force.filter(until__lt=timezone.now() + SOON)
        return queryset.filter(pk__in=in_force.values("pk"))


class PlaceFilter(admin.SimpleListFilter):
    title = gettext_lazy("place")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("site", _("The whole site")), ("room", _("A room"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Restriction]) -> QuerySet[Restriction]:
        return queryset if self.value() is None else queryset.filter(room__isnull=self.value() == "site")


@admin.register(Restriction)
class RestrictionDesk(ActingDesk, ReadingDesk):
    acts = (LIFT,)
    change_form_template = "admin/desk_change_form.html"
    list_display = ("kind", "whom", "place", "excerpt", "by", "created_at", "ends")
    list_filter = (StateFilter, "kind", PlaceFilter)
    search_fields = ("=user__handle", "user__name", "=by__handle")
    search_help_text = gettext_lazy("Person, or the handle of who set it")
    ordering = ("-pk",)
    fields = ("kind", "whom", "place", "why", "by", "created_at", "until", "lifted_at")
    readonly_fields = ("whom", "place", "why")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Restriction]:
        """With the rows' people and rooms, and whether this reader may know what was said of it."""
        opened = Room.objects.open_to(staff_of(request)).filter(pk=OuterRef("room"))
        return super().get_queryset(request).select_related("user", "by", "room").annotate(is_told=Exists(opened))

    def thing_words(self, request: HttpRequest, thing: Restriction) -> str:
        return f"{thing.get_kind_display()}: {thing.user.name} (@{thing.user.handle}), {self.place(thing)}"

    @admin.display(description=gettext_lazy("person"), ordering="user__name")
    def whom(self, restriction: Restriction) -> str:
        return person_link(restriction.user)

    @admin.display(description=gettext_lazy("where"))
    def place(self, restriction: Restriction) -> str:
        if restriction.room is None:
            return _("The whole site")
        return room_words(restriction.room, {restriction.room.pk} if self._is_told(restriction) else ())

    @admin.display(description=gettext_lazy("reason"))
    def why(self, restriction: Restriction) -> str:
        return restriction.reason if restriction.room is None or self._is_told(restriction) else str(WITHHELD)

    @admin.display(description=gettext_lazy("reason"))
    def excerpt(self, restriction: Restriction) -> str:
        return Truncator(self.why(restriction)).chars(80)

    @admin.display(description=gettext_lazy("until"), ordering="until")
    def ends(self, restriction: Restriction) -> Any:
        if restriction.lifted_at is not None:
            return _("lifted")
        if restriction.until is None:
            return _("without end")
        return restriction.until if restriction.is_in_force else _("over")

    def _is_told(self, restriction: Restriction) -> bool:
        return bool(getattr(restriction, "is_told", False))
