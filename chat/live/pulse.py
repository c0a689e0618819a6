"""What is new in a room, for members who are connected without having it open: ids only, at most once a second."""

import asyncio
from typing import TYPE_CHECKING, Any

from chat.live import protocol
from chat.live.frames import Frame

if TYPE_CHECKING:
    from chat.live.feed import Feed
    from chat.live.socket import Socket

PULSE_SECONDS = 1.0

Entry = dict[str, Any]


class Pulses:
    """The pulse of one feed. `after`: everything up to it has been told."""

    def __init__(self, feed: "Feed") -> None:
        self.feed = feed
        self.after = self.seq = 0
        self._new: list[Entry] = []
        self._last = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def start(self, position: int) -> None:
        self.after = self.seq = position

    def add(self, messages: list[Entry], seq: int) -> None:
        """The first at once, the others with the next beat."""
        if not messages:
            return
        self._new += messages
        self.seq = seq
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._last + PULSE_SECONDS - loop.time())
            self._timer = loop.call_later(wait, self._beat)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        self._timer = None
        self._last = asyncio.get_running_loop().time()
        new, self._new = self._new, []
        shared: Frame | None = None
        for socket in [one for one in self.feed.members if one not in self.feed.followers]:
            seq, newest = socket.counted.get(self.feed.room_id, (0, 0))
            if newest < new[0]["id"]:
                shared = shared or self._frame(self.after, new)
                self._tell(socket, shared)
            elif newest < new[-1]["id"]:
                unknown = [entry for entry in new if entry["id"] > newest]
                self._tell(socket, self._frame(max(self.after, seq), unknown))
        self.after = self.seq

    def _frame(self, after: int, messages: list[Entry]) -> Frame:
        return protocol.pulse(room=self.feed.room_id, after=after, seq=self.seq, messages=messages)

    def _tell(self, socket: "Socket", frame: Frame) -> None:
        room_id = self.feed.room_id
        if room_id not in socket.missed_pulses and not socket.push(frame):
            socket.missed_pulses.add(room_id)
