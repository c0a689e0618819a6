"""One's own settings: what one is called, what one looks like, how one wants to see the site."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from accounts import languages
from accounts.forms import SettingsForm
from accounts.models import User
from accounts.pictures import UPLOAD_LIMIT, too_many_bytes
from chat import actions
from chat.errors import ChatError, Invalid
from chat.views.door import door, fields, text_field, viewer, wants_json
from chat.views.filling import filled, form_page

PAGE = "accounts/settings.html"


@door("GET", "POST")
def settings(request: HttpRequest) -> HttpResponse:
    before = viewer(request).handle
    form = filled(request, SettingsForm, person=viewer(request))
    if form.is_bound and form.is_valid() and _saved(request, form):
        return _done(request, _kept(before, viewer(request).handle))
    return form_page(request, PAGE, form, **_limits())


def _kept(before: str, handle: str) -> str:
    if handle == before:
        return _("Your settings are kept.")
    return _("Your settings are kept. From now on you sign in as %(handle)s.") % {"handle": handle}


def _saved(request: HttpRequest, form: SettingsForm) -> bool:
    """The handle first, since it is what may be refused; what was refused says why, beside its field."""
    person, wish, field = viewer(request), form.cleaned_data, "handle"
    try:
        actions.change_handle(actor=person, person=person, handle=wish["handle"])
        field = "name"
        actions.rename_person(actor=person, person=person, name=wish["name"])
    except ChatError as error:
        if wants_json(request):
            raise
        form.add_error(field, error.detail)
        return False
    actions.change_preferences(actor=person, **{name: wish[name] for name in ("theme", "language", "time_zone")})
    languages.speak(wish["language"] or get_language_from_request(request))
    return True


@door("POST")
def own_picture(request: HttpRequest) -> HttpResponse:
    """`picture` is a file of a form; or `remove` says that there shall be none."""
    try:
        given = _given(request)
        person = viewer(request)
        actions.change_picture(actor=person, person=person, picture=given)
    except ChatError as error:
        if wants_json(request):
            raise
        form = SettingsForm(person=viewer(request))
        return render(request, PAGE, {"form": form, "picture_error": error.detail, **_limits()}, status=error.status)
    return _done(request, _("Your picture is kept.") if given else _("Your picture is gone."))


def _given(request: HttpRequest) -> bytes | None:
    """What was uploaded, None to have none. Raises Invalid."""
    if text_field(fields(request), "remove"):
        return None
    upload = request.FILES.get("picture")
    if upload is None:
        raise Invalid(_("Choose a picture first."))
    return bytes(upload.read())


def _done(request: HttpRequest, words: str) -> HttpResponse:
    if wants_json(request):
        person = User.objects.get(pk=viewer(request).pk)
        names = ("id", "handle", "name", "theme", "language", "time_zone")
        return JsonResponse({**{name: getattr(person, name) for name in names}, "picture": person.picture_url})
    messages.success(request, words)
    return HttpResponseRedirect(reverse("settings"))


def _limits() -> dict[str, object]:
    return {"picture_limit": UPLOAD_LIMIT, "picture_too_large": too_many_bytes()}
