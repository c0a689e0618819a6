"""Our Daphne: the server that `serve` and `runserver` start, with a clean stop and bounded requests."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from io import BufferedIOBase, BytesIO
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server as DaphneServer
from twisted.internet import defer, reactor
from twisted.internet.endpoints import serverFromString
from twisted.logger import globalLogBeginner

from chatsite.collector import Collector
from chatsite.farewell import ENDING, LAST_RESORT, Farewell, hear_no_more
from chatsite.inbox import Body
from chatsite.websocket import SocketFactory

# Undocumented names of Daphne and Twisted that this module leans on; a test pins every one of them.
LEANS_ON = {
    "daphne.server.Server": [
        "application_checker",
        "create_application",
        "handle_reply",
        "listen_error",
        "listen_success",
        "protocol_disconnected",
        "run",
        "stop",
        "timeout_checker",
    ],
    "daphne.http_protocol.WebRequest": ["process", "handle_reply"],
    "twisted.web.http.Request": ["gotLength", "handleContentChunk", "requestReceived"],
    "twisted.web.http.HTTPChannel": ["dataReceived", "loseConnection", "persistent"],
    "twisted.web.http._GenericHTTPChannelProtocol": ["_negotiatedProtocol"],  # None until something was said
    "twisted.internet.tcp.Port": ["doRead", "stopListening"],  # and numberAccepts, socket
}

BODY_LIMIT = 32 * 1024 * 1024
UNSENT_LIMIT = 1024 * 1024  # bytes of a long answer that may wait here for a client that is slower than we are
UNSENT_LOOK = 0.01  # seconds between two looks at them
STUCK_AFTER = 60.0  # seconds without a byte taken
REFUSAL_TIME = 2.0  # seconds in which a client that is still sending can read why it was refused

TOO_LARGE = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 30\r\n\r\nThe body of this is too large\n"
)

log = logging.getLogger(__name__)


class Request(WebRequest):
    """Daphne's request with a bounded body, which never lies in memory as a whole."""

    content: BufferedIOBase
    refused = False
    received = 0

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if self.server.farewell is not None:  # the next request of this client finds nobody here
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
        if length is not None and length > BODY_LIMIT:
            self.refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > BODY_LIMIT:
            self.refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def refuse(self) -> None:
        """Answer 413 at once, let what still comes in fall to the floor, then cut."""
        if not self.refused:
            self.refused = True
            self.requestHeaders.removeHeader(b"expect")
            self.channel.transport.write(TOO_LARGE)
            self.channel.dataReceived = lambda data: None
            reactor.callLater(REFUSAL_TIME, self.channel.transport.abortConnection)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if not self.refused:
            super().requestReceived(command, path, version)

    async def drained(self) -> None:
        """Waits until the client has taken most of what was written to it; one that takes nothing is cut off."""
        least, since = self.unsent(), time.monotonic()
        while (waiting := self.unsent()) > UNSENT_LIMIT:
            if waiting < least:
                least, since = waiting, time.monotonic()
            elif time.monotonic() - since > STUCK_AFTER:
                return self.channel.transport.abortConnection()
            await asyncio.sleep(UNSENT_LOOK)

    def unsent(self) -> int:
        """Bytes that wait in this process; none when the connection is gone."""
        if self.finished or self.channel is None:
            return 0
        transport = self.channel.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")  # Daphne would believe it of anybody
        return super().process()

    def open_inbox(self, scope: dict[str, Any]) -> Body:
        """Called by the server as it makes the application: takes the spool, or Daphne would read it into memory."""
        spool, self.content = self.content, BytesIO()
        return Body(spool)


class RequestFactory(HTTPFactory):
    def buildProtocol(self, addr: Any) -> Any:
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        channel.let_in = time.monotonic()
        return channel


class Server(DaphneServer):
    """Daphne's server; `listener` is a bound, listening socket to serve instead of Daphne's endpoints.

    `line` is a connected one, on which this server alone is asked whether it serves.
    """

    def __init__(
        self,
        application: Any,
        endpoints: Iterable[str] = (),
        *,
        listener: socket.socket | None = None,
        line: socket.socket | None = None,
        on_running: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> None:
        options |= {"websocket_timeout": -1, "websocket_handshake_timeout": 20, "server_name": ""}
        super().__init__(application, [*endpoints] or ["the socket handed over"], **options)
        self.listener, self.line = listener, line
        self.on_running = on_running
        self.ports: list[Any] = []
        self.farewell: Farewell | None = None
        self.stopped = threading.Event()

    # --- Running

    def run(self) -> None:
        """Serve until stopped. Raises SystemExit(1) when an endpoint cannot be listened on."""
        globalLogBeginner.beginLoggingTo([lambda _: None], redirectStandardIO=False, discardBuffer=True)
        self.connections: dict[Any, dict[str, Any]] = {}
        self.loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        asyncio.set_event_loop(self.loop)
        self.listen()
        if self.abort_start:
            raise SystemExit(1)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.callWhenRunning(Collector(self.ws_factory, reactor.callLater).begin)
        reactor.callWhenRunning(self.on_running)
        reactor.addSystemEventTrigger("before", "shutdown", self.wind_down)
        if self.signal_handlers:
            for number in ENDING:
                # A worker does not end by SIGHUP, nor does a server under nohup.
                if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                    self.loop.add_signal_handler(number, self.stop)
        try:
            reactor.run(installSignalHandlers=False)
        finally:
            if self.signal_handlers:
                hear_no_more()
            self.stopped.set()

    def listen(self) -> None:
        self.http_factory, self.ws_factory = RequestFactory(self), SocketFactory(self)
        if self.line:
            reactor.adoptStreamConnection(self.line.fileno(), self.line.family, self.http_factory)
            self.line.close()
        if self.listener:
            self.listener.setblocking(False)
            family = self.listener.family
            self.ports.append(reactor.adoptStreamPort(self.listener.fileno(), family, self.http_factory))
            self.listener.close()  # Twisted has its own copy of the descriptor
            return
        for description in self.endpoints:
            listening = serverFromString(reactor, str(description)).listen(self.http_factory)
            listening.addCallbacks(self.listen_success, self.listen_error)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As Daphne's, with an inbox of ours in place of an unbounded queue."""
        scope.setdefault("asgi", {"version": "3.0"})
        inbox = protocol.open_inbox(scope)
        reply = partial(self.handle_reply, protocol)
        application = self.application(scope=scope, receive=inbox.get, send=reply)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(application, loop=self.loop)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """As Daphne's, which would take a whole download into memory as fast as the disk gives it."""
        await super().handle_reply(protocol, message)
        if message.get("more_body"):
            await protocol.drained()

    # --- Stopping

    def stop(self) -> None:
        """Begin to stop, from the server's own thread; a second call hastens it."""
        if self.farewell is not None:
            return self.farewell.hasten()
        self.farewell = Farewell(self.ports, self.connections)
        if self.signal_handlers:
            # A view that hangs in its thread must not keep the process from ending.
            last_resort = threading.Timer(LAST_RESORT, os._exit, (0,))
            last_resort.daemon = True
            last_resort.start()
        super().stop()

    def stop_from_outside(self) -> None:
        """Stop, from another thread, and wait until it is done."""
        if not self.stopped.is_set():
            reactor.callFromThread(self.stop)
            self.stopped.wait(LAST_RESORT)

    def wind_down(self) -> defer.Deferred[Any]:
        farewell = self.farewell or Farewell(self.ports, self.connections)
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.say_goodbye(farewell), loop=self.loop))

    async def say_goodbye(self, farewell: Farewell) -> None:
        try:
            await farewell.say()
        except Exception:
            log.exception("The server did not stop cleanly")
