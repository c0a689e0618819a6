"""A person's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import pictures
from accounts.models import User
from chat import overview
from chat.errors import NotFound
from chat.views.door import door, viewer

FOR_GOOD = "private, max-age=31536000, immutable"  # another picture has another name


@door("GET")
def profile(request: HttpRequest, handle: str) -> HttpResponse:
    """Under a handle that was given up, the way to the present one. Who deleted the account has no page."""
    person = User.objects.by_handle(handle)
    if person is None or person.kind == User.Kind.SYSTEM or person.anonymised_at is not None:
        raise NotFound(_("Nobody here has this handle."))
    if person.handle != handle:
        return redirect("person", person.handle)
    shared = overview.rooms_of(person, viewer=viewer(request))
    return render(request, "accounts/person.html", {"person": person, "shared_rooms": shared})


@door("GET")
def picture(request: HttpRequest, picture: str) -> HttpResponse:
    content = pictures.read(picture)
    if content is None:
        raise NotFound(_("There is no such picture, or no longer."))
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": FOR_GOOD})
