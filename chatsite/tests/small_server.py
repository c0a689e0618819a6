"""Our server around a small application: `python -m chatsite.tests.small_server <fd> <application>`."""

import asyncio
import gc
import os
import socket
import sys
from typing import Any

from chatsite.daphne import Server
from chatsite.farewell import Farewell

Scope = dict[str, Any]


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Repeats what it hears; its output is `connect` and `disconnect <code>`."""
    if scope["type"] == "http":
        return await respond(send, b"hello")
    await receive()
    await send({"type": "websocket.accept"})
    print("connect", flush=True)
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})
    scope["extensions"]["chatsite.writer"].finish()
    print("disconnect", event["code"], flush=True)


async def echo_and_memory(scope: Scope, receive: Any, send: Any) -> None:
    await (respond(send, memory()) if scope["type"] == "http" else echo(scope, receive, send))


async def collected(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with how many objects the collector has put aside, and how many it goes through."""
    await respond(send, b"%d %d" % (gc.get_freeze_count(), len(gc.get_objects())))


async def counted(scope: Scope, receive: Any, send: Any) -> None:
    """Repeats what it hears, and answers with how many sockets came and went; `silent` ones are not let in."""
    if scope["type"] == "http":
        return await respond(send, b"%d %d" % (server.ws_factory.came, server.ws_factory.gone))
    if b"silent" not in scope["query_string"]:
        return await echo(scope, receive, send)
    await receive()
    await send({"type": "websocket.close"})


async def dawdling(scope: Scope, receive: Any, send: Any) -> None:
    """Repeats slowly; `most` is answered with how many frames ever lay unread."""
    await receive()
    await send({"type": "websocket.accept"})
    most = 0
    while (event := await receive())["type"] == "websocket.receive":
        most = max(most, receive.__self__._events.qsize())
        await asyncio.sleep(0.001)
        text = str(most) if event["text"] == "most" else event["text"]
        await send({"type": "websocket.send", "text": text})


async def pensive(scope: Scope, receive: Any, send: Any) -> None:
    """Repeats each thing after some thought."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        print("asked", flush=True)
        await asyncio.sleep(0.3)
        await send({"type": "websocket.send", "text": event["text"]})
    scope["extensions"]["chatsite.writer"].finish()


async def asleep(scope: Scope, receive: Any, send: Any) -> None:
    """Accepts and never reads again."""
    if scope["type"] == "http":
        return await respond(send, memory())
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.sleep(3600)


async def weary(scope: Scope, receive: Any, send: Any) -> None:
    """Accepts, closes after a while, and reads nothing at any time."""
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.sleep(0.5)
    await send({"type": "websocket.close", "code": 4408})
    await asyncio.sleep(3)


async def stubborn(scope: Scope, receive: Any, send: Any) -> None:
    """Accepts, and ends neither on its disconnect nor at once on a cancel."""
    await receive()
    await send({"type": "websocket.accept"})
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(0.2)
        print("gathered", flush=True)


async def undecided(scope: Scope, receive: Any, send: Any) -> None:
    """Neither accepts nor refuses."""
    await receive()
    print("asked", flush=True)
    print("disconnect", (await receive())["code"], flush=True)
    await send({"type": "websocket.accept"})


async def hesitant(scope: Scope, receive: Any, send: Any) -> None:
    """Accepts after a while, then tells what it hears."""
    await receive()
    print("asked", flush=True)
    await asyncio.sleep(0.5)
    await send({"type": "websocket.accept"})
    print("heard", (await receive()).get("text"), flush=True)


async def shutting(scope: Scope, receive: Any, send: Any) -> None:
    """Closes the door before it answers whether one can still come in."""
    door = server.ports.pop()
    place = "127.0.0.1", door.getHost().port
    Farewell([door], {}).close_the_door()
    try:
        socket.create_connection(place).close()
    except ConnectionRefusedError:
        return await respond(send, b"closed")
    await respond(send, b"open")


async def slow(scope: Scope, receive: Any, send: Any) -> None:
    print("asked", flush=True)
    await asyncio.sleep(1)
    await respond(send, b"done")


async def count_body(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with the size of the body and the memory of the process at its end."""
    size = 0
    while True:
        event = await receive()
        size += len(event["body"])
        if not event["more_body"]:
            break
    await respond(send, memory() if scope["path"] == "/memory" else b"%d %b" % (size, memory()))


async def download(scope: Scope, receive: Any, send: Any) -> None:
    """Sends 64 MB as fast as it may; its output is how it ended."""
    if scope["path"] == "/memory":
        return await respond(send, memory())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _number in range(1024):
        await send({"type": "http.response.body", "body": bytes(64 * 1024), "more_body": True})
    await send({"type": "http.response.body"})
    print("sent", flush=True)


async def root_path(scope: Scope, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        return await respond(send, repr(scope["root_path"]).encode())
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": repr(scope["root_path"])})
    await receive()


async def writing(scope: Scope, receive: Any, send: Any) -> None:
    """Uses the writer as the frames say."""
    writer = scope["extensions"]["chatsite.writer"]
    await receive()
    try:
        writer.write(frame(b"early"))
    except RuntimeError:
        print("refused", flush=True)
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await {"mixed": mixed, "flood": flood, "pile": pile, "bye": bye, "offer": offer}[event["text"]](writer, send)
    writer.finish()
    print("disconnect", event["code"], flush=True)
    writer.write(frame(b"late"))
    print("left", writer.unsent(), flush=True)


async def mixed(writer: Any, send: Any) -> None:
    """Two thousand numbered texts through the writer and `send`, some larger than any buffer; then a close."""
    for number in range(2000):
        text = f"{number} " + "é" * (400_000 if number % 500 == 0 else number % 300)
        if number % 2 == number % 3:
            await send({"type": "websocket.send", "text": text})
        else:
            writer.write(frame(text.encode()))
    print("unsent", writer.unsent(), flush=True)
    await send({"type": "websocket.close", "code": 4408})


async def bye(writer: Any, send: Any) -> None:
    await send({"type": "websocket.close", "code": 4408})
    writer.write(frame(b"late"))
    await send({"type": "websocket.send", "text": "late"})


async def pile(writer: Any, send: Any) -> None:
    """Fills the kernel's buffers and some of ours, less than would stop us reading."""
    while writer.unsent() < 300_000:
        writer.write(frame(b"x" * 50_000))
        await asyncio.sleep(0.01)
    print("piled", writer.unsent(), flush=True)


async def offer(writer: Any, send: Any) -> None:
    """Offers frames to one that does not read until one is not taken, and again once it has read."""
    taken = 0
    while writer.offer(frame(b"%06d" % taken + b"x" * 20_000), 100_000):
        taken += 1
    print("taken", taken, "unsent", writer.unsent(), flush=True)
    await send({"type": "websocket.send", "text": "read"})
    while writer.unsent():
        await asyncio.sleep(0.01)
    print("again", writer.offer(frame(b"%06d" % taken), 100_000), flush=True)
    await send({"type": "websocket.close", "code": 4408})


async def flood(writer: Any, send: Any) -> None:
    """Writes to one that does not read until three megabytes lie unsent, then cuts it off."""
    while writer.unsent() < 3_000_000:
        writer.write(frame(b"x" * 10_000))
        await asyncio.sleep(0)
    before = writer.unsent()
    writer.write(frame(b"y" * 996))
    print("grown by", writer.unsent() - before, flush=True)
    writer.abort()


async def respond(send: Any, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def memory() -> bytes:
    with open("/proc/self/statm") as file:
        return str(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")).encode()


def frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return bytes((0x81, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x81, 127)) + size.to_bytes(8, "big") + payload


if __name__ == "__main__":
    server = Server(globals()[sys.argv[2]], listener=socket.socket(fileno=int(sys.argv[1])))
    server.run()
