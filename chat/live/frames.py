"""WebSocket frames as they go out: JSON, encoded once."""

import json
import struct
from typing import Any


def frame(payload: bytes) -> bytes:
    """One whole, unmasked text frame as a server sends it (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Frame:
    """A frame out, encoded once however many sockets it goes to."""

    __slots__ = ("_text", "payload", "wire")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.wire = frame(payload)
        self._text: str | None = None

    @property
    def text(self) -> str:
        """As ASGI's `send` takes it."""
        if self._text is None:
            self._text = self.payload.decode()
        return self._text


def encode(wire: Any) -> bytes:
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
