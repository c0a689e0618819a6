"""An app of the tests alone: shortens a server's clocks, and makes a query slow for whoever asks for it."""

import time
from functools import wraps
from typing import Any

from django.apps import AppConfig
from django.db import connection

MINUTE = 1.0  # seconds: what follows by the clock of idle sockets runs sixty times as fast
PING_SECONDS = 20 / 60
PATIENT = 30.0  # seconds for a pong, on a machine that has other work, too
DRAIN_SECONDS = 3.0  # of 30: a reader that takes nothing
ABORT_SECONDS = 20.0  # of 5: so that a busy test still hears why it was closed
SLOW, SLOW_SECONDS = "a slow query, please", 2.0


class Clocks(AppConfig):
    name = "chat.tests.live.bounds"
    label = "clocks"

    def ready(self) -> None:
        from chat import actions, changes
        from chat.live import hub, socket
        from chatsite import websocket
        from chatsite.daphne import Server

        hub.DRAIN_SECONDS, socket.ABORT_SECONDS = DRAIN_SECONDS, ABORT_SECONDS
        websocket.DROP_AFTER = ABORT_SECONDS
        hub.RIGHTS_SECONDS, hub.SEEN_SECONDS = MINUTE * 3 / 60, MINUTE * 5
        Server.__init__ = ping_often(Server.__init__)  # type: ignore[method-assign]
        changes.open_room, actions.edit_message = slowly(changes.open_room), slowly(actions.edit_message)


def ping_often(begin: Any) -> Any:
    @wraps(begin)
    def quick(server: Any, *args: Any, **options: Any) -> None:
        begin(server, *args, **options)
        server.ping_interval, server.ping_timeout = PING_SECONDS, PATIENT
        server.websocket_handshake_timeout = MINUTE * 5

    return quick


def slowly(command: Any) -> Any:
    """The same, after a query of two seconds when one of the words is SLOW: a cursor's epoch, a new body."""

    @wraps(command)
    def after_a_query(*args: Any, **words: Any) -> Any:
        if SLOW in words.values():
            with connection.cursor() as cursor:
                cursor.connection.create_function("sleep", 1, time.sleep)
                cursor.execute("SELECT sleep(%s)", [SLOW_SECONDS])
        return command(*args, **words)

    return after_a_query
