"""The site on uvicorn, as docs/operations.md says, prepared first: `python -m chatsite.testing.on_uvicorn`."""

import argparse
import signal
import socket
import sys
from typing import Any

import django
import uvicorn
from django.conf import settings

from chatsite import launch, listening, preparation

GRACE = 5  # seconds that a stop waits for what is under way
OPTIONS: dict[str, Any] = {
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,  # whom to believe is the site's own question (TRUSTED_PROXIES)
    "ws": "websockets-sansio",
    "ws_max_size": 64 * 1024,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": GRACE,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, help="an inherited listening socket instead of PORT")
    parser.add_argument("--ping", type=float, nargs=2, default=(20, 20), help="seconds between two, and for an answer")
    chosen = parser.parse_args()
    launch.leave_when_told(["serve"])
    django.setup()
    try:
        preparation.prepare(print)
    except preparation.CannotStart as reason:
        sys.exit(f"{reason}")  # in one line, as `serve` says it
    listener = listening.listen(settings.BIND, settings.PORT) if chosen.fd is None else socket.socket(fileno=chosen.fd)
    interval, patience = chosen.ping
    pings = {"ws_ping_interval": interval, "ws_ping_timeout": patience}
    server = uvicorn.Server(uvicorn.Config("chatsite.asgi:application", **OPTIONS, **pings))
    # Once it has ended, uvicorn gives itself the signal it was told to end by.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
