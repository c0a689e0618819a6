"""Child processes that share one listening socket: the workers, and the one that restarts when a file changes."""

import atexit
import os
import signal
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
TICK = 0.05  # seconds between two looks at the children


class Family:
    """Children that end together: a signal to the parent goes to all at once, and when one ends the others do too."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []
        self.told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self.told.is_set():
            self.tell_children()  # again: they are to hurry
        self.told.set()

    def tell_children(self) -> None:
        for child in self.children:
            child.terminate()

    def run(self, command: Sequence[str], *, count: int = 1, sockets: Sequence[int] = ()) -> int:
        """Start them, wait for all. Returns the exit code of the first that ended otherwise than well, else 0."""
        environment = {**os.environ, autoreload.DJANGO_AUTORELOAD_ENV: "true"}
        self.children = [subprocess.Popen(command, pass_fds=sockets, env=environment) for _ in range(count)]
        while not self.told.is_set() and all(child.poll() is None for child in self.children):
            time.sleep(TICK)
        # One that had not begun to listen to signals ends by the signal itself: that is well, too.
        well = {0, -signal.SIGTERM} if self.told.is_set() else {0}
        codes = [code for child in self.children if (code := child.poll()) is not None]
        running = [child for child in self.children if child.poll() is None]
        self.tell_children()
        codes += [0 if (code := child.wait()) == -signal.SIGTERM else code for child in running]
        return next((code for code in codes if code not in well), 0)


def run_workers(command: Sequence[str], *, count: int, sockets: Sequence[int]) -> int:
    code = Family().run(command, count=count, sockets=sockets)
    hear_no_more()
    return code


def run_reloading(command: Sequence[str], *, sockets: Sequence[int] = ()) -> int:
    """Run a command that serves through `serve_reloading`, and again at every change of a file, until told to stop."""
    family = Family()
    while (code := family.run(command, sockets=sockets)) and not family.told.is_set():
        before = fingerprint()
        # A file changed: at once. It failed on a mistake: when the mistake has been looked at.
        while code != FILE_CHANGED and not family.told.is_set() and fingerprint() == before:
            time.sleep(0.5)
    hear_no_more()
    return 0 if family.told.is_set() else code


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
