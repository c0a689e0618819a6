"""One WebSocket under Daphne: limits on what comes in, the writer for what goes out, a close that says 1012."""

import time
from typing import Any

from autobahn.twisted.websocket import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor

from chatsite.inbox import Inbox
from chatsite.writer import Writer, can_write_to

# Undocumented names of Daphne, autobahn and Twisted that this module leans on; a test pins every one of them.
LEANS_ON = {
    "daphne.ws_protocol.WebSocketProtocol": [
        "applicationCreateWorked",
        "muted",
        "onClose",
        "onConnect",
        "onMessage",
        "serverClose",
        "serverSend",
    ],
    "autobahn.websocket.protocol.WebSocketServerProtocol": ["CONFIG_ATTRS"],
    "autobahn.websocket.protocol.WebSocketProtocol": [
        "_connectionMade",
        "_fail_connection",
        "consumeData",
        "dropConnection",
        "onFrameBegin",
        "onMessageBegin",
        "onMessageEnd",
        "onMessageFrameBegin",
        "processData",
        "sendCloseFrame",
        "sendFrame",
        "STATE_CLOSED",
        "STATE_CLOSING",
        "STATE_CONNECTING",
        "STATE_OPEN",
    ],
    "autobahn.twisted.websocket.WebSocketServerProtocol": ["connectionMade"],
    "twisted.internet.abstract.FileDescriptor": ["bufferSize"],
    "twisted.internet.tcp.Connection": ["abortConnection", "pauseProducing", "resumeProducing"],
}

FRAME_LIMIT = 64 * 1024
FRAGMENT_LIMIT = 256
BURST = 64  # frames parsed before the other sockets get their turn
UNSENT_REST = 512 * 1024  # a peer that lets this much lie unread is not read either
DROP_AFTER = 5.0  # seconds for a close to be answered, or a goodbye to be read
ANSWER_TIME = 2.0  # seconds in which an application that is to end may answer what it was asked before
GOODBYE_TIME = 2.0  # seconds for the peer to answer the close frame of a server that ends

TOO_LARGE, NOT_UTF8, RESTARTING = 1009, 1007, 1012


class Masker:
    """Unmasks a frame as one number: autobahn's own goes byte by byte, 5 ms for a frame at the limit."""

    def __init__(self, mask: bytes) -> None:
        self._mask = mask
        self._done = 0

    def pointer(self) -> int:
        return self._done

    def process(self, data: bytes) -> bytes:
        length, start = len(data), self._done % 4
        self._done += length
        key = (self._mask * (length // 4 + 2))[start : start + length]
        return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")


class SocketProtocol(WebSocketProtocol):
    """Daphne's protocol, bounded in both directions. States are autobahn's: CONNECTING, OPEN, CLOSING, CLOSED."""

    muted: bool
    message_data: list[bytes] | None

    CONFIG_ATTRS = ()  # nothing is left for autobahn to copy: it prints all it copies, for a log that nobody reads

    def _connectionMade(self) -> None:
        for name in WebSocketProtocol.CONFIG_ATTRS:
            if not hasattr(self, name):
                setattr(self, name, getattr(self.factory, name))
        super()._connectionMade()

    def connectionMade(self) -> None:
        super().connectionMade()
        self.factory.came += 1
        self.application_queue = Inbox(self.wake)
        self.writer = Writer(self) if can_write_to(self.transport) else None
        self.choked = False
        self.fragments = 0
        self.asked = False
        self.waits_until = 0.0  # monotonic: how long a server that ends is to wait for the peer
        # Twisted's HTTP channel is still the transport's producer here, and would go on stopping and starting it.
        self.transport.unregisterProducer()
        self.transport.bufferSize = UNSENT_REST
        self.transport.registerProducer(self, True)

    # --- The handshake

    def onConnect(self, request: Any) -> Any:
        self.asked = True
        words = (request.path, request.headers.get("sec-websocket-protocol", ""), *request.headers)
        if not all(word.isascii() for word in words):
            raise ConnectionDeny(code=400, reason="Bad Request")  # Daphne would trip over it: a 500 and a traceback
        return super().onConnect(request)

    def open_inbox(self, scope: dict[str, Any]) -> Inbox:
        """Called by the server as it makes the application, which uses `send` where there is no writer."""
        if self.writer is not None:
            scope.setdefault("extensions", {})["chatsite.writer"] = self.writer
        return self.application_queue

    def dataReceived(self, data: bytes) -> None:
        if self.state != self.STATE_CONNECTING or not self.asked:
            return super().dataReceived(data)
        # autobahn would read this as a second handshake; it is parsed as frames once the application has accepted.
        self.data += data
        if len(self.data) > FRAME_LIMIT:
            self.dropConnection(abort=True)

    # --- Reading: no more than the application takes, and in turns

    @property
    def resting(self) -> bool:
        return self.state == self.STATE_OPEN and (self.choked or self.application_queue.full)

    def consumeData(self) -> None:
        if self.state not in (self.STATE_OPEN, self.STATE_CLOSING):
            return super().consumeData()
        for _ in range(BURST):
            if self.resting:
                return self.transport.pauseProducing()
            if not self.processData() or self.state == self.STATE_CLOSED:
                return self.transport.resumeProducing()
        self.transport.pauseProducing()
        reactor.callLater(0, self.wake)

    def wake(self) -> None:
        """Read on, beginning with what has been received but not parsed."""
        if self.state in (self.STATE_OPEN, self.STATE_CLOSING):
            self.consumeData()

    def pauseProducing(self) -> None:
        """The transport's word that `UNSENT_REST` bytes lie unsent."""
        self.choked = True
        if self.resting:
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """The transport's word that everything is sent."""
        self.choked = False
        reactor.callLater(0, self.wake)

    def stopProducing(self) -> None:
        self.choked = False

    def onFrameBegin(self) -> None:
        if self.current_frame.mask is not None:
            self.current_frame_masker = Masker(self.current_frame.mask)
        super().onFrameBegin()

    def onMessageBegin(self, isBinary: bool) -> None:
        self.fragments = 0
        super().onMessageBegin(isBinary)

    def onMessageFrameBegin(self, length: int) -> None:
        self.fragments += 1
        if self.fragments > FRAGMENT_LIMIT and not self.failedByMe:
            self._fail_connection(TOO_LARGE, "too many fragments")
        super().onMessageFrameBegin(length)

    def onMessageEnd(self) -> None:
        # autobahn's own also fires an event nobody listens to.
        if not self.failedByMe:
            self.onMessage(b"".join(self.message_data or ()), self.message_is_binary)
        self.message_data = None

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return
        try:
            super().onMessage(payload, isBinary)
        except UnicodeDecodeError:
            self._fail_connection(NOT_UTF8, "not UTF-8")

    # --- Writing

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        """A frame for ASGI's `send`: of any size, and silently dropped once the socket is closing."""
        if self.state == self.STATE_CONNECTING:
            self.serverAccept()
        if self.state == self.STATE_OPEN:
            payload = content.encode() if isinstance(content, str) else content
            self.sendFrame(opcode=2 if binary else 1, payload=payload)

    def lying(self) -> int:
        """Bytes in Twisted's buffers; 0 where it keeps them in another way."""
        if self.writer is None:
            return 0
        return len(self.transport.dataBuffer) - self.transport.offset + self.transport._tempDataLen

    # --- The end

    def serverClose(self, code: int | None = None) -> None:
        # autobahn's sendClose refuses codes such as 1012.
        self.sendCloseFrame(code=1000 if code is None else code)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False) -> None:
        super().sendCloseFrame(code=code, reasonUtf8=reasonUtf8, isReply=isReply)
        if self.state == self.STATE_CLOSING and not isReply:
            reactor.callLater(0, self.wake)  # the peer's answer may lie behind frames that were left unread

    def dropConnection(self, abort: bool = False) -> None:
        # After a proper goodbye a reset would only throw away what the peer has still to read.
        super().dropConnection(abort=abort and not self.wasClean)
        if self.lying():
            reactor.callLater(DROP_AFTER, self.transport.abortConnection)

    def onClose(self, wasClean: bool, code: int, reason: str | None) -> None:
        self.factory.gone += 1
        if hasattr(self, "server"):
            super().onClose(wasClean, self.localCloseCode if self.closedByMe else code, reason)

    def leave(self) -> None:
        """The server is going: what the peer has asked is answered, then application and peer are told so."""
        if self.muted:
            return
        self.muted = True  # Daphne tells a muted one nothing more
        self.waits_until = time.monotonic() + ANSWER_TIME + GOODBYE_TIME
        self.application_queue.put_nowait({"type": "websocket.disconnect", "code": RESTARTING})
        if self.state == self.STATE_OPEN:
            reactor.callLater(ANSWER_TIME, self.say_restarting)
        elif self.state == self.STATE_CONNECTING and hasattr(self, "handshake_deferred"):
            self.handshake_deferred.errback(ConnectionDeny(code=503, reason="restarting"))
            del self.handshake_deferred
            self.server.protocol_disconnected(self)

    def say_restarting(self) -> None:
        if self.state == self.STATE_OPEN:
            self.waits_until = time.monotonic() + GOODBYE_TIME
            self.sendCloseFrame(code=RESTARTING)


class SocketFactory(WebSocketFactory):
    protocol = SocketProtocol

    def __init__(self, server: Any) -> None:
        super().__init__(server, server="")
        self.came = self.gone = 0
        self.setProtocolOptions(
            allowNullOrigin=True,  # origins are the application's to judge
            autoPingTimeout=server.ping_timeout,
            closeHandshakeTimeout=DROP_AFTER,
            failByDrop=False,  # an error is answered with its close code
            maxFramePayloadSize=FRAME_LIMIT,
            maxMessagePayloadSize=FRAME_LIMIT,
            openHandshakeTimeout=server.websocket_handshake_timeout,
            utf8validateIncoming=False,  # Python's own decoder is as strict and a thousand times faster
        )
