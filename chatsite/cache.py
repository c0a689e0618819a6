"""The cache of several processes: Redis while it answers, else this process's own memory; never a reason to fail."""

import json
import logging
import threading
import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer
from redis.exceptions import RedisError

PREFIX = "chatrooms"
PATIENCE = 0.25  # seconds an answer may take
REST = 5.0  # seconds in which a Redis that failed is left alone

log = logging.getLogger(__name__)


class Foreign(RedisError):
    """Under our key lies what we never wrote: no cache to rely on."""


class Json(RedisSerializer):
    """Values as JSON: whoever can write to Redis must not thereby run code here, as pickles would let him."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj, separators=(",", ":")).encode()

    def loads(self, data: Any) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Foreign("not JSON") from error


class Client(RedisCacheClient):
    def clear(self) -> bool:
        """Only what is ours: the channel layer lies in the same database, and Django's own would flush it."""
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match=f"{PREFIX}:*", count=1000):
            client.delete(key)
        return True


class Line:
    """The way to one Redis, shared by all threads: its connections, and whether it is worth asking now."""

    def __init__(self, url: str) -> None:
        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self.client = Client([url], serializer=Json, pool_class=None, parser_class=None, **patience)
        self._guard = threading.Lock()
        self._is_down = False
        self._ask_at = 0.0  # monotonic, while it is down

    def may_ask(self) -> bool:
        """After a rest one caller finds out whether it answers again; the others do not wait with him."""
        if not self._is_down:
            return True
        with self._guard:
            now = time.monotonic()
            if now < self._ask_at:
                return False
            self._ask_at = now + REST
        return True

    def answered(self) -> None:
        if self._is_down:
            self._is_down = False
            log.warning("the cache answers again")

    def failed(self, error: Exception) -> None:
        self._ask_at = time.monotonic() + REST
        if not self._is_down:
            self._is_down = True
            log.warning("the cache does not answer; each process counts for itself: %s", type(error).__name__)


class Shared(RedisCache):
    """Django's, over a line that outlives it: Django makes one cache object for each thread and request."""

    _cache: RedisCacheClient

    def __init__(self, line: Line, params: dict[str, Any]) -> None:
        super().__init__([], params)
        self._cache = line.client


class FallbackCache(BaseCache):
    """`LOCATION` is the URL of one Redis. What is stored must be JSON."""

    def __init__(self, url: str, params: dict[str, Any]) -> None:
        params = {**params, "KEY_PREFIX": PREFIX}
        super().__init__(params)
        self._line = line_to(url)
        self._shared, self._own = Shared(self._line, params), LocMemCache(url, params)

    def _ask(self, method: str, *given: Any, **named: Any) -> Any:
        if self._line.may_ask():
            try:
                answer = getattr(self._shared, method)(*given, **named)
            except (RedisError, OSError) as error:
                self._line.failed(error)
            else:
                self._line.answered()
                return answer
        return getattr(self._own, method)(*given, **named)

    def add(self, *given: Any, **named: Any) -> Any:
        return self._ask("add", *given, **named)

    def get(self, *given: Any, **named: Any) -> Any:
        return self._ask("get", *given, **named)

    def set(self, *given: Any, **named: Any) -> Any:
        return self._ask("set", *given, **named)

    def touch(self, *given: Any, **named: Any) -> Any:
        return self._ask("touch", *given, **named)

    def delete(self, *given: Any, **named: Any) -> Any:
        return self._ask("delete", *given, **named)

    def has_key(self, *given: Any, **named: Any) -> Any:
        return self._ask("has_key", *given, **named)

    def incr(self, *given: Any, **named: Any) -> Any:
        return self._ask("incr", *given, **named)

    def get_many(self, *given: Any, **named: Any) -> Any:
        return self._ask("get_many", *given, **named)

    def set_many(self, *given: Any, **named: Any) -> Any:
        return self._ask("set_many", *given, **named)

    def delete_many(self, *given: Any, **named: Any) -> Any:
        return self._ask("delete_many", *given, **named)

    def clear(self) -> None:
        self._ask("clear")


_lines: dict[str, Line] = {}


def line_to(url: str) -> Line:
    if url not in _lines:
        _lines.setdefault(url, Line(url))
    return _lines[url]
