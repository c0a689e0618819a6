"""The listening socket: bound before anything else is done, and asked at the end whether the site answers."""

import http.client
import socket
from urllib.parse import urlsplit

from chatsite.preparation import CannotStart

PATIENCE = 60.0  # seconds for the first page


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CannotStart when it cannot."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CannotStart(f"BIND: {host!r} is no address of this machine") from None
    family, kind, protocol, _, address = found[0]
    # asyncio lets small frames go at once, not when the last one is acknowledged, only where it knows this for TCP.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CannotStart(refusal(host, port, error)) from None
    return listener


def refusal(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"PORT: {port} may be opened by root only; choose one above 1023"
    if error.strerror and "in use" in error.strerror:
        return f"PORT: {port} is taken by another program; set PORT to a free one, such as PORT={port % 60000 + 1}"
    return f"BIND: cannot listen on {host}: {error.strerror}"


def address_of(listener: socket.socket) -> tuple[str, int]:
    """Where this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - it is where others bind


def answers(place: tuple[str, int], site_url: str) -> int:
    """The status of the site's first page, asked for under its own name. Raises OSError when nothing comes."""
    connection = http.client.HTTPConnection(*place, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(site_url).netloc, "Connection": "close"})
        return connection.getresponse().status
    finally:
        connection.close()
