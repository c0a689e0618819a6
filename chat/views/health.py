"""Whether the process lives, and whether what it stands on answers in time. Under any host, for probes."""

import threading
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from chat.views.door import door

PATHS = ("/healthz", "/readyz", "/metrics")
PATIENCE = 2.0  # seconds for each part to answer

OK, DOWN, BEHIND = "ok", "down", "behind"  # behind: tables of an older version


class Hung(Exception):
    """The part neither answers nor refuses."""


@door("GET", public=True)
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"process": OK})


@door("GET", public=True)
def readyz(request: HttpRequest) -> JsonResponse:
    parts = {"database": _says(_ask_database), "layer": _says(_ask_layer)}
    return JsonResponse(parts, status=200 if set(parts.values()) == {OK} else 503)


def _says(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (Error, redis.RedisError, OSError, Hung):
        return DOWN


# --- The database: asked in a thread, since one that hangs would hold the probe for as long


_turn = threading.Lock()
_has_our_tables = False  # once they are there they stay


def _ask_database() -> str:
    """Raises Hung, also while an earlier probe still waits: at most one thread ever does."""
    if not _turn.acquire(timeout=PATIENCE):
        raise Hung
    said: list[str] = []
    thread = threading.Thread(target=_look, args=(said,), name="readyz", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        raise Hung
    return said[0]


def _look(said: list[str]) -> None:
    try:
        said.append(_says(_look_at_tables))
    finally:
        connection.close()
        _turn.release()


def _look_at_tables() -> str:
    global _has_our_tables
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _has_our_tables:
        executor = MigrationExecutor(connection)
        _has_our_tables = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return OK if _has_our_tables else BEHIND


def _ask_layer() -> str:
    """The in-process layer lives as long as we do; Redis is asked directly, since a layer's send tells nothing."""
    for url in settings.REDIS_URLS:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            client.ping()
    return OK
