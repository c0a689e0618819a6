"""Which request or socket this work is done for: an id in every log line, and what a request took."""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from chat import metrics

log = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="")
socket_id: ContextVar[str] = ContextVar("socket_id", default="")

GIVEN = re.compile("[0-9A-Za-z-]{8,64}")  # what a proxy in front may call a request
SLOW_SECONDS = 1.0
NO_ADDRESS = "(no such address)"

Answer = Callable[[HttpRequest], HttpResponseBase]


def new_id() -> str:
    return secrets.token_hex(6)


@contextmanager
def of_socket() -> Iterator[str]:
    """Everything logged in here, and in the threads it asks, carries the id of one socket."""
    token = socket_id.set(new_id())
    try:
        yield socket_id.get()
    finally:
        socket_id.reset(token)


class Trail:
    """Outermost: an id for the request, its time and its queries counted, one line for what an operator may look for.

    Addresses hold names of rooms and words of searches, so a line names the route.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name, began, queries = id_of(request), time.perf_counter(), Stopwatch()
        token = request_id.set(name)
        try:
            with connection.execute_wrapper(queries):
                response = self.get_response(request)
            seconds = time.perf_counter() - began
            count(response.status_code, seconds, queries)
            note(request, response, seconds)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = name
        return response


class Stopwatch:
    """Adds up what the queries of one request take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - began
            self.count += 1


def id_of(request: HttpRequest) -> str:
    """The name that a trusted proxy gave the request, so that its log and ours agree; else one of our own."""
    given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    return given if GIVEN.fullmatch(given) else new_id()


def count(status: int, seconds: float, queries: Stopwatch) -> None:
    metrics.REQUESTS[f"{min(max(status // 100, 2), 5)}xx"].add()
    metrics.REQUEST.observe(seconds)
    if queries.count:
        metrics.QUERIES.observe(queries.seconds)


def note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Reading that goes well is the proxy's to log; changes, refusals and slow answers stand here."""
    status = response.status_code
    if request.method in {"GET", "HEAD"} and status < 400 and seconds < SLOW_SECONDS:
        return
    level = logging.WARNING if status >= 500 or seconds >= SLOW_SECONDS else logging.INFO
    about = {
        "method": request.method,
        "route": route_of(request),
        "status": status,
        "ms": round(seconds * 1000),
        "person": getattr(getattr(request, "_cached_user", None), "pk", None),
    }
    log.log(level, "%(method)s %(route)s %(status)s in %(ms)s ms", about, extra={"about": about})


def route_of(request: HttpRequest) -> str:
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else NO_ADDRESS
