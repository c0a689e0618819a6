"""What one process hears of the others: one layer channel, in the groups of all rooms it follows."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from chat.live import doorbell
from chat.live.doorbell import Event

log = logging.getLogger(__name__)

LAYER_SECONDS = 2.0  # nothing asked of the layer may take longer
ECHO_SECONDS = 1.0  # how often the ear makes sure that it hears
RETRY_SECONDS = 0.25  # ... and how often while it does not
ECHO = "ear.echo"


class Ear:
    """Never in anybody's way: the layer may be gone, hung or forgetful, and is joined anew when it answers.

    `hear` gets every event; `returned` is called when the layer can be heard again after it could not.
    """

    def __init__(self, hear: Callable[[Event], None], returned: Callable[[], None]) -> None:
        self.hears = False
        self._hear, self._returned = hear, returned
        self._layer: Any = doorbell.channel_layer()
        self._channel: str | None = None
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._echoed = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        if self._layer is not None:
            self._tasks = [asyncio.create_task(self._keep_channel()), asyncio.create_task(self._keep_groups())]

    def join(self, group: str) -> None:
        self._wanted.add(group)
        self._changed.set()

    def rejoin(self, group: str) -> None:
        """A ring of this group was lost: perhaps the layer has forgotten that we are in it."""
        self._joined.discard(group)
        self._changed.set()

    def leave(self, group: str) -> None:
        self._wanted.discard(group)
        self._changed.set()

    async def close(self) -> None:
        tasks = [*self._tasks, *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._wanted.clear()
        if self._channel is not None and self.hears:
            for group in list(self._joined):
                await self._asked(self._layer.group_discard(group, self._channel))

    # --- The channel

    async def _keep_channel(self) -> None:
        """Sends itself an echo: only what comes back proves that rings would."""
        while True:
            if self._channel is None:
                self._channel = await self._asked(self._layer.new_channel())
            if self._channel is not None:
                self._listen()
                sent = asyncio.get_running_loop().time()
                await self._asked(self._layer.send(self._channel, {"type": ECHO}))
                await asyncio.sleep(ECHO_SECONDS if self.hears else RETRY_SECONDS)
                if self._echoed < sent:
                    self._deafen()
            else:
                await asyncio.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._receive(self._channel or ""))

    async def _receive(self, channel: str) -> None:
        while True:
            try:
                event = await self._layer.receive(channel)
            except Exception as error:
                self._deafen(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._heard(event)

    def _heard(self, event: Event) -> None:
        """Of several servers one may be away: rings of the others prove nothing for it, an echo does."""
        if event.get("type") == ECHO:
            self._echo()
        elif event.get("from") != doorbell.ME:
            self._hear(event)

    def _echo(self) -> None:
        self._echoed = asyncio.get_running_loop().time()
        if not self.hears:
            self.hears = True
            self._joined.clear()
            self._changed.set()
            self._returned()

    def _deafen(self, error: Exception | None = None) -> None:
        if self.hears:
            log.warning("the channel layer cannot be heard; changes are found by comparing positions: %r", error)
        self.hears = False

    # --- The groups

    async def _keep_groups(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._channel is None:
                continue  # `_echo` wakes us again
            for group in self._wanted - self._joined:
                if not await self._added(group):
                    self._changed.set()
                    await asyncio.sleep(RETRY_SECONDS)
                    break
            for group in self._joined - self._wanted:
                self._joined.discard(group)
                await self._asked(self._layer.group_discard(group, self._channel))

    async def _added(self, group: str) -> bool:
        self._joined.add(group)  # before the wait, so that a rejoin meanwhile is not lost
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await self._layer.group_add(group, self._channel)
        except Exception:
            self._joined.discard(group)
            return False
        return True

    async def _asked(self, question: Any) -> Any:
        """The layer's answer, or None when it fails or takes too long."""
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                return await question
        except Exception:
            return None
