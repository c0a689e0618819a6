"""A person's page, and one's own settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.forms import SettingsForm
from accounts.models import User
from chat import actions, overview
from chat.errors import Invalid, NotFound
from chat.views.door import door, viewer
from chat.views.filling import filled, form_page


@door("GET")
def profile(request: HttpRequest, handle: str) -> HttpResponse:
    person = User.objects.filter(handle=handle).exclude(kind=User.Kind.SYSTEM).first()
    if person is None:
        raise NotFound(_("Nobody here has this handle."))
    shared = overview.rooms_of(person, viewer=viewer(request))
    return render(request, "accounts/person.html", {"person": person, "shared_rooms": shared})


@door("GET", "POST")
def settings(request: HttpRequest) -> HttpResponse:
    person = viewer(request)
    now = {"name": person.name, "theme": person.theme, "time_zone": person.time_zone}
    form = filled(request, SettingsForm, initial=now)
    if form.is_bound and form.is_valid():
        try:
            return _save(request, person, form)
        except Invalid as error:
            form.add_error("name", error.detail)
    return form_page(request, "accounts/settings.html", form)


def _save(request: HttpRequest, person: User, form: SettingsForm) -> HttpResponse:
    wish = form.cleaned_data
    actions.rename_person(actor=person, person=person, name=wish["name"])
    User.objects.filter(pk=person.pk).update(theme=wish["theme"], time_zone=wish["time_zone"])
    messages.success(request, _("Your settings are kept."))
    return HttpResponseRedirect(reverse("settings"))
