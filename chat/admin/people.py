"""A person as the site's moderators see them: what is in force, where they are, what was done, and what can be."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import PersonAdmin
from accounts.models import User
from chat.admin.account_acts import ACCOUNT_ACTS
from chat.admin.acts import BACK, ActingDesk
from chat.admin.audit import Told
from chat.admin.connections import present
from chat.admin.desk import BoundedPaginator, is_open, may_act, opened_rooms, staff_of
from chat.admin.people_acts import ACTS
from chat.admin.restrictions import LIFT, RestrictionDesk
from chat.models import AuditEntry, Membership, Restriction

SHOWN = 20  # of each list on a person's page
COUNTED = 100
Kind = Restriction.Kind


def _in_force(kind: Kind) -> Exists:
    return Exists(Restriction.objects.in_force().filter(user=OuterRef("pk"), room=None, kind=kind))


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing on the site")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("banned", _("Banned")), ("muted", _("Muted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        kind = {"banned": Kind.BAN, "muted": Kind.MUTE}.get(str(self.value()))
        if kind is None:
            return queryset
        return queryset.filter(pk__in=Restriction.objects.in_force().filter(room=None, kind=kind).values("user"))


@admin.register(User)
class PersonDesk(ActingDesk, PersonAdmin):
    acts = (*ACTS, *ACCOUNT_ACTS)
    change_form_template = "admin/accounts/user/person.html"
    list_display = ("handle", "name", "email", "standing", "rights", "last_login")
    list_filter = (StandingFilter, "is_active", "is_staff", "groups", "kind", "date_joined")
    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("People"), **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request).prefetch_related("groups")
        return people.annotate(is_banned=_in_force(Kind.BAN), is_muted=_in_force(Kind.MUTE))

    def thing_words(self, request: HttpRequest, thing: User) -> str:
        return f"{thing.name} (@{thing.handle})"

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, person: Any) -> str:
        gone = person.anonymised_at is not None
        shut = _("deleted") if gone else _("deactivated")
        states = {shut: not person.is_active, _("banned"): person.is_banned, _("muted"): person.is_muted}
        return ", ".join(words for words, is_so in states.items() if is_so)

    @admin.display(description=gettext_lazy("rights"))
    def rights(self, person: User) -> str:
        """Groups count for nothing without the staff mark, so that is said first."""
        mark = _("superuser") if person.is_superuser else _("staff") if person.is_staff else ""
        return ", ".join([*([mark] if mark else []), *(group.name for group in person.groups.all())])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if options.get("obj") is not None:
            context["desk"] = self._panel(request, options["obj"])
        return super().render_change_form(request, context, *args, **options)

    def _panel(self, request: HttpRequest, person: User) -> dict[str, Any]:
        opened = opened_rooms(request)
        entries = AuditEntry.objects.filter(person=person).select_related("actor", "person", "room").order_by("-pk")
        can_read = staff_of(request).has_perm("chat.view_auditentry")
        return {
            "restrictions": self._restrictions(request, person),
            "rooms": _rooms(person, opened),
            "private_rooms": _count_private(person, opened),
            "presence": present([person], opened),
            "audit": [Told(entry, opened) for entry in entries[:SHOWN]] if can_read else [],
            "audit_url": f"{reverse('admin:chat_auditentry_changelist')}?{urlencode({'person': person.handle})}",
            "messages_url": f"{reverse('admin:chat_message_changelist')}?{urlencode({'author': person.handle})}",
            "groups": person.groups.order_by("name"),
            "past_handles": person.past_handles.order_by("-given_up_at")[:SHOWN],
            "remove_url": reverse("admin:accounts_user_act", args=[person.pk, "remove"]) if may_act(request) else "",
            "back": urlencode({BACK: request.path}),
        }

    def _restrictions(self, request: HttpRequest, person: User) -> list[dict[str, Any]]:
        desk = self.admin_site.get_model_admin(Restriction)
        assert isinstance(desk, RestrictionDesk)
        rows = desk.get_queryset(request).filter(user=person, pk__in=Restriction.objects.in_force().values("pk"))
        return [
            {
                "row": row,
                "place": desk.place(row),
                "why": desk.why(row),
                "lift": desk.act_url(LIFT, row) if may_act(request) else "",
            }
            for row in rows.order_by("-pk")[:SHOWN]
        ]


def _rooms(person: User, opened: set[int]) -> list[Membership]:
    """Where they are in sight of this reader; private rooms are only counted."""
    here = Membership.objects.present().filter(user=person).select_related("room").order_by("room__name", "pk")
    return [membership for membership in here[:COUNTED] if is_open(membership.room, opened)][:SHOWN]


def _count_private(person: User, opened: set[int]) -> int:
    here = Membership.objects.present().filter(user=person).exclude(room__kind="public").exclude(room__in=opened)
    return here[:COUNTED].count()
