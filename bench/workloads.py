"""What is measured, and one turn of one contestant."""

import math
import statistics
import time
from dataclasses import dataclass
from typing import Any

from bench.client import Crowd
from bench.contestants import Contestant
from bench.machine import cpu_seconds

RATE = 20.0  # messages a second in the paced part


@dataclass(frozen=True)
class Workload:
    """One room: so many members with it open, some of whom post."""

    members: int
    posters: int
    in_flight: int


WORKLOADS = {
    "fan100": Workload(100, 4, 8),
    "fan200": Workload(200, 4, 8),
    "fan500": Workload(500, 4, 8),
    "big1000": Workload(1000, 4, 8),
    "small10": Workload(10, 8, 32),
}


@dataclass(frozen=True)
class Turn:
    """What one turn gave. A delivery is one message reaching one member's socket."""

    deliveries: float  # a second
    messages: float  # a second
    cpu: float  # µs of the server process for each delivery
    last99: float  # ms from the send to the last reader, 99th percentile of the paced part
    client: float  # deliveries a second that the client's own processor time would have allowed
    size: float  # bytes for each delivery

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in vars(self).items()}


def turn(contestant: Contestant, workload: Workload, *, first_number: int, seconds: float) -> Turn:
    """The closed loop, then the paced part, then the check; raises Failed."""
    crowd = Crowd(contestant, first_number)
    try:
        crowd.gather()
        received = sum(reader.received for reader in crowd.all)
        server, client, start = cpu_seconds(contestant.pid), time.process_time(), time.monotonic()
        messages = crowd.closed_loop(seconds, workload.posters, workload.in_flight)
        took = time.monotonic() - start
        server, client = cpu_seconds(contestant.pid) - server, time.process_time() - client
        deliveries = messages * workload.members
        size = (sum(reader.received for reader in crowd.all) - received) / deliveries
        crowd.settle(0.3)
        latencies = crowd.paced(seconds, workload.posters, RATE)
        crowd.check()
    finally:
        crowd.close()
    last99 = latencies[math.ceil(len(latencies) * 0.99) - 1]
    return Turn(deliveries / took, messages / took, server / deliveries * 1e6, last99, deliveries / client, size)


def medians(turns: list[Turn]) -> dict[str, float]:
    return {name: round(statistics.median(getattr(t, name) for t in turns), 3) for name in vars(turns[0])}


def ratios(ours: list[Turn], theirs: list[Turn]) -> dict[str, float]:
    """How much better ours is: medians over the rounds of the ratio within the same round."""
    pairs = list(zip(ours, theirs, strict=True))
    better: dict[str, Any] = {
        "deliveries": [a.deliveries / b.deliveries for a, b in pairs],
        "cpu": [b.cpu / a.cpu for a, b in pairs if a.cpu],
        "last99": [b.last99 / a.last99 for a, b in pairs],
    }
    return {name: round(statistics.median(values), 3) for name, values in better.items() if values}
