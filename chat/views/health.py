"""Whether the process lives, and whether what it stands on answers. Under any host, for probes."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from chat.views.door import door

PATHS = ("/healthz", "/readyz")
PATIENCE = 2  # seconds for Redis to answer


@door("GET", public=True)
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"process": "ok"})


@door("GET", public=True)
def readyz(request: HttpRequest) -> JsonResponse:
    parts = {"database": _says(_ask_database), "layer": _says(_ask_layer)}
    return JsonResponse(parts, status=200 if set(parts.values()) == {"ok"} else 503)


def _says(ask: Callable[[], None]) -> str:
    try:
        ask()
    except (DatabaseError, redis.RedisError, OSError):
        return "down"
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_layer() -> None:
    """The in-process layer lives as long as we do; Redis is asked directly, since a layer's send tells nothing."""
    for url in settings.REDIS_URLS:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            client.ping()
