"""What a line can suffer: that of people to a server, of the servers to the database and to Redis."""

import random
from collections.abc import Callable

from chat.tests.chaos.faults import Fault, Kind
from chat.tests.chaos.stage import Stage
from chatsite.testing.proxy import DOWN, UP, Proxy

Begin = Callable[[Proxy, random.Random], object]


def kind(words: str, begin: Begin, lasts: tuple[float, float], end: str | None = None) -> Kind:
    """A fault of one line; `end` is whose line that is, else one of the servers is chosen."""

    def make(stage: Stage, chance: random.Random) -> Fault:
        target = end or chance.choice(stage.servers).name
        line, luck = stage.lines[target], random.Random(chance.random())
        return Fault(words, f"line to {target}", chance.uniform(*lasts), lambda: begin(line, luck), line.up)

    return make


AT_ONCE, LONG = (0.0, 0.0), (1.0, 4.0)
SHORT = (0.5, 2.0)

OF_PEOPLE: list[Kind] = [
    kind("lines cut", lambda line, _: line.cut(), AT_ONCE),
    kind("lines slow", lambda line, chance: line.slow(chance.uniform(50, 600)), LONG),
    kind("lines trickle", lambda line, chance: line.trickle(chance.randint(500, 5000)), LONG),
    kind("lines swallow", lambda line, _: line.swallow(), LONG),
    kind("lines half open, to the server", lambda line, _: line.half_open(UP), LONG),
    kind("lines half open, to the people", lambda line, _: line.half_open(DOWN), LONG),
    kind("lines refused", lambda line, _: line.down(), SHORT),
]
OF_SERVERS: list[Kind] = [
    kind("lines to the database cut", lambda line, _: line.cut(), AT_ONCE, "database"),
    kind("lines to the database swallow", lambda line, _: line.swallow(), LONG, "database"),
    kind("lines to the database slow", lambda line, chance: line.slow(chance.uniform(10, 100)), SHORT, "database"),
    kind("lines to Redis cut", lambda line, _: line.cut(), AT_ONCE, "Redis"),
    kind("lines to Redis swallow", lambda line, _: line.swallow(), LONG, "Redis"),
]
