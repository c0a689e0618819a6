"""A server in a child process that is started again when a file changes."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from django.conf import settings
from django.utils import autoreload

from chatsite.daphne import Server
from chatsite.farewell import hear_no_more

FILE_CHANGED = 3  # the exit code of Django's reloader
TICK = 0.05  # seconds between two looks at the child


class Runner:
    """Runs one child after the other; a signal that ends the parent ends the child."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self.told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self.told.is_set() and self.child:
            self.child.terminate()  # again: it is to hurry
        self.told.set()

    def run(self, command: Sequence[str], listeners: Sequence[socket.socket]) -> int:
        """Returns the child's exit code; 0 when it was told to end and did."""
        environment = {**os.environ, autoreload.DJANGO_AUTORELOAD_ENV: "true"}
        descriptors = [listener.fileno() for listener in listeners]
        self.child = subprocess.Popen(command, pass_fds=descriptors, env=environment)
        while not self.told.is_set() and self.child.poll() is None:
            time.sleep(TICK)
        if self.told.is_set():
            self.child.terminate()
        code = self.child.wait()
        # One that had not begun to listen to signals ends by the signal itself: that is well, too.
        return 0 if self.told.is_set() and code == -signal.SIGTERM else code


def run_reloading(command: Sequence[str], *listeners: socket.socket) -> int:
    """Run a command that serves through `serve_reloading`, and again at every change of a file, until told to stop."""
    runner = Runner()
    while (code := runner.run(command, listeners)) and not runner.told.is_set():
        before = fingerprint()
        # A file changed: at once. It failed on a mistake: when the mistake has been looked at.
        while code != FILE_CHANGED and not runner.told.is_set() and fingerprint() == before:
            time.sleep(0.5)
    hear_no_more()
    return 0 if runner.told.is_set() else code


def fingerprint() -> int:
    """Changes with any Python file of the project."""
    folders = (settings.BASE_DIR / name for name in ("accounts", "chat", "chatsite"))
    return hash(frozenset((path, path.stat().st_mtime_ns) for folder in folders for path in folder.rglob("*.py")))


def serve_reloading(serve: Callable[[], None]) -> None:
    """In the child: serve in a thread, watch the files in this one."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    autoreload.start_django(autoreload.get_reloader(), serve)


def leave(number: int, frame: FrameType | None) -> None:
    hear_no_more()
    sys.exit(0)


def stop_at_exit(server: Server) -> Server:
    """A server in a thread still says goodbye when the main thread ends."""
    atexit.register(server.stop_from_outside)
    return server
