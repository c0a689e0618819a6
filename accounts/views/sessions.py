"""Where one is signed in, and signing out elsewhere."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import signed_in
from chat.errors import NotFound
from chat.views.door import door, viewer


@door("GET")
def sessions(request: HttpRequest) -> HttpResponse:
    signed_in.note(request)  # or a first visit would not find itself
    places = signed_in.places(viewer(request), request.session.session_key)
    context = {"places": places, "has_others": len(places) > 1, "is_cut": len(places) == signed_in.SHOWN}
    return render(request, "usersessions/usersession_list.html", context)


@door("POST")
def end(request: HttpRequest, place_id: int) -> HttpResponse:
    if request.session.get(signed_in.PLACE) == place_id:  # this one: it is as signing out
        get_adapter().logout(request)
        return HttpResponseRedirect("/")
    if not signed_in.end(viewer(request), place_id):
        raise NotFound(_("No such session, or it has ended already."))
    messages.success(request, _("Signed out there."))
    return HttpResponseRedirect(reverse("usersessions_list"))


@door("POST")
def end_others(request: HttpRequest) -> HttpResponse:
    signed_in.end_others(request)
    messages.success(request, _("You are signed out everywhere else."))
    return HttpResponseRedirect(reverse("usersessions_list"))
