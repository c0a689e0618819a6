"""Around every view: headers, answers that no cache may keep, hosts that are not ours, coded errors."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from accounts.sessions import KEY
from chat.errors import ChatError, Conflict, Invalid
from chat.outage import is_outage
from chat.views.door import error_answer, wants_json
from chat.views.errors import unavailable
from chat.views.health import PATHS

Answer = Callable[[HttpRequest], HttpResponseBase]

# What a page of ours never asks a browser for, so that nothing that got into one may either.
UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking"),
)
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)


class Headers:
    """What every answer carries beside Django's own headers.

    Only what says `public` may be kept by a cache, and by a person's own browser what says `immutable`.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SECURE_HSTS_SECONDS:
            # Also when the proxy that ends TLS does not say so: browsers ignore it where it does not belong.
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
        kept = response.get("Cache-Control", "")
        if "immutable" in kept and "private" in kept:
            response.headers.pop("Vary", None)  # or it would be fetched anew whenever any cookie changes
        elif "public" not in kept:
            # Not on static files: it is of pages, and would be a sixth of the first visit's weight.
            response.headers.setdefault("Permissions-Policy", PERMISSIONS)
            patch_cache_control(response, private=True, no_store=True)
        return response


class WrongHost:
    """A plain page under a host that is not ours: where the site answers, and how to change that."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in PATHS:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc  # probes come by address
        try:
            request.get_host()
        except DisallowedHost:
            return self.refuse(request)
        return self.get_response(request)

    def refuse(self, request: HttpRequest) -> HttpResponse:
        error = Invalid(_("This site answers at %(address)s.") % {"address": settings.SITE_URL})
        if wants_json(request):
            return JsonResponse({"type": "error", "ref": None, **error.as_wire()}, status=400)
        page = {"site_urls": settings.SITE_URLS, "site_url": settings.SITE_URL}
        return HttpResponse(render_to_string("chat/wrong_host.html", page), status=400)


class CleanCookies:
    """Drops a session cookie that cannot be one; PostgreSQL would refuse even to look for some of them."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)


class CodedErrors:
    """Turns what a view refuses into its answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, ChatError):
            return error_answer(request, exception)
        if isinstance(exception, IntegrityError):
            # Two at once: the rules were checked, and somebody else was first.
            return error_answer(request, Conflict(_("Somebody was faster. Look again, and try once more.")))
        return unavailable(request) if is_outage(exception) else None
