"""Threads of a hub's own for database work, so that no socket waits behind another's."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.utils.translation import gettext as _

from chat import metrics
from chat.errors import Unavailable

CLOSE_SECONDS = 5.0
PATIENCE = 12.0  # seconds for a thread and its job: longer than any one lock is waited for

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Lane:
    """A bounded number of threads for jobs that use the ORM; Django's thread-sensitive one would be one for all."""

    def __init__(self, name: str, threads: int) -> None:
        self._size = threads
        self._queued, self._worked = metrics.QUEUED[name], metrics.WORKED[name]
        self.depth = 0  # jobs that wait or are at work
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, job: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """The job's result. A caller that is cancelled leaves the job to finish by itself: writes are whole.

        Raises Unavailable when there is none in time, as from a database that hangs: a job that has not begun by then
        never does, one that has is left alone.
        """
        work = partial(self._work, time.perf_counter(), partial(job, *args, **kwargs))
        done = asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, work)
        self.depth += 1
        done.add_done_callback(self._end)
        try:
            async with asyncio.timeout(PATIENCE) as waiting:
                return await done
        except TimeoutError:
            if waiting.expired():
                detail = _("The database does not answer. Try again in a moment; nothing was lost.")
                raise Unavailable(detail, retry_after=1) from None
            raise

    def _work(self, asked: float, job: Callable[[], Result]) -> Result:
        """In the thread."""
        began = time.perf_counter()
        self._queued.observe(began - asked)
        failed = True
        try:
            result = job()
            failed = False
        finally:
            _give_back(failed=failed)
            self._worked.observe(time.perf_counter() - began)
        return result

    def _end(self, done: "asyncio.Future[Any]") -> None:
        self.depth -= 1

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
