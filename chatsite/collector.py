"""What Python's garbage collector need not go through again and again: what was loaded, and the sockets that stay.

A collection of everything holds all of them up, for a tenth of a second and more where there are 2,000. What is put
aside still goes with its last reference; circles in it stay until it is taken back and looked through with the rest.
"""

import gc
from collections.abc import Callable
from typing import Protocol

LOOK_SECONDS = 0.5
CAME = 50  # so many newcomers are put aside too: soon, as a look through each takes 0.1 ms
GONE, SHARE_GONE = 1000, 0.5  # so many who went may have left circles: 10 KiB each


class Count(Protocol):
    """Of sockets, since the start."""

    came: int
    gone: int


class Collector:
    def __init__(self, count: Count, call_later: Callable[[float, Callable[[], None]], object]) -> None:
        self.count, self.call_later = count, call_later
        self.came = self.gone = 0  # when it was last seen to

    def begin(self) -> None:
        put_aside()
        self.call_later(LOOK_SECONDS, self.look)

    def look(self) -> None:
        self.call_later(LOOK_SECONDS, self.look)
        came, gone = self.count.came, self.count.gone
        if gone - self.gone >= max(GONE, SHARE_GONE * (came - gone)):
            self.came, self.gone = came, gone
            gc.unfreeze()
            put_aside()
        elif came - self.came >= CAME:
            self.came = came
            put_aside()


def put_aside() -> None:
    gc.collect()
    gc.freeze()
