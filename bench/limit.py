"""A WebSocket server that repeats what it hears to everybody in the room, padded: `python -m bench.limit PORT SIZE`."""

import contextlib
import socket
import sys
from collections import defaultdict
from collections.abc import Iterable

from bench.machine import Poller

ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def main(port: int, size: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    poller = Poller()
    poller.add(listener.fileno())
    members: dict[int, socket.socket] = {}
    rooms: defaultdict[bytes, dict[int, socket.socket]] = defaultdict(dict)  # by path
    room_of: dict[int, bytes] = {}
    while True:
        for number in poller.ready(None):
            if number == listener.fileno():
                joined = listener.accept()[0]
                joined.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each second frame waits for an ACK
                members[joined.fileno()] = joined
                poller.add(joined.fileno())
            elif not (received := hear(members[number])):
                poller.remove(number)
                rooms[room_of.pop(number, b"")].pop(number, None)
                members.pop(number).close()
            elif received.startswith(b"GET "):
                members[number].sendall(ACCEPT)
                room_of[number] = received.split(b" ", 2)[1]
                rooms[room_of[number]][number] = members[number]
            else:
                repeat(received, rooms[room_of[number]].values(), size)


def hear(speaker: socket.socket) -> bytes:
    """What was said; nothing at the end of the connection."""
    with contextlib.suppress(ConnectionError):
        return speaker.recv(65536)
    return b""


def repeat(received: bytes, members: Iterable[socket.socket], size: int) -> None:
    position = 0
    while position + 8 < len(received):
        length = received[position + 1] & 0x7F
        assert length < 126, "the bench's posts are short"
        payload = received[position + 6 : position + 6 + length].ljust(size - 4)
        broadcast(b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload, members)
        position += 6 + length


def broadcast(frame: bytes, members: Iterable[socket.socket]) -> None:
    for member in members:
        try:
            member.sendall(frame)
        except ConnectionError:  # its end is heard of next
            continue


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
