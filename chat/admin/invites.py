"""Invitations onto the site and into rooms, to withdraw; their links are for those who give them away."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import actions
from chat.admin.acts import Act, ActingDesk
from chat.admin.desk import ReadingDesk, person_link, staff_of
from chat.admin.restrictions import PlaceFilter
from chat.models import Invite, Room


def _withdraw(actor: User, invite: Invite, given: dict[str, Any]) -> None:
    actions.withdraw_invite(actor=actor, invite_id=invite.pk, reason=given["reason"])


WITHDRAW = Act(
    "withdraw",
    gettext_lazy("Withdraw…"),
    gettext_lazy("Withdraw"),
    _withdraw,
    note=gettext_lazy("Its link opens nothing any more. Who came by it stays."),
    offered=lambda invite: invite.revoked_at is None,
)


class HoldsFilter(admin.SimpleListFilter):
    """What holds stands first: it is what one comes here for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("over", _("Over")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("Holds")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invite]) -> QuerySet[Invite]:
        usable = Invite.objects.usable().values("pk")
        if self.value() == "all":
            return queryset
        return queryset.exclude(pk__in=usable) if self.value() == "over" else queryset.filter(pk__in=usable)


@admin.register(Invite)
class InviteDesk(ActingDesk, ReadingDesk):
    acts = (WITHDRAW,)
    change_form_template = "admin/desk_change_form.html"
    list_display = ("number", "place", "maker", "created_at", "came", "ends")
    list_filter = (HoldsFilter, PlaceFilter)
    list_select_related = ("room", "created_by")
    search_fields = ("=created_by__handle", "created_by__name")
    search_help_text = gettext_lazy("Who made it")
    ordering = ("-pk",)
    fields = ("place", "maker", "created_at", "came", "ends")
    readonly_fields = ("place", "maker", "came", "ends")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invite]:
        """Onto the site, and into rooms open to the reader."""
        open_here = Q(room=None) | Q(room__in=Room.objects.open_to(staff_of(request)))
        return super().get_queryset(request).filter(open_here).select_related("room", "created_by")

    def thing_words(self, request: HttpRequest, thing: Invite) -> str:
        return f"{thing.pk}: {self.place(thing)}, {thing.created_by.name} (@{thing.created_by.handle})"

    @admin.display(description="#", ordering="pk")
    def number(self, invite: Invite) -> str:
        return str(invite.pk)

    @admin.display(description=gettext_lazy("where to"))
    def place(self, invite: Invite) -> str:
        return invite.room.name if invite.room else _("The whole site")

    @admin.display(description=gettext_lazy("by"))
    def maker(self, invite: Invite) -> str:
        return person_link(invite.created_by)

    @admin.display(description=gettext_lazy("came by it"))
    def came(self, invite: Invite) -> str:
        if invite.uses_limit is None:
            return str(invite.uses)
        return _("%(uses)d of %(most)d") % {"uses": invite.uses, "most": invite.uses_limit}

    @admin.display(description=gettext_lazy("until"), ordering="expires_at")
    def ends(self, invite: Invite) -> Any:
        if invite.revoked_at is not None:
            return _("withdrawn")
        if not invite.is_usable:
            return _("over")
        return invite.expires_at or _("without end")
