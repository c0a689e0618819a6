"""The set-up of an empty installation: the first account, and the site's name."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import SetUpForm
from accounts.setup_link import holds, is_set_up
from chat import actions
from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.views.door import door, fields


def set_up_page(
    request: HttpRequest, *, closed: bool = False, form: SetUpForm | None = None, status: int = 200
) -> HttpResponse:
    """The form, posting to where it is allowed; when closed, a page that says where to find the link."""
    shown = None if closed else form or SetUpForm()
    return render(request, "accounts/set_up.html", {"form": shown, "action": _action(request)}, status=status)


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
    form = SetUpForm(fields(request))
    if not form.is_valid():
        return set_up_page(request, form=form, status=400)
    try:
        person = actions.set_up(**form.cleaned_data)
    except Invalid as error:
        form.add_error(None, error.detail)
        return set_up_page(request, form=form, status=400)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    room = person.memberships.select_related("room").get().room
    return HttpResponseRedirect(room.get_absolute_url())
