"""The site on uvicorn, as docs/operations.md says: `python -m chat.tests.live.bounds.on_uvicorn <fd>`."""

import socket
import sys

import uvicorn

from chat.tests.live.bounds.clocks import PATIENT, PING_SECONDS


def main(descriptor: int) -> None:
    options = {
        "lifespan": "off",
        "log_level": "warning",
        "ws": "websockets-sansio",
        "ws_max_size": 64 * 1024,
        "ws_per_message_deflate": False,
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": PATIENT,
    }
    server = uvicorn.Server(uvicorn.Config("chatsite.asgi:application", **options))
    server.run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
