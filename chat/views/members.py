"""The members of a room: listing, finding by the beginning of a name, adding by handle, roles."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from chat import actions, moderation, permissions
from chat.completion import members_like
from chat.errors import ChatError
from chat.forms import MemberForm
from chat.models import Membership
from chat.rendering import person
from chat.views.door import door, fields, number, text_field, viewer, wants_json
from chat.views.find import entered, keeps_as_staff

PAGE = 100


@door("GET", "POST")
def members(request: HttpRequest, slug: str) -> HttpResponse:
    membership = entered(viewer(request), slug)
    if request.method != "POST":
        return _members_page(request, membership, MemberForm())
    handle = text_field(fields(request), "handle")
    try:
        actions.add_member(actor=viewer(request), room_id=membership.room_id, handle=handle)
    except ChatError as error:
        if wants_json(request) or error.status == 404:
            raise
        form = MemberForm({"handle": handle})
        form.add_error("handle" if error.status == 400 else None, error.detail)
        return _members_page(request, membership, form, status=error.status)
    return _to_members(membership)


def _members_page(request: HttpRequest, mine: Membership, form: MemberForm, status: int = 200) -> HttpResponse:
    as_staff = keeps_as_staff(viewer(request), mine.room)
    rows = Membership.objects.present().filter(room=mine.room).select_related("user").order_by("user__name", "pk")
    page = Paginator(rows, PAGE).get_page(number(request.GET.get("page"), "page", low=1) or 1)
    mutes = moderation.mutes_in(mine.room, list(page))
    for row in page:  # for the template
        row.mute = mutes.get(row.user_id)  # type: ignore[attr-defined]
        row.can_restrict = _may_restrict(mine, row, as_staff)  # type: ignore[attr-defined]
    context = {
        "room": mine.room,
        "membership": mine,
        "memberships": page,
        "form": form,
        "can_keep_order": as_staff or permissions.can_keep_order(mine),
        "can_add": permissions.can_add_member(mine),
        "can_invite": permissions.can_invite(mine),
        "can_set_role": permissions.can_set_role(mine),
        "roles": Membership.Role.choices,
    }
    return render(request, "chat/members.html", context, status=status)


def _may_restrict(mine: Membership, theirs: Membership, as_staff: bool) -> bool:
    """What the page offers; the action judges."""
    by_staff = as_staff and theirs.user_id != mine.user_id and not theirs.user.is_staff
    return by_staff or permissions.can_restrict(mine, theirs)


@door("GET")
def find(request: HttpRequest, slug: str) -> HttpResponse:
    membership = entered(viewer(request), slug)
    found = members_like(membership.room_id, text_field(request.GET, "q"), but=viewer(request))
    return JsonResponse({"members": [person(each) for each in found]})


@door("POST")
def role(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    membership = entered(viewer(request), slug)
    wish = text_field(fields(request), "role")
    actions.set_role(actor=viewer(request), room_id=membership.room_id, user_id=user_id, role=wish)
    return _to_members(membership)


def _to_members(membership: Membership) -> HttpResponse:
    return HttpResponseRedirect(f"{membership.room.get_absolute_url()}members/")
