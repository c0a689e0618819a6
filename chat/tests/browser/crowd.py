"""Rooms with more history than anybody could say in a test, and somebody who goes on talking."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from websockets.sync.client import connect
from websockets.typing import Origin

from chat import formatting
from chat.tests.browser.product import Product

# One message a minute, the last one now, by people in turn, three in a row; from one line to some paragraphs.
FILL = """
WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < :many)
INSERT INTO chat_message (room_id, author_id, seq, client_id, body, html, markup, kind, mentions_room, created_at,
                          deleted_reason)
SELECT :room, json_extract(:people, '$[' || (n / 3 % 12) || ']'), :seq + n, lower(hex(randomblob(16))), 'Number ' || n,
       '<p>Number ' || n || '</p>' || replace(substr('......', 1, n % 7), '.', :paragraph),
       :markup, 'text', 0, strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (:many - n) || ' minutes'), ''
FROM count
"""
PARAGRAPH = "<p>The tide comes in and goes out again twice a day, whatever anybody says about it in this room.</p>"
NUMBERS = "SELECT id FROM chat_message WHERE room_id = :room ORDER BY id"


def fill(product: Product, slug: str, many: int, *, unread: int = 0) -> list[int]:
    """`many` messages into a room that nobody has open, the last `unread` of them read by none; their ids."""
    with sqlite3.connect(product.data / "chatrooms.sqlite3", timeout=30) as database:
        (room, seq) = database.execute("SELECT id, seq FROM chat_room WHERE slug = ?", [slug]).fetchone()
        people = [row[0] for row in database.execute("SELECT id FROM accounts_user WHERE kind = 'human' ORDER BY id")]
        given = {"room": room, "seq": seq, "many": many, "markup": formatting.VERSION, "people": json.dumps(people)}
        given["paragraph"] = PARAGRAPH
        database.execute(FILL, given)
        ids = [row[0] for row in database.execute(NUMBERS, given)]
        database.execute("UPDATE chat_room SET seq = ?, last_message_id = ? WHERE id = ?", [seq + many, ids[-1], room])
        database.execute("UPDATE chat_membership SET last_read = ? WHERE room_id = ?", [ids[-1 - unread], room])
    database.close()
    return ids


@contextmanager
def talking(product: Product, handle: str, slug: str, *, a_second: float) -> Iterator[list[float]]:
    """While it lasts, `handle` says so much over a socket of his own; gives when each message was stored."""
    stored: list[float] = []
    over = threading.Event()
    talker = threading.Thread(target=_talk, args=(product, handle, slug, 1 / a_second, stored, over), daemon=True)
    talker.start()
    try:
        yield stored
    finally:
        over.set()
        talker.join(30)


def _talk(product: Product, handle: str, slug: str, pause: float, stored: list[float], over: threading.Event) -> None:
    state: Any = product.states[handle]
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in state[1]["cookies"])
    url = f"ws://localhost:{product.port}/ws/"
    own = {"Cookie": cookies}
    with connect(url, origin=Origin(product.url), additional_headers=own, open_timeout=30) as socket:
        room = next(room["id"] for room in json.loads(socket.recv())["rooms"] if room["slug"] == slug)
        began = time.monotonic()
        while not over.wait(max(0, began + len(stored) * pause - time.monotonic())):
            words = f"Number {len(stored)} of those that keep coming, **said** while somebody else types"
            post = {"type": "message.post", "ref": "post", "room": room, "client_id": str(uuid4()), "body": words}
            socket.send(json.dumps(post))
            while (answer := json.loads(socket.recv(timeout=30))).get("ref") != "post":
                pass
            assert answer["type"] == "ok", answer
            stored.append(time.monotonic())
