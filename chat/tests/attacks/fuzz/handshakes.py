"""Requests to the socket's address that are nearly handshakes, and some that are nothing."""

import random
import re
from contextlib import suppress

from chat.tests.attacks.fuzz.wire import PATIENCE, Fault, Site, connect, handshake

VALUES = [
    "",
    "x",
    "0",
    "13, 8",
    "websocket, x",
    "h2c",
    "\udcff\udcfe",
    "x" * 9000,
    "\t",
    "close",
    "null",
    "http://evil.example",
]
VALUES += [
    "http://localhost",
    "//localhost",
    "sessionid=",
    "sessionid=" + "a" * 32,
    "a" * 23 + "==",
    "Upgrade, Upgrade",
    "-1",
]
HEADERS = ["Host", "Upgrade", "Connection", "Sec_WebSocket_Version", "Sec_WebSocket_Key", "Origin", "Cookie"]
MORE = [
    "Content_Length",
    "Transfer_Encoding",
    "Expect",
    "Sec_WebSocket_Protocol",
    "Sec_WebSocket_Extensions",
    "Daphne_Root_Path",
]
STATUS = re.compile(rb"HTTP/1\.[01] (101|[234]\d\d) ")


def request(site: Site, chance: random.Random) -> tuple[bytes, bool]:
    """The bytes, and whether the server owes an answer to them."""
    changes = {
        chance.choice(HEADERS + MORE): chance.choice([None, *VALUES]) for _ in range(chance.choice([1, 1, 1, 2, 3]))
    }
    whole = handshake(site, **changes)
    kind = chance.random()
    if kind < 0.6:
        # A body that is announced and never comes is waited for.
        return whole, not {"Content_Length", "Transfer_Encoding", "Expect"} & set(changes)
    if kind < 0.8:
        at = chance.randrange(len(whole))
        return whole[:at] + chance.randbytes(chance.randint(1, 30)) + whole[at:], False
    if kind < 0.9:
        return whole[: chance.randrange(len(whole))], False
    return whole.replace(b"GET /ws/ HTTP/1.1", chance.choice(LINES)), False


LINES = [
    b"POST /ws/ HTTP/1.1", b"GET /ws/../ws/ HTTP/1.1", b"GET /ws/?" + b"x" * 9000 + b" HTTP/1.1", b"GET /ws/ HTTP/1.0",
    b"GET /ws/ HTTP/9.9", b"GET ws HTTP/1.1", b"GET http://evil.example/ws/ HTTP/1.1", b"GET /ws/%00%ff HTTP/1.1",
    b"GET /ws/", b"GET", b"", b"OPTIONS * HTTP/1.1", b"CONNECT /ws/ HTTP/1.1", b"GET /ws/other/ HTTP/1.1",
    b"G\xffT /ws/ HTTP/1.1", b"GET /\xff\xfe HTTP/1.1",
]  # fmt: skip


def try_one(site: Site, chance: random.Random) -> None:
    """Raises Fault for an answer that no server gives, or none where one is due."""
    said, is_owed = request(site, chance)
    peer = connect(site.port)
    try:
        peer.sendall(said)
        peer.settimeout(PATIENCE if is_owed else 0.02)
        answer = b""
        with suppress(TimeoutError):
            answer = peer.recv(65536)
        if (answer and not STATUS.match(answer)) or (is_owed and not answer and b"\xff" not in said):
            raise Fault(f"{said[:300]!r} was answered {answer[:200]!r}")
    except OSError:
        return  # it hung up on us, which is its right
    finally:
        peer.close()
