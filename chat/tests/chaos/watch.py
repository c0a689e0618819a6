"""What the server processes show from outside: memory, threads, files and connections over time, and their logs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil

from chat.tests.chaos.diary import Finding
from chat.tests.chaos.stage import Server, Stage

EVERY = 0.5  # seconds between two looks
WARM = 30.0  # seconds after its start from which on a process should not grow any more, on a busy machine too
REST_WITHIN = 15.0  # seconds in which a server must have let go of people who left
# What one process may have while six people talk, whatever happens: a page that waits is a thread of its own, and
# people who lose patience ask again.
MOST = {"memory": 250 * 2**20, "threads": 300, "files": 700, "connections": 200}
THREADS_AT_REST = 30
GROWTH = 100 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Size:
    age: float  # seconds
    memory: int  # bytes resident
    threads: int
    files: int  # descriptors, sockets included
    connections: int  # of TCP, to whomever, in whatever state


class Watch:
    """One list of sizes for each process that served."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sizes: dict[int, list[Size]] = {}

    async def look(self) -> None:
        while True:
            for server in self.stage.servers:
                with suppress(psutil.Error):
                    if server.popen is not None:
                        self.sizes.setdefault(server.popen.pid, []).append(size_of(server.popen.pid))
            await asyncio.sleep(EVERY)

    def most(self, name: str) -> int:
        return max((int(getattr(size, name)) for sizes in self.sizes.values() for size in sizes), default=0)

    def growth(self) -> int:
        """Bytes that a process had more in the end than when it was warm; the worst of all."""
        warm = [[size.memory for size in sizes if size.age > WARM] for sizes in self.sizes.values()]
        return max((memories[-1] - memories[0] for memories in warm if memories), default=0)

    def findings(self) -> Iterator[Finding]:
        for name, bound in MOST.items():
            if self.most(name) > bound:
                yield Finding("unbounded", f"{self.most(name)} {name} in one process; {bound} are plenty")
        if self.growth() > GROWTH:
            yield Finding("unbounded", f"a process grew by {self.growth() / 2**20:.0f} MB")


def size_of(pid: int) -> Size:
    process = psutil.Process(pid)
    connections = len(process.net_connections("tcp"))
    age = time.time() - process.create_time()
    return Size(age, process.memory_info().rss, process.num_threads(), process.num_fds(), connections)


@asynccontextmanager
async def watching(watch: Watch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.look())
    try:
        yield
    finally:
        task.cancel()


async def at_rest(stage: Stage) -> list[Finding]:
    """Once everybody has left: nothing that was theirs is kept."""
    until = asyncio.get_running_loop().time() + REST_WITHIN
    while (kept := [words for server in stage.servers for words in _kept(server)]) and (
        asyncio.get_running_loop().time() < until
    ):
        await asyncio.sleep(EVERY)
    return [Finding("unbounded", f"{words} when everybody has left") for words in kept]


def _kept(server: Server) -> Iterator[str]:
    assert server.popen is not None
    process = psutil.Process(server.popen.pid)
    lines = [one for one in process.net_connections("tcp") if one.laddr.port == server.port]
    if held := sum(one.status != psutil.CONN_LISTEN for one in lines):
        yield f"server {server.name} keeps {held} connections"
    if (threads := process.num_threads()) > THREADS_AT_REST:
        yield f"server {server.name} keeps {threads} threads"


def troubles(stage: Stage) -> Iterator[Finding]:
    """Tracebacks in the logs: Python's own, and in our lines the places that an exception passed."""
    for server in stage.servers:
        for line in server.log.read_text(errors="replace").splitlines():
            if line.startswith(("Traceback", "Fatal Python error")):
                yield Finding("traceback", f"server {server.name}: a traceback that is no log line")
            elif line.startswith("{") and len((told := _told(line)).get("error", ())) > 1:
                story = " < ".join(told["error"])
                yield Finding("traceback", f"server {server.name}: {told['level']} {told['message']}: {story}")


def _told(line: str) -> dict[str, Any]:
    """A line cut off by kill -9 tells nothing."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}
