"""What is measured of a turn, as columns and bars, and how one contestant's compare with another's."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Turns = dict[str, list[dict[str, float]]]  # contestant: what each of its turns gave, by the names below


@dataclass(frozen=True)
class Metric:
    """`is_more_better` None: it is neither; `bars`: what a plot calls it, "" where it has no place there."""

    heading: str
    digits: int
    is_more_better: bool | None
    bars: str = ""


METRICS = {
    "deliveries": Metric("deliveries/s", 0, True, "Deliveries a second"),
    "messages": Metric("messages/s", 1, True),
    "cpu": Metric("µs", 1, False, "µs of the server for each"),
    "last50": Metric("last50 ms", 1, False),
    "last99": Metric("last99 ms", 1, False, "ms to the last reader (99 %)"),
    "disk99": Metric("disk99 ms", 1, None),
    "busy": Metric("busy %", 0, False),
    "stolen": Metric("stolen %", 1, None),
    "size": Metric("bytes", 0, None),
    "kib_2000": Metric("KiB each of 2,000", 1, False, "KiB a socket, 2,000 of them"),
    "kib_5000": Metric("KiB each of 5,000", 1, False, "KiB a socket, 5,000 of them"),
    "connects_2000": Metric("connects/s to 2,000", 0, True),
    "connects_5000": Metric("connects/s to 5,000", 0, True, "Connects a second, to 5,000"),
    "came_2000": Metric("ms of a processor for one of 2,000", 2, False),
    "came_5000": Metric("ms of a processor for one of 5,000", 2, False),
    "busy_2000": Metric("busy % with 2,000", 1, False),
    "busy_5000": Metric("busy % with 5,000", 1, False),
    "share": Metric("% of the rate kept", 0, True, "% of the rate kept"),
    "grown": Metric("MiB more", 1, False, "MiB more"),
    "back": Metric("all back after s", 1, False, "Seconds until all have caught up"),
    "worked": Metric("s of a processor", 1, False, "Seconds of a processor for it"),
    "failed": Metric("failed sends", 0, False),
    "longest": Metric("longest answer s", 1, False, "Seconds of the longest answer"),
    "burst": Metric("s for a burst", 1, False),
}


def medians(turns: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(turn[name] for turn in turns), 3) for name in turns[0]}


def ratio(turns: Turns, ours: str, theirs: str, name: str) -> float | None:
    """How much better ours is: the median over the rounds of the ratio within one round. None: not measured."""
    pairs = [(a[name], b[name]) for a, b in zip(turns.get(ours, []), turns.get(theirs, []), strict=False)]
    if not METRICS[name].is_more_better:
        pairs = [(b, a) for a, b in pairs]
    found = [a / b for a, b in pairs if b]
    return round(statistics.median(found), 3) if found else None


def ratios(turns: Turns, ours: str, theirs: str) -> dict[str, float]:
    """Of everything that can be better."""
    both = [name for name in turns[ours][0] if name in METRICS and METRICS[name].is_more_better is not None]
    found = {name: ratio(turns, ours, theirs, name) for name in both}
    return {name: value for name, value in found.items() if value is not None}
