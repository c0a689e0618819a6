"""Invitations: the links of a room and of the site, and the page that a link opens."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import doorway
from accounts.models import User
from chat import actions, invitations, limits
from chat.errors import Forbidden, NotFound
from chat.forms import InviteForm
from chat.models import Invite, Membership, Room
from chat.permissions import can_invite, is_site_inviter
from chat.views.door import door, error_answer, fields, text_field, viewer, wants_json
from chat.views.filling import filled, form_page, tried
from chat.views.find import entered
from chatsite import addresses

# --- Those who give links away


@door("GET", "POST")
def of_room(request: HttpRequest, slug: str) -> HttpResponse:
    room = _owned(viewer(request), slug)
    here = f"{room.get_absolute_url()}invites/"
    return _invites(request, room, here, "chat/room_invites.html")


@door("POST")
def withdraw_of_room(request: HttpRequest, slug: str, invite_id: int) -> HttpResponse:
    room = _owned(viewer(request), slug)
    return _withdraw(request, room, invite_id, f"{room.get_absolute_url()}invites/")


@door("GET", "POST")
def of_site(request: HttpRequest) -> HttpResponse:
    _require_inviter(viewer(request))
    return _invites(request, None, reverse("site_invites"), "chat/site_invites.html")


@door("POST")
def withdraw_of_site(request: HttpRequest, invite_id: int) -> HttpResponse:
    _require_inviter(viewer(request))
    return _withdraw(request, None, invite_id, reverse("site_invites"))


def _owned(person: User, slug: str) -> Room:
    membership = entered(person, slug)
    if not can_invite(membership):
        raise Forbidden(_("Only owners of a room invite people to it by a link."))
    return membership.room


def _require_inviter(person: User) -> None:
    if not is_site_inviter(person):
        raise NotFound(_("There is nothing at this address, or it is not yours."))


def _invites(request: HttpRequest, room: Room | None, here: str, template: str) -> HttpResponse:
    form = filled(request, InviteForm)
    make = partial(actions.make_invite, actor=viewer(request), room_id=room.pk if room else None)
    made = tried(request, form, make)
    if made is None:
        return form_page(request, template, form, room=room, invites=invitations.live(room), here=here)
    if wants_json(request):
        return JsonResponse({"invite": made.pk, "link": invitations.link(made)}, status=201)
    return HttpResponseRedirect(f"{here}#invite-{made.pk}")


def _withdraw(request: HttpRequest, room: Room | None, invite_id: int, here: str) -> HttpResponse:
    if not Invite.objects.filter(room=room, pk=invite_id).exists():
        raise NotFound(_("No such invitation."))
    actions.withdraw_invite(actor=viewer(request), invite_id=invite_id)
    return JsonResponse({"invite": invite_id}) if wants_json(request) else HttpResponseRedirect(here)


# --- Those who come by one


@door("GET", "POST", public=True)
def join(request: HttpRequest, token: str) -> HttpResponse:
    source = addresses.source(addresses.of_request(request))
    limits.check_guess(source)
    try:
        answer = _came_back(request, token) or _asked_in(request, token)
    except NotFound as error:
        limits.spend_guess(source)
        return _dead(request, error)
    return answer


def _came_back(request: HttpRequest, token: str) -> HttpResponse | None:
    """Who is in the room already goes there, whatever became of the link."""
    invite = Invite.objects.by_token(token)
    if invite is None or invite.room is None or not request.user.is_authenticated:
        return None
    is_in = Membership.objects.present().filter(room=invite.room, user=viewer(request)).exists()
    return HttpResponseRedirect(invite.room.get_absolute_url()) if is_in else None


def _asked_in(request: HttpRequest, token: str) -> HttpResponse:
    invite = actions.find_invite(token=token)
    if request.method != "POST":
        return render(request, "chat/join.html", {"invite": invite})
    way = text_field(fields(request), "way")
    if not request.user.is_authenticated:
        return _to_the_door(request, token, way)
    room = actions.redeem_invite(actor=viewer(request), token=token).room
    return HttpResponseRedirect(room.get_absolute_url() if room else "/")


def _to_the_door(request: HttpRequest, token: str, way: str) -> HttpResponse:
    """Sign-up or sign-in first; the invitation waits in the session, since this click asked for it."""
    doorway.keep(request, token)
    signs_up = way != "sign-in" and settings.SIGNUP != "closed"
    return HttpResponseRedirect(reverse("account_signup" if signs_up else "account_login"))


def _dead(request: HttpRequest, error: NotFound) -> HttpResponse:
    """One page for all that is wrong with a link, so that it tells nothing about links that were never made."""
    if wants_json(request):
        return error_answer(request, error)  # type: ignore[return-value]
    return render(request, "chat/join_dead.html", {"detail": error.detail}, status=error.status)
