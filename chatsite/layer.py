"""The bell between processes: channels_redis' pub/sub layer, on lines that notice when they are dead.

What is heard follows from connections alone, so a Redis that was flushed, restarted or is full has forgotten nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any
from urllib.parse import urlsplit

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer
from channels_redis.utils import _wrap_close
from redis import asyncio as aioredis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import parse_url

from chatsite.logs import describe

CONNECTIONS = 20  # of one loop to one server; rings past them wait their turn
PATIENCE = 2.0  # seconds for a connection
SILENCE = 1.5  # seconds; then a server is asked whether it is there, and after as many more its line is given up
RETRY_SECONDS = 0.25

# Of its undocumented insides; chatsite/tests/test_leans_on.py holds them.
LEANS_ON = {
    "channels_redis.pubsub.RedisPubSubChannelLayer": ("_get_layer",),
    "channels_redis.pubsub.RedisPubSubLoopLayer": (
        *("send", "receive", "group_discard", "flush"),
        *("_get_shard", "_get_group_channel_name", "_subscribe_to_channel"),
    ),
}

log = logging.getLogger(__name__)

Message = dict[str, Any]


class Layer(RedisPubSubChannelLayer):
    """On one Redis or several, by URL: a group's rings travel over one of them, told by its name.

    What is sent to a channel travels over all of them, and arrives when each has brought it: an echo of oneself proves
    that every ring would be heard. The database's number in the URL keeps sites apart that share a server.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__()
        self._urls = urls
        self._prefix = f"chatrooms.{parse_url(urls[0]).get('db', 0)}."

    def _get_layer(self) -> "Ends":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = Ends(self, self._urls, self._prefix)
            _wrap_close(self, loop)
        ends: Ends = self._layers[loop]
        return ends


class Ends(RedisPubSubLoopLayer):
    """The layer in one event loop. It keeps by itself who is where: joining never waits for a server."""

    def __init__(self, layer: Layer, urls: Sequence[str], prefix: str) -> None:
        super().__init__(prefix=prefix, channel_layer=layer)
        self._shards = [Line(url, self._hear) for url in urls]
        self._brought: dict[str, set[Line]] = {}

    async def _subscribe_to_channel(self, channel: str) -> None:
        self.channels[channel], self._brought[channel] = asyncio.Queue(), set()
        for line in self._shards:
            await line.subscribe(channel)

    async def send(self, channel: str, message: Message) -> None:
        words = self.channel_layer.serialize(message)
        if channel in self._brought:
            self._brought[channel].clear()  # an earlier echo that only one has brought would count for this one
        await asyncio.gather(*(line.publish(channel, words) for line in self._shards))

    async def receive(self, channel: str) -> Message:
        """A channel nobody receives from any more is forgotten, with its groups."""
        try:
            message: Message = await super().receive(channel)
        except asyncio.CancelledError:
            await self._forget(channel)
            raise
        return message

    async def _forget(self, channel: str) -> None:
        del self._brought[channel]
        for line in self._shards:
            await line.unsubscribe(channel)
        every = self._get_group_channel_name("")
        for name in [name for name, channels in self.groups.items() if channel in channels]:
            await self.group_discard(name.removeprefix(every), channel)

    def _hear(self, line: "Line", name: str, words: bytes) -> None:
        if name in self._brought:
            self._brought[name].add(line)
            if len(self._brought[name]) == len(self._shards):
                self._brought[name].clear()
                self.channels[name].put_nowait(words)
        for channel in self.groups.get(name, ()):
            self.channels[channel].put_nowait(words)


class Line:
    """What one loop says and hears over one server, which may come and go."""

    def __init__(self, url: str, hear: Callable[["Line", str, bytes], None]) -> None:
        # With a socket_timeout redis-py writes under a wait_for, which on 3.11 swallows one cancel in ten.
        bounds = {"socket_timeout": None, "socket_connect_timeout": PATIENCE}
        pool = aioredis.BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=None, **bounds)
        self._redis = aioredis.Redis.from_pool(pool)
        self._name = urlsplit(url).hostname or "its Unix socket"
        self._hear = hear
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._is_lost = self._is_silent = False

    async def publish(self, name: str, words: bytes) -> None:
        """How long a server that hangs is waited for, the caller decides. Raises RedisError, OSError."""
        await self._redis.publish(name, words)

    async def subscribe(self, name: str) -> None:
        self._wanted.add(name)
        self._changed.set()
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_task(self._listen(), context=Context())

    async def unsubscribe(self, name: str) -> None:
        self._wanted.discard(name)
        self._changed.set()

    async def flush(self) -> None:
        """The end of the loop."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._redis.aclose()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    async with asyncio.timeout(PATIENCE):
                        await heard.connect()
                    self._changed.set()
                    await _either(self._follow(heard), self._take(heard), self._watch(heard))
            except Exception as error:
                self._lost(error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, heard: PubSub) -> None:
        """Subscribes a new connection to what is wanted, and keeps it so."""
        subscribed: set[str] = set()
        while await self._changed.wait():
            self._changed.clear()
            wanted = set(self._wanted)
            if more := wanted - subscribed:
                await heard.subscribe(*more)
            if less := subscribed - wanted:
                await heard.unsubscribe(*less)
            subscribed = wanted

    async def _take(self, heard: PubSub) -> None:
        while True:
            message = await heard.get_message(timeout=None)
            self._is_silent = False
            match message:
                case {"type": "message", "channel": name, "data": words}:
                    self._hear(self, name.decode(), words)
                case {"type": "subscribe"}:
                    self._found()

    async def _watch(self, heard: PubSub) -> None:
        """Of a dead line one hears nothing, not even that."""
        while True:
            await self._pause()
            if self._is_silent:
                async with asyncio.timeout(SILENCE):
                    await heard.ping()
                await self._pause()
                if self._is_silent:
                    raise TimeoutError

    async def _pause(self) -> None:
        self._is_silent = True
        await asyncio.sleep(SILENCE)

    def _found(self) -> None:
        if self._is_lost:
            self._is_lost = False
            log.warning("Redis at %s is heard again", self._name)

    def _lost(self, error: BaseException) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("Redis at %s cannot be heard: %s", self._name, describe(error))


async def _either(*works: Coroutine[Any, Any, None]) -> None:
    """Ends with the first that fails, and leaves none behind."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
