"""Cores, processor time and the name of the machine."""

import contextlib
import os
import platform
import re
import resource
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

SERVER_CORE, CLIENT_CORE = 0, 1
CAN_PIN = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Whatever is started inside stays on this core; nothing on systems that cannot pin."""
    if not CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def raise_open_files(most: int = 65536) -> None:
    """As many sockets as the system lets us, here and in what is started from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class Poller:
    """epoll where there is one; elsewhere poll, which looks at every socket each time."""

    def __init__(self) -> None:
        self.epoll = select.epoll() if hasattr(select, "epoll") else None
        self.poll = None if self.epoll else select.poll()

    def add(self, number: int) -> None:
        if self.epoll:
            self.epoll.register(number, select.EPOLLIN)
        elif self.poll:
            self.poll.register(number, select.POLLIN)

    def remove(self, number: int) -> None:
        poller = self.epoll or self.poll
        assert poller is not None
        poller.unregister(number)

    def ready(self, seconds: float | None) -> list[int]:
        """The sockets with something to read; waits so long for one."""
        if self.epoll:
            return [number for number, _ in self.epoll.poll(seconds)]
        assert self.poll is not None
        return [number for number, _ in self.poll.poll(None if seconds is None else seconds * 1000)]

    def close(self) -> None:
        if self.epoll:
            self.epoll.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    shown = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    total = 0.0
    for part in re.split(r"[:-]", shown.strip()):
        total = total * 60 + float(part)
    return total


def stolen_seconds() -> float:
    """What the host gave to others while we wanted to run, of all cores together; 0 where the system does not say."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def description() -> str:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        model = found.group(1) if found else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
