"""A WebSocket server that repeats what it hears to everybody, padded: `python -m bench.raw PORT SIZE`."""

import contextlib
import socket
import sys

from bench.machine import Poller

ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def main(port: int, size: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    poller = Poller()
    poller.add(listener.fileno())
    members: dict[int, socket.socket] = {}
    while True:
        for number in poller.ready(None):
            if number == listener.fileno():
                joined = listener.accept()[0]
                joined.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each second frame waits for an ACK
                members[joined.fileno()] = joined
                poller.add(joined.fileno())
            elif not hear(members[number], list(members.values()), size):
                poller.remove(number)
                members.pop(number).close()


def hear(speaker: socket.socket, members: list[socket.socket], size: int) -> bool:
    """Answer a handshake, or repeat what was said; False at the end of the connection."""
    received = b""
    with contextlib.suppress(ConnectionError):
        received = speaker.recv(65536)
    if received.startswith(b"GET "):
        speaker.sendall(ACCEPT)
        return True
    position = 0
    while position + 8 < len(received):
        length = received[position + 1] & 0x7F
        assert length < 126, "the bench's posts are short"
        payload = received[position + 6 : position + 6 + length]
        broadcast(payload.ljust(size - 4), members)
        position += 6 + length
    return bool(received)


def broadcast(payload: bytes, members: list[socket.socket]) -> None:
    header = b"\x81\x7e" + len(payload).to_bytes(2, "big")
    for member in members:
        with contextlib.suppress(ConnectionError):
            member.sendall(header + payload)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
