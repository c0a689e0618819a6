"""The exact spots at which a server kills itself when a file says so: put in from outside, by an app of the tests."""

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig

FOLDER = "FAILPOINTS"  # the variable that names where the files are
SPOTS = ("before commit", "after commit, before the bell", "before the answer", "in the push")
RESYNC_CHANGES = 20
BEFORE_COMMIT, BEFORE_BELL, BEFORE_ANSWER, IN_PUSH = SPOTS


def armed(folder: Path, spot: str) -> Path:
    """The file that arms this spot of every server; the first that comes past dies, and leaves `fired` in its place."""
    return folder / spot


def fired(folder: Path, spot: str, port: int) -> Path:
    return folder / f"{spot} {port}"


def pass_by(spot: str) -> None:
    folder, port = Path(os.environ[FOLDER]), int(os.environ["PORT"])
    try:
        armed(folder, spot).rename(fired(folder, spot, port))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def strike(owner: Any, name: str, spot: str, *, after: bool, when: Callable[..., bool] = lambda *a, **k: True) -> None:
    """The spot lies right before or after every call of `owner.name` that is meant."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def struck(*args: Any, **kwargs: Any) -> Any:
        if not after and when(*args, **kwargs):
            pass_by(spot)
        result = real(*args, **kwargs)
        if after and when(*args, **kwargs):
            pass_by(spot)
        return result

    setattr(owner, name, struck)


class Failpoints(AppConfig):
    name = "chat.tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        if "PORT" not in os.environ:
            return  # a command that makes the stage ready
        from chat import actions, changes
        from chat.actions.log import Change
        from chat.live import doorbell, protocol
        from chat.live.feed import Feed

        # A nap is enough to make a client load its list anew.
        changes._is_too_much = lambda room, after: room.seq - after > RESYNC_CHANGES  # type: ignore[assignment]
        # The room's row is the last thing that a transaction writes, the ring the first thing that follows it.
        strike(Change, "store", BEFORE_COMMIT, after=True)
        strike(doorbell, "ring", BEFORE_BELL, after=False)
        strike(protocol, "ok", BEFORE_ANSWER, after=False, when=lambda ref, **fields: "message" in fields)
        strike(actions, "post_message", BEFORE_ANSWER, after=True)  # that of a page
        # One of those who follow the room has it, the others have not.
        strike(Feed, "_give", IN_PUSH, after=True, when=lambda feed, *_: len(feed.followers) > 1)
