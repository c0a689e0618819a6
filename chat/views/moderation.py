"""Keeping order in a room, from the room itself: hiding and restoring, muting, banning, lifting, and the book of it."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.zones import zone_of
from chat import actions, moderation
from chat.errors import Forbidden, NotFound
from chat.forms import ReasonForm, RemoveForm, RestrictForm
from chat.models import Membership, Message, Restriction, Room
from chat.permissions import can_restrict
from chat.rendering import body_html
from chat.views.door import door, number, viewer, wants_json
from chat.views.filling import filled, form_page, tried
from chat.views.find import Keeper, keeping, message_in


@door("GET")
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    before = {name: number(request.GET.get(name), name) for name in ("restrictions", "hidden", "audit")}
    mine: dict[str, Any] = {"viewer": keeper.person, "as_staff": keeper.as_staff}
    context = {
        "room": keeper.room,
        "restrictions": moderation.restrictions(keeper.room, before=before["restrictions"], **mine),
        "hidden": moderation.hidden(keeper.room, before=before["hidden"], **mine),
        "audit": moderation.acts(keeper.room, before=before["audit"]),
    }
    return render(request, "chat/moderation.html", context)


def _about(keeper: Keeper, heading: str, **page: Any) -> dict[str, Any]:
    return {"room": keeper.room, "heading": heading, **page}


# --- Messages


@door("GET", "POST")
def hide(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    message = message_in(keeper.room, message_id)
    if message.is_deleted and request.method != "POST":
        raise NotFound(_("This message was deleted."))
    form = filled(request, ReasonForm)
    seq = tried(request, form, partial(actions.hide_message, actor=keeper.person, message_id=message.pk))
    if seq is not None:
        return _changed(request, message, seq)
    page = _about(keeper, _("Hide this message?"), message=message, body=body_html(message))
    return form_page(request, "chat/message_hide.html", form, **page)


@door("GET", "POST")
def restore(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    message = message_in(keeper.room, message_id)
    if not message.is_hidden and request.method != "POST":
        raise NotFound(_("No moderator has hidden this message."))
    form = filled(request, ReasonForm)
    seq = tried(request, form, partial(actions.restore_message, actor=keeper.person, message_id=message.pk))
    if seq is not None:
        return _changed(request, message, seq)
    kept = moderation.kept_bodies([message]).get(message.pk)
    page = _about(keeper, _("Restore this message?"), message=message, kept=kept)
    return form_page(request, "chat/message_restore.html", form, **page)


def _changed(request: HttpRequest, message: Message, seq: int) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"message": message.pk, "seq": seq})
    return HttpResponseRedirect(message.get_absolute_url())


# --- People


@door("GET", "POST")
def restrict(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    theirs = _restrictable(keeper, user_id)
    now = {"kind": request.GET.get("kind", ""), "zone": str(zone_of(keeper.person))}
    form = filled(request, RestrictForm, initial=now)
    restriction = tried(request, form, partial(_restrict, **keeper.as_actor, user_id=user_id))
    if restriction is not None:
        return _ordered(request, keeper.room, restriction)
    mute = moderation.mutes_in(keeper.room, [theirs]).get(user_id)
    page = _about(keeper, _("Mute or ban %(name)s") % {"name": theirs.user.name}, theirs=theirs, mute=mute)
    return form_page(request, "chat/member_restrict.html", form, **page)


def _restrict(*, actor: User, user_id: int, room_id: int, **wish: Any) -> Restriction:
    act = actions.ban_person if wish["kind"] == Restriction.Kind.BAN else actions.mute_person
    return act(actor=actor, user_id=user_id, room_id=room_id, until=wish["until"], reason=wish["reason"])


@door("GET", "POST")
def remove(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    theirs = _restrictable(keeper, user_id)
    form = filled(request, RemoveForm)
    removed = tried(request, form, partial(actions.remove_member, **keeper.as_actor, user_id=user_id))
    if removed is None:
        page = _about(keeper, _("Remove %(name)s?") % {"name": theirs.user.name}, theirs=theirs)
        return form_page(request, "chat/member_remove.html", form, **page)
    return HttpResponseRedirect(f"{keeper.room.get_absolute_url()}members/")


def _restrictable(keeper: Keeper, user_id: int) -> Membership:
    """The membership of somebody who is or was in the room. Raises NotFound, Forbidden; the action judges again."""
    theirs = Membership.objects.filter(room=keeper.room, user=user_id).select_related("user").first()
    if theirs is None:
        raise NotFound(_("This person was never in the room."))
    if not (keeper.as_staff or can_restrict(keeper.membership, theirs)):
        raise Forbidden(_("You can restrict people of a lower role than yours, and never yourself."))
    return theirs


@door("GET", "POST")
def lift(request: HttpRequest, slug: str, restriction_id: int) -> HttpResponse:
    keeper = keeping(viewer(request), slug)
    found = Restriction.objects.filter(room=keeper.room, pk=restriction_id).select_related("user", "by").first()
    if found is None or (request.method != "POST" and not found.is_in_force):
        raise NotFound(_("No such restriction is in force here."))
    form = filled(request, ReasonForm)
    lifted = tried(request, form, partial(actions.lift_restriction, actor=keeper.person, restriction_id=found.pk))
    if lifted is None:
        heading = (
            _("Lift the ban of %(name)s?") if found.kind == Restriction.Kind.BAN else _("Lift the mute of %(name)s?")
        )
        page = _about(keeper, heading % {"name": found.user.name}, restriction=found)
        return form_page(request, "chat/restriction_lift.html", form, **page)
    return _ordered(request, keeper.room, lifted)


def _ordered(request: HttpRequest, room: Room, restriction: Restriction) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"restriction": restriction.pk})
    return HttpResponseRedirect(f"{room.get_absolute_url()}moderation/")
