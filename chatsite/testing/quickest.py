"""How long something takes on a machine that has other work: any one of three tries shows that it can be quick."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

TRIES = 3


async def takes_less_than(seconds: float, attempt: Callable[[], Awaitable[Any]]) -> None:
    """Other work spoils one try or two; a fault spoils all."""
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < TRIES, f"took {took} s instead of {seconds}"
        began = time.monotonic()
        await attempt()
        took.append(time.monotonic() - began)
