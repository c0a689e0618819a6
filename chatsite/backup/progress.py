"""How far a long copy is: one line that moves on a terminal, a line every few seconds in a log."""

import time

from django.core.management.base import OutputWrapper

PAUSE = 5.0  # seconds between two lines of a log
FRAME = 0.1  # ... and between two looks of the moving one


class Progress:
    """`total` in bytes, or in whatever `unit` names; `add` or `reach` what has been done, up to the whole."""

    def __init__(self, out: OutputWrapper, what: str, total: float, unit: str = "MB") -> None:
        self._out, self._what, self._total, self._unit = out, what, total, unit
        self._moves = out.isatty()
        self._told_at = time.monotonic()
        self._done, self._ended = 0.0, False

    def add(self, amount: float) -> None:
        self.reach(self._done + amount)

    def reach(self, done: float) -> None:
        """It may turn out to be more than was thought; the end is told once."""
        self._done = done
        now = time.monotonic()
        if not self._ended and (done >= self._total or now - self._told_at >= (FRAME if self._moves else PAUSE)):
            self._told_at, self._ended = now, done >= self._total
            self._tell()

    def _tell(self) -> None:
        percent = 100 if self._ended else int(100 * self._done / self._total)
        size = f"{self._total / 1e6:.1f}" if self._unit == "MB" else f"{self._total:.0f}"
        line = f"{self._what}: {percent} % of {size} {self._unit}"
        moving = f"\r{line:<70}" + ("\n" if self._ended else "")
        self._out.write(moving if self._moves else f"{line}\n", ending="")
        self._out.flush()
