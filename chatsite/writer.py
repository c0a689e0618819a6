"""Ready frames straight onto one socket's wire: what goes to hundreds is built once, and buffered only for the slow."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatsite.websocket import SocketProtocol

# Undocumented names of Twisted that this module leans on; a test pins every one of them. The last two are made by
# instances. On a transport without one of them there is no writer, and the application uses `send`.
LEANS_ON = {"twisted.internet.abstract.FileDescriptor": ["dataBuffer", "offset"]}
OF_INSTANCES = ["_tempDataLen", "socket"]


def can_write_to(transport: Any) -> bool:
    names = [*LEANS_ON["twisted.internet.abstract.FileDescriptor"], *OF_INSTANCES]
    return all(hasattr(transport, name) for name in names)


class Writer:
    """Puts ready server frames on one socket's wire, in order with everything sent before.

    It lies in `scope["extensions"]["chatsite.writer"]`, may be used from the server's loop only, and once the socket
    has been accepted (RuntimeError before); after the close frame it drops what it is given.
    """

    __slots__ = ("_protocol",)

    def __init__(self, protocol: "SocketProtocol") -> None:
        self._protocol = protocol

    def write(self, frame: bytes) -> None:
        self.offer(frame, sys.maxsize)

    def offer(self, frame: bytes, bound: int) -> bool:
        """Write the frame unless more than `bound` bytes lie unsent; whether it was taken."""
        protocol = self._protocol
        if protocol.state != protocol.STATE_OPEN:
            if protocol.state == protocol.STATE_CONNECTING:
                raise RuntimeError("the socket has not been accepted yet")
            return True
        transport = protocol.transport
        if not transport.dataBuffer and not transport._tempDataLen:
            # An idle socket takes the bytes at once: no two trips through the selector for each reader of each message.
            try:
                sent = transport.socket.send(frame)
            except OSError:
                sent = 0  # full; or gone, which Twisted notices on its own write and tells everybody
        elif protocol.lying() > bound:
            return False
        else:
            sent = 0
        if sent < len(frame):
            transport.write(frame[sent:])
        return True

    def unsent(self) -> int:
        """Bytes that wait in this process because the peer does not take them; what the kernel holds is not counted.

        None once the socket is closing: nobody has to wait until they are taken.
        """
        return self._protocol.lying() if self._protocol.state == self._protocol.STATE_OPEN else 0

    def abort(self) -> None:
        """Cut the connection now, whatever is unsent; the application gets its disconnect."""
        self._protocol.transport.abortConnection()

    def finish(self) -> None:
        """The application has got its disconnect and answered all it was asked before: no need to wait for more."""
        if self._protocol.muted:
            self._protocol.say_restarting()
