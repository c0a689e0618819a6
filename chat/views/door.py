"""What every door shares: its methods, who may use it, how its body is read and how an error is said."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from chat import metrics
from chat.errors import ChatError, Invalid, NotFresh, TooLarge, Unauthenticated

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
RETRY_AFTER = 2  # seconds, when the error itself has no better advice

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True)
class Door:
    """How a URL is classified; the walk over the URL table in chat/tests/doors reads it."""

    methods: frozenset[str]
    public: bool


def door(*methods: str, public: bool = False) -> Callable[[View[P]], View[P]]:
    """A view for these methods, closed to the signed-out unless `public`."""
    rules = Door(frozenset(methods), public)
    allowed = rules.methods | ({"HEAD"} if "GET" in rules.methods else set())

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            if not public and not request.user.is_authenticated:
                raise Unauthenticated(_("Sign in first."))
            return view(request, *args, **kwargs)

        guarded.door = rules  # type: ignore[attr-defined]
        return guarded

    return decorate


def viewer(request: HttpRequest) -> User:
    """The signed-in person of a door that is not public."""
    return cast(User, request.user)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def fields(request: HttpRequest) -> Mapping[str, Any]:
    """The body's fields, from JSON or a form. Raises Invalid and TooLarge."""
    try:
        if request.content_type == "application/json":
            return _json_object(request.body)
        return request.POST.dict()
    except RequestDataTooBig as error:
        raise TooLarge(_("That is more than fits in one request.")) from error


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Invalid(_("The body is not valid JSON.")) from error
    if not isinstance(decoded, dict):
        raise Invalid(_("The body is not a JSON object."))
    return decoded


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("a key twice")
    return unique


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def text_field(given: Mapping[str, Any], name: str) -> str:
    """One field as text; an absent one is empty. Raises Invalid for what is no text, or none a database stores."""
    value = given.get(name, "")
    if not isinstance(value, str) or UNSTORABLE.search(value):
        raise Invalid(_("“%(field)s” must be text.") % {"field": name})
    return value


def number(raw: str | None, name: str, *, low: int = 0, high: int = 2**63 - 1) -> int | None:
    """A whole number from the query, None when absent. Raises Invalid."""
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 19 and low <= int(raw) <= high):
        raise Invalid(_("“%(field)s” must be a whole number.") % {"field": name})
    return int(raw)


def moment(raw: str | None, name: str) -> datetime | None:
    """A time with its zone from the query, None when absent. Raises Invalid."""
    if raw is None:
        return None
    try:
        found = parse_datetime(raw)
    except ValueError:
        found = None
    # The ends of the calendar overflow in other time zones.
    if found is None or found.tzinfo is None or not 1970 <= found.year <= 9000:
        raise Invalid(_("“%(field)s” must be a time with its zone.") % {"field": name})
    return found


def error_answer(request: HttpRequest, error: ChatError) -> HttpResponseBase:
    """A coded error as JSON, as a page, or as the way to sign in, or to confirm, and come back."""
    metrics.REFUSALS[error.code].add()
    if wants_json(request):
        answer: HttpResponseBase = JsonResponse({"type": "error", "ref": None, **error.as_wire()}, status=error.status)
    elif isinstance(error, Unauthenticated):
        return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else "/")
    elif isinstance(error, NotFresh):
        return redirect_to_login(error.back, reverse("account_reauthenticate"))
    else:
        answer = error_page(request, status=error.status, code=error.code, detail=error.detail)
    if error.retry_after is not None or error.status in {429, 503}:
        answer["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    return answer


def error_page(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponse:
    template = {400: "400.html", 403: "403.html", 404: "404.html"}.get(status, "chat/error.html")
    return render(request, template, {"status": status, "code": code, "detail": detail}, status=status)
