"""Child processes that share one listening socket: the workers, and the one that restarts when a file changes."""

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from django.utils import autoreload

from chatsite.daphne import Server

FILE_CHANGED = 3  # the exit code of Django's reloader


class Family:
    """Children that end together: a signal to the parent goes to each, and when one ends the others do too."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []
        self.told = False

    def run(self, command: Sequence[str], *, count: int = 1, sockets: Sequence[int] = ()) -> int:
        """Start them, wait for all. Returns the exit code of the first that ended otherwise than well, else 0."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.hear)
        environment = {**os.environ, autoreload.DJANGO_AUTORELOAD_ENV: "true"}
        self.children = [subprocess.Popen(command, pass_fds=sockets, env=environment) for _ in range(count)]
        while all(child.poll() is None for child in self.children) and not self.told:
            time.sleep(0.05)
        ended = [code for child in self.children if (code := child.poll())]
        self.tell()
        return next((code for code in [*ended, *(child.wait() for child in self.children)] if code), 0)

    def hear(self, number: int, frame: FrameType | None) -> None:
        self.told = True

    def tell(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()


def run_workers(command: Sequence[str], *, count: int, sockets: Sequence[int]) -> int:
    return Family().run(command, count=count, sockets=sockets)


def run_reloading(command: Sequence[str], *, sockets: Sequence[int] = ()) -> int:
    """Run a command that serves through `serve_reloading` again and again, until it ends for another reason."""
    while (code := Family().run(command, sockets=sockets)) == FILE_CHANGED:
        pass
    return code


def serve_reloading(serve: Callable[[], None]) -> None:
    """In the child: serve in a thread, watch the files in this one."""

    def leave(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    autoreload.start_django(autoreload.get_reloader(), serve)


def stop_at_exit(server: Server) -> Server:
    """A server in a thread still says goodbye when the main thread ends."""
    atexit.register(server.stop_from_outside)
    return server
