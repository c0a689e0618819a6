"""Sockets and ports of one's own."""

import errno
import secrets
import socket

# Below those that Linux and macOS give to whoever connects somewhere: a port that is free now, or while its server is
# away, is not somebody's end of a line when the server comes. Drawn by the system's chance: tests sow Python's own.
PRIVATE = range(20_000, 30_000)


def bound_socket(port: int | None = None) -> socket.socket:
    """A socket listening on 127.0.0.1 to hand to a server (`--fd`): nobody else can take its port in between.

    On this port, or on a private one. Raises OSError.
    """
    while True:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port or secrets.choice(PRIVATE)))
            sock.listen(128)
        except OSError as error:
            sock.close()
            if port or error.errno != errno.EADDRINUSE:
                raise
            continue
        sock.set_inheritable(True)
        return sock


def free_port() -> int:
    with bound_socket() as sock:
        port: int = sock.getsockname()[1]
    return port


def exchange(port: int, request: bytes, *, size: int = 64) -> bytes:
    """The first answer on this port of one's own machine; empty when there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
            sock.sendall(request)
            return sock.recv(size)
    except OSError:
        return b""
