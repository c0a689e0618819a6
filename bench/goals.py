"""What each workload is to reach, and whether it did: ratios are of turns in the same round."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.metrics import Turns, medians, ratio

Reached = float | None  # None: not measured in this run


@dataclass(frozen=True)
class Goal:
    """`least` or `most` is the bound; `unit` stands behind the figures."""

    words: str
    value: Callable[[Turns], Reached]
    unit: str
    least: float | None = None
    most: float | None = None

    def is_reached(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def bound(self) -> str:
        return f"≥ {self.least:g}{self.unit}" if self.least is not None else f"≤ {self.most:g}{self.unit}"


def _of(name: str) -> Callable[[Turns], Reached]:
    return lambda turns: medians(turns["product"])[name]


def _against(theirs: str, name: str, ours: str = "product") -> Callable[[Turns], Reached]:
    return lambda turns: ratio(turns, ours, theirs, name)


def _times(theirs: str, name: str) -> Callable[[Turns], Reached]:
    """How many times theirs ours is, of something that should be little."""
    return lambda turns: 1 / better if (better := ratio(turns, "product", theirs, name)) else None


GOALS = {
    "fan200": [
        Goal("deliveries against the tutorial", _against("tutorial", "deliveries"), "×", least=25),
        Goal("processor time of a delivery against the limit", _times("limit", "cpu"), "×", most=2),
        Goal("time to the last reader", _of("last99"), " ms", most=10),
        Goal("uvicorn's deliveries against the tutorial", _against("tutorial", "deliveries", "uvicorn"), "×", least=25),
    ],
    "big1000": [Goal("deliveries against a room of 200", _against("fan200", "deliveries"), "×", least=0.9)],
    "small10": [
        Goal("messages against the tutorial, with shared commits", _against("tutorial", "messages"), "×", least=8)
    ],
    "idle": [
        Goal("memory of a socket among 2,000", _of("kib_2000"), " KiB", most=45),
        Goal("memory of a socket among 5,000", _of("kib_5000"), " KiB", most=45),
        Goal("connects a second up to 2,000", _of("connects_2000"), "", least=350),
        Goal("connects a second up to 5,000", _of("connects_5000"), "", least=350),
    ],
    "stalled": [
        Goal("of their rate the others keep", _of("share"), " %", least=90),
        Goal("more memory", _of("grown"), " MiB", most=8),
    ],
    "storm": [
        Goal("until all have caught up", _of("back"), " s", most=15),
        Goal("failed sends", _of("failed"), "", most=0),
    ],
}


def reached(workload: str, turns: Turns) -> list[dict[str, str | bool]]:
    """Of each goal that this run measured: its words, its bound, what was reached, and whether that holds."""
    found = [(goal, goal.value(turns)) for goal in GOALS.get(workload, [])]
    return [
        {
            "goal": goal.words,
            "bound": goal.bound,
            "reached": f"{value:.4g}{goal.unit}",
            "holds": goal.is_reached(value),
        }
        for goal, value in found
        if value is not None
    ]
