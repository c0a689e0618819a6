"""Peers that no library would play, and what they see."""

import http.client
import socket
import threading
import time
from contextlib import suppress

import websockets

from chatsite.tests.conftest import SmallServer

MIB = 1024 * 1024

UPGRADE = (
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class upgraded:  # noqa: N801 - used like a function
    """A raw socket after its handshake, for peers that no library would play."""

    def __init__(self, server: SmallServer) -> None:
        self.peer = socket.create_connection(("127.0.0.1", server.port), timeout=20)

    def __enter__(self) -> socket.socket:
        self.peer.sendall(UPGRADE)
        assert b" 101 " in self.peer.recv(1000)
        return self.peer

    def __exit__(self, *_: object) -> None:
        self.peer.close()


def push(peer: socket.socket, chunk: bytes, *, at_most: int) -> int:
    """Send until the peer takes no more for a second; how much it took."""
    sent = 0
    try:
        while sent < at_most:
            sent += peer.send(chunk[sent % len(chunk) :])
    except TimeoutError:
        pass
    return sent


def everything(peer: socket.socket) -> bytes:
    """What the server says until it hangs up."""
    heard = b""
    with suppress(ConnectionResetError):
        while chunk := peer.recv(65536):
            heard += chunk
    return heard


def flood_until(peer: socket.socket, stop: threading.Event) -> None:
    frames, sent = b"\x81\x81abcd\x19" * 10_000, 0
    while not stop.is_set():
        try:
            sent += peer.send(frames[sent % len(frames) :])
            peer.recv(MIB)
        except BlockingIOError:
            time.sleep(0.001)


async def round_trip(peer: websockets.ClientConnection) -> float:
    start = time.monotonic()
    await peer.send("x")
    await peer.recv()
    return time.monotonic() - start


def memory(server: SmallServer, path: str = "/") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path)
    size = int(connection.getresponse().read())
    connection.close()
    return size
