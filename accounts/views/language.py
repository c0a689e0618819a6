"""The choice of a language for who is not signed in; people have it in their settings."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts import languages
from chat.errors import Invalid
from chat.views.door import door, fields, text_field


@door("POST", public=True)
def choose(request: HttpRequest) -> HttpResponse:
    """`language` is kept in this browser; then back to `next`. Raises Invalid."""
    given = fields(request)
    language, back = text_field(given, "language"), text_field(given, "next")
    if not languages.is_language(language):
        raise Invalid(_("There is no such language here."))
    answer = HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer
