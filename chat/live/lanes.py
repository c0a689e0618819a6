"""Threads of a hub's own for database work, so that no socket waits behind another's."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

CLOSE_SECONDS = 5.0

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Lane:
    """A bounded number of threads for jobs that use the ORM; Django's thread-sensitive one would be one for all."""

    def __init__(self, name: str, threads: int) -> None:
        self._size = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, job: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """The job's result. A caller that is cancelled leaves the job to finish by itself: writes are whole."""

        def work() -> Result:
            try:
                result = job(*args, **kwargs)
            except BaseException:
                _give_back(failed=True)
                raise
            _give_back(failed=False)
            return result

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        """Waits for the running jobs, then closes each thread's connections: only the thread itself can."""
        meeting = threading.Barrier(self._size)

        def leave() -> None:
            connections.close_all()
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(CLOSE_SECONDS)  # holds the thread, so that every one gets its own call

        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, leave) for _ in range(self._size)))
        self._pool.shutdown(wait=False)


def _give_back(*, failed: bool) -> None:
    """PostgreSQL's connections go back to the pool; SQLite's is kept, being a file, unless something went wrong."""
    for connection in connections.all(initialized_only=True):
        if failed and not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        if connection.vendor != "sqlite":
            connection.close()
