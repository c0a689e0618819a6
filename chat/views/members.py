"""The members of a room: listing, adding by handle, removing, roles."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from chat import actions, permissions
from chat.errors import ChatError
from chat.forms import MemberForm
from chat.models import Membership
from chat.views.door import door, fields, number, text_field, viewer, wants_json
from chat.views.find import entered

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
    rows = Membership.objects.present().filter(room=mine.room).select_related("user").order_by("user__name", "pk")
    page = Paginator(rows, PAGE).get_page(number(request.GET.get("page"), "page", low=1) or 1)
    for row in page:
        row.removable = permissions.can_restrict(mine, row)  # type: ignore[attr-defined]  # for the template
    context = {
        "room": mine.room,
        "membership": mine,
        "memberships": page,
        "form": form,
        "can_add": permissions.can_add_member(mine),
        "can_set_role": permissions.can_set_role(mine),
        "roles": Membership.Role.choices,
    }
    return render(request, "chat/members.html", context, status=status)


@door("POST")
def remove(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    membership = entered(viewer(request), slug)
    actions.remove_member(actor=viewer(request), room_id=membership.room_id, user_id=user_id)
    return _to_members(membership)


@door("POST")
def role(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    membership = entered(viewer(request), slug)
    wish = text_field(fields(request), "role")
    actions.set_role(actor=viewer(request), room_id=membership.room_id, user_id=user_id, role=wish)
    return _to_members(membership)


def _to_members(membership: Membership) -> HttpResponse:
    return HttpResponseRedirect(f"{membership.room.get_absolute_url()}members/")
