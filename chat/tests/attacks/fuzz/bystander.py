"""Somebody who talks meanwhile, in a process of its own: `python -m …fuzz.bystander <port> <session> <room>`.

Prints how long each answer took, in milliseconds, once its input is closed.
"""

import json
import select
import sys
import time
import uuid

from chat.tests.attacks.fuzz.wire import Fault, Peer, Site, milliseconds_since, text

PAUSE = 0.01
POST_EVERY = 20


def main() -> None:
    port, session, room = sys.argv[1:]
    peer = Peer(Site(int(port), session, int(room)))
    ask(peer, "room.open", room=int(room))
    waits: list[float] = []
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        start = time.perf_counter()
        if len(waits) % POST_EVERY:
            ask(peer, "ping")
        else:
            ask(peer, "message.post", room=int(room), client_id=str(uuid.uuid4()), body=f"Number {len(waits)}")
        waits.append(milliseconds_since(start))
    print(json.dumps(waits), flush=True)


def ask(peer: Peer, kind: str, **fields: object) -> None:
    ref = uuid.uuid4().hex
    peer.say(text(json.dumps({"type": kind, "ref": ref, **fields})))
    while (answer := peer.read()).get("ref") != ref:
        pass
    if answer["type"] == "error":
        raise Fault(f"{kind} was refused: {answer}")


if __name__ == "__main__":
    main()
