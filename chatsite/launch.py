"""What comes before the settings are read: how a start ends when it is told to, and the modes of `serve`."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from types import FrameType

# A demonstration must never touch somebody's real site, whatever the environment says.
REAL_THINGS = (
    "DATABASE_URL",
    "REDIS_URL",
    "WORKERS",
    "SITE_URL",
    "SECRET_KEY",
    "EMAIL_URL",
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "GITHUB_CLIENT_ID",
    "GITHUB_CLIENT_SECRET",
    "OIDC_URL",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
)


_stages: list[str] = []  # folders of demonstrations, gone with the process


def leave_when_told(arguments: Sequence[str]) -> None:
    """SIGTERM and Ctrl-C end `serve` well from its first moment; the server replaces these by its own goodbye."""
    if arguments[:1] == ["serve"]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end_at_once)
        if "--line" in arguments:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it asks for new workers: the old ones work on


def end_at_once(number: int, frame: FrameType | None) -> None:
    """What is under way is a transaction, or a file under a temporary name. An exception instead would be lost
    wherever it lands in somebody's catch-all, or in a finaliser."""
    clear_the_stage()
    os._exit(0)


def adjust_environment(arguments: Sequence[str]) -> None:
    command, options = (arguments[0], arguments[1:]) if arguments else ("", ())
    if command == "runserver":
        os.environ.setdefault("DEBUG", "1")
    if command == "serve" and "--dev" in options:
        os.environ["DEBUG"] = "1"
    # A child of the reloader finds the demonstration made.
    if command == "serve" and "--demo" in options and "--child" not in options:
        set_the_stage()


def set_the_stage() -> None:
    """Throw-away data in a folder that goes with this process."""
    for name in REAL_THINGS:
        os.environ.pop(name, None)
    folder = tempfile.mkdtemp(prefix="chatrooms-demo-")
    _stages.append(folder)
    atexit.register(clear_the_stage)
    os.environ |= {"DEMO": "1", "DATA_DIR": folder}


def clear_the_stage() -> None:
    for folder in _stages:
        shutil.rmtree(folder, ignore_errors=True)
