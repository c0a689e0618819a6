"""A server of ours around a small application, for tests: `python -m chatsite.tests.small_server <fd> <application>`."""

import asyncio
import os
import socket
import sys
from typing import Any

from chatsite.daphne import Server


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Repeats what it hears; writes its lines `connect`, `disconnect 1012` and so on to standard output."""
    if scope["type"] == "http":
        return await count_body(scope, receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    print("connect", flush=True)
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})
    print("disconnect", event["code"], flush=True)


async def count_body(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers with the size of the request's body and the root path it was given."""
    size = 0
    while (event := await receive())["type"] == "http.request":
        size += len(event["body"])
        if not event["more_body"]:
            break
    text = f"{size} {scope['root_path']!r}".encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]}
    )
    await send({"type": "http.response.body", "body": text})


async def stubborn(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accepts, and ends neither on its disconnect nor soon after a cancel."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.2)
            raise


async def asleep(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accepts and never reads again; an HTTP request tells the process's memory."""
    if scope["type"] == "http":
        return await tell_memory(send)
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.sleep(3600)


async def tell_memory(send: Any) -> None:
    pages = int(open("/proc/self/statm").read().split()[1])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(pages * os.sysconf("SC_PAGE_SIZE")).encode()})


async def writing(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Uses the writer: `mixed` sends numbers by turns through it and `send`, `flood` writes until cut off."""
    writer = scope["extensions"]["chatsite.writer"]
    await receive()
    try:
        writer.write(frame(b"early"))
    except RuntimeError as refusal:
        print("refused", refusal, flush=True)
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await (flood(writer) if event["text"] == "flood" else mixed(writer, send))
    print("disconnect", event["code"], flush=True)
    writer.write(frame(b"late"))


async def mixed(writer: Any, send: Any) -> None:
    for number in range(2000):
        text = f"{number} " + "é" * (number * 7 % 40_000 if number % 50 == 0 else 10)
        if number % 2:
            await send({"type": "websocket.send", "text": text})
        else:
            writer.write(frame(text.encode()))


async def flood(writer: Any) -> None:
    while writer.unsent() < 3_000_000:
        writer.write(frame(b"x" * 10_000))
        await asyncio.sleep(0)
    print("unsent", writer.unsent(), flush=True)
    writer.abort()


def frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return bytes((0x81, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x81, 127)) + size.to_bytes(8, "big") + payload


if __name__ == "__main__":
    Server(globals()[sys.argv[2]], listener=socket.socket(fileno=int(sys.argv[1]))).run()
