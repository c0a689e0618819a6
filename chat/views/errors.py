"""What Django itself refuses, said in the words and codes of everything else."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.uploads import UploadTooLarge
from chat.errors import ChatError, Forbidden, Invalid, NotFound, RateLimited, TooLarge, Unavailable
from chat.outage import is_outage
from chat.views.door import RETRY_AFTER, door, error_answer, wants_json


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, UploadTooLarge):
        return error_answer(request, TooLarge(str(exception)))
    if isinstance(exception, RequestDataTooBig):
        return error_answer(request, TooLarge(_("That is more than fits in one request.")))
    return error_answer(request, Invalid(_("This request cannot be understood.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return error_answer(request, Forbidden(_("This is not yours to see or do.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    if wants_json(request):
        return error_answer(request, Forbidden(_("The X-CSRFToken header is missing or stale. Reload and try again.")))
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return error_answer(request, NotFound(_("There is nothing at this address, or it is not yours.")))


def too_many(request: HttpRequest) -> HttpResponseBase:
    """allauth's limits on signing in, signing up and asking for mail."""
    detail = _("Too many attempts from here. Wait a minute, then try again.")
    return error_answer(request, RateLimited(detail, retry_after=60))


@door("GET")
def nowhere(request: HttpRequest, target: str) -> HttpResponse:
    """An address that is closed for good."""
    raise NotFound(_("There is nothing at this address, or it is not yours."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while the exception is being handled, so it can be asked for."""
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    detail = _("Something broke on our side. It was written down; nothing you sent before was lost.")
    return _without_database(request, 500, {"code": "unavailable", "detail": detail})


def unavailable(request: HttpRequest) -> HttpResponse:
    return _later(request, _("The database does not answer. Try again in a moment; nothing was lost."))


def crowded(request: HttpRequest) -> HttpResponse:
    """More are asking at once than this process takes."""
    return _later(request, _("Too much is asked of the server just now. Try again in a moment; nothing was lost."))


def _later(request: HttpRequest, detail: str) -> HttpResponse:
    error: ChatError = Unavailable(detail)
    answer = _without_database(request, error.status, error.as_wire())
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def _without_database(request: HttpRequest, status: int, wire: dict[str, str]) -> HttpResponse:
    """A page without context processors, since those ask the very thing that may be down."""
    if wants_json(request):
        return JsonResponse({"type": "error", "ref": None, **wire}, status=status)
    page = "chat/error.html" if status == Unavailable.status else "500.html"
    return HttpResponse(render_to_string(page, {"status": status, **wire}), status=status)
