"""Small bar charts as plain numbers for a template that draws them; every chart is a table as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BAR, GAP, HEIGHT = 20, 4, 72  # units of the drawing
LEAST = 2  # a bar for one thing can still be seen


@dataclass(frozen=True)
class Bar:
    day: date
    number: int
    words: str  # the number as said: "250,000+" where counting stopped
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    top: str

    @property
    def width(self) -> int:
        return len(self.bars) * (BAR + GAP) - GAP

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def bar_width(self) -> int:
        return BAR

    @property
    def last(self) -> Bar:
        return self.bars[-1]


def bar_chart(days: Sequence[tuple[date, int]], *, limit: int) -> Chart:
    """One bar a day, the highest as high as the drawing; counts at `limit` are said with a plus."""
    top = max((number for _day, number in days), default=0)
    bars = []
    for place, (day, number) in enumerate(days):
        height = max(LEAST, round(HEIGHT * number / top)) if number else 0
        bars.append(Bar(day, number, said(number, limit), place * (BAR + GAP), HEIGHT - height, height))
    return Chart(tuple(bars), said(top, limit))


def said(number: int, limit: int) -> str:
    return f"{number:,}+" if number >= limit else f"{number:,}"
