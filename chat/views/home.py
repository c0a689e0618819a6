"""The front page: the set-up of an empty installation, the welcome of a visitor, the rooms of a person."""

from allauth.account.views import LoginView
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.models import User
from accounts.setup_link import is_set_up
from accounts.views.set_up import set_up_page
from chat.models import Membership, Room
from chat.views.door import door, number, viewer

PAGE = 50


@door("GET", public=True)
@ensure_csrf_cookie
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return render(request, "home.html", rooms_of(request, viewer(request)))
    if not is_set_up():
        return set_up_page(request, closed=settings.REACHABLE)
    return render(request, "welcome.html", {"login_form": LoginView().get_form_class()(request=request)})


def rooms_of(request: HttpRequest, person: User) -> dict[str, Page[Room]]:
    """The rooms the person is in, and the public ones they can join, each a page of PAGE."""
    mine = Membership.objects.filter(user=person, state=Membership.State.IN).values("room")
    joinable = Room.objects.filter(kind=Room.Kind.PUBLIC, archived_at=None).exclude(pk__in=mine)
    return {
        "joined": page(Room.objects.filter(pk__in=mine).order_by("name", "pk"), request.GET.get("joined")),
        "joinable": page(joinable.order_by("name", "pk"), request.GET.get("joinable")),
    }


def page(rooms: QuerySet[Room], raw: str | None) -> Page[Room]:
    return Paginator(rooms, PAGE).get_page(number(raw, "page", low=1) or 1)
