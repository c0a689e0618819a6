"""The set-up of an empty installation: the first account, and the site's name."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import SetUpForm
from accounts.reauth import remember
from accounts.setup_link import holds, is_set_up
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.views.door import door
from chat.views.filling import filled, form_page


def set_up_page(request: HttpRequest, *, closed: bool = False) -> HttpResponse:
    """The empty form; when closed, a page that says where to find the link."""
    if closed:
        return render(request, "accounts/set_up.html", {"form": None})
    return _form_page(request, SetUpForm())


def _form_page(request: HttpRequest, form: SetUpForm) -> HttpResponse:
    return form_page(request, "accounts/set_up.html", form, action=_action(request))


def _action(request: HttpRequest) -> str:
    return request.path if request.path.startswith("/set-up/") else reverse("set_up")


@door("GET", "POST", public=True)
@sensitive_post_parameters("password")
def local(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseRedirect("/")
    _require_empty()
    if settings.REACHABLE:
        raise Forbidden(_("This site can be reached from elsewhere: use the link that ./run printed."))
    return _set_up(request)


@door("GET", "POST", public=True)
@sensitive_post_parameters("password")
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    if not holds(token):
        raise NotFound(_("This link does not hold."))
    if request.method == "POST":
        _require_empty()
        return _set_up(request)
    return HttpResponseRedirect("/") if is_set_up() else set_up_page(request)


def _require_empty() -> None:
    if is_set_up():
        raise Conflict(_("This site has its administrator already. Sign in instead."))


def _set_up(request: HttpRequest) -> HttpResponse:
    form = filled(request, SetUpForm)
    if not form.is_valid():
        return _form_page(request, form)
    try:
        person = actions.set_up(**form.cleaned_data)
    except Invalid as error:
        form.add_error(None, error.detail)
        return _form_page(request, form)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    remember(request, person, "set-up")
    room = person.memberships.select_related("room").get().room
    return HttpResponseRedirect(room.get_absolute_url())
