"""Sockets and ports of one's own."""

import socket


def bound_socket(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket to hand to a server (`--fd`): nobody else can take its port in between."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(128)
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
