"""What a tab of these tests speaks through: the application called directly, or over TCP a uvicorn in the same loop."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from channels.testing import WebsocketCommunicator
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chatsite.testing import serving
from chatsite.testing.on_uvicorn import OPTIONS

Event = dict[str, Any]
Application = Callable[..., Awaitable[None]]

NUMBER = "X-Wire"  # the header by which a connection is known as that of one wire
CUT = 1006  # the code of a line that ended without a close
REPLACED = ("client", "extensions")  # of the scope, where a test has its own

_servers: dict[asyncio.AbstractEventLoop, "Server"] = {}


class UvicornWire:
    """Has of WebsocketCommunicator what the tests use of it."""

    def __init__(self, application: Application, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.application = application
        self.scope: Event = {"path": path, "headers": headers}
        self.output_queue: asyncio.Queue[Event] = asyncio.Queue()
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.line: ClientConnection | None = None
        self.reading: asyncio.Task[None] | None = None

    async def connect(self, timeout: float) -> tuple[bool, int | None]:
        """Whether it was let in; else the status."""
        server = await _server()
        try:
            async with asyncio.timeout(timeout):
                self.line = await self._connected(server.port, server.expect(self))
        except InvalidStatus as refused:
            return False, refused.response.status_code
        self.reading = asyncio.create_task(self._read(self.line))
        return True, None

    async def _connected(self, port: int, number: str) -> ClientConnection:
        headers = Headers([(name.decode(), value.decode("latin-1")) for name, value in self.scope["headers"]])
        headers[NUMBER] = number
        return await connect(
            f"ws://127.0.0.1:{port}{self.scope['path']}",
            additional_headers=headers,
            compression=None,
            ping_interval=None,
            max_size=None,
            proxy=None,
        )

    async def send_json_to(self, words: Event) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(words)})

    async def send_input(self, event: Event) -> None:
        if self.line is None:  # it has never been there
            self.future.cancel()
        elif event["type"] == "websocket.receive":
            with contextlib.suppress(ConnectionClosed):  # nor does the application hear what comes after the end
                await self.line.send(event["text"] if "text" in event else event["bytes"])
        elif event["code"] == CUT:
            await self.cut()
        else:
            await self.line.close(event["code"])

    async def _read(self, line: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.output_queue.put_nowait({"type": "websocket.send", "text": await line.recv()})
        self.output_queue.put_nowait({"type": "websocket.close", "code": line.close_code})

    async def cut(self) -> None:
        """A line that neither side has closed."""
        if self.line is not None and self.reading is not None:
            self.line.transport.abort()
            await self.reading

    async def serve(self, scope: Event, receive: Any, send: Any) -> None:
        own = {name: self.scope[name] for name in REPLACED if name in self.scope}
        self.future = asyncio.ensure_future(self.application({**scope, **own}, receive, send))
        await asyncio.wait([self.future])


class Server:
    """uvicorn's own protocols, listening; every wire of the loop arrives here."""

    def __init__(self) -> None:
        self.wires: dict[str, UvicornWire] = {}
        self.config = uvicorn.Config(self._arrived, interface="asgi3", **OPTIONS)
        self.config.load()
        self.state = ServerState()

    async def listen(self) -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = sock.getsockname()[1]
        self.listening = await asyncio.get_running_loop().create_server(self._protocol, sock=sock)

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(config=self.config, server_state=self.state, app_state={})
        return made

    def expect(self, wire: UvicornWire) -> str:
        """The number under which it will come."""
        number = str(len(self.wires))
        self.wires[number] = wire
        return number

    async def _arrived(self, scope: Event, receive: Any, send: Any) -> None:
        number = dict(scope["headers"])[NUMBER.lower().encode()].decode()
        await self.wires[number].serve(scope, receive, send)

    async def close(self) -> None:
        for wire in self.wires.values():
            await wire.cut()
        self.listening.close()
        await self.listening.wait_closed()


def wire(application: Application, path: str, headers: list[tuple[bytes, bytes]]) -> Any:
    """By the server of this run."""
    kind = UvicornWire if serving.chosen() == "uvicorn" else WebsocketCommunicator
    return kind(application, path, headers)


async def _server() -> Server:
    """Of this loop; the first to ask starts it."""
    loop = asyncio.get_running_loop()
    if loop not in _servers:
        _servers[loop] = Server()
        await _servers[loop].listen()
    return _servers[loop]


async def close() -> None:
    """The server of this loop, once the applications of all wires have ended."""
    if server := _servers.pop(asyncio.get_running_loop(), None):
        await server.close()
