"""Rooms in which people talk: what is measured, and one turn of one contestant."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from bench.client import Crowd
from bench.contestants import Contestant
from bench.machine import cpu_seconds, stolen_seconds

PAGE = 8192  # bytes of a commit, about


@dataclass(frozen=True)
class Workload:
    """Members, each with one room open, some of whom post; `beside`: so many in a room of another contestant."""

    members: int
    posters: int
    in_flight: int
    rooms: int = 1
    rate: float = 20.0  # messages a second in the paced part
    beside: int = 0

    @property
    def words(self) -> str:
        where = f"One room with {self.members} members" if self.rooms == 1 else self._rooms()
        return (
            f"{where} who have it open; {self.posters:,} of them post 84-character texts with {self.in_flight} "
            f"messages in flight, then {self.rate:g} messages a second."
        )

    def _rooms(self) -> str:
        return f"{self.rooms} rooms, each with {self.members // self.rooms} of {self.members:,} members"


WORKLOADS = {
    "fan100": Workload(100, 4, 8),
    "fan200": Workload(200, 4, 8),
    "fan500": Workload(500, 4, 8),
    "big1000": Workload(1000, 4, 8, beside=200),
    "small10": Workload(10, 8, 32),
    "many": Workload(2000, 2000, 32, rooms=100, rate=200.0),
}


@dataclass(frozen=True)
class Turn:
    """What one turn gave. A delivery is one message reaching one member's socket."""

    deliveries: float  # a second
    messages: float  # a second
    cpu: float  # µs of the server process for each delivery
    last50: float  # ms from the send to the last reader in the paced part: the median
    last99: float  # and the 99th percentile
    disk99: float  # ms, the same of a plain write and sync of the disk at the same pace; 0 where nothing is stored
    busy: float  # the server's share of a core in the paced part, per cent
    client: float  # deliveries a second that the client's own processor time would have allowed
    stolen: float  # what the host of a virtual machine gave of its cores to others in the paced part, per cent
    size: float  # bytes for each delivery


def turn(contestant: Contestant, workload: Workload, *, first_number: int, seconds: float) -> Turn:
    """The closed loop, then the paced part, then the check; raises Failed."""
    crowd = Crowd(contestant, first_number)
    try:
        crowd.gather()
        found = closed(crowd, workload, seconds)
        crowd.settle(0.3)
        found |= paced(crowd, workload, seconds)
        disk = synced(contestant.folder, seconds, workload.rate) if contestant.stores else [0.0]
        crowd.check()
    finally:
        crowd.close()
    return Turn(**found, disk99=percentile(disk, 0.99))


def closed(crowd: Crowd, workload: Workload, seconds: float) -> dict[str, float]:
    """What the closed loop gives of a Turn."""
    pid, received = crowd.contestant.pid, crowd.received
    server, client, start = cpu_seconds(pid), time.process_time(), time.monotonic()
    messages = crowd.closed_loop(seconds, workload.posters, workload.in_flight)
    took = time.monotonic() - start
    server, client = cpu_seconds(pid) - server, time.process_time() - client
    deliveries = messages * crowd.contestant.readers_of(0)
    return {
        "deliveries": deliveries / took,
        "messages": messages / took,
        "cpu": server / deliveries * 1e6,
        "client": deliveries / client,
        "size": (crowd.received - received) / deliveries,
    }


def paced(crowd: Crowd, workload: Workload, seconds: float) -> dict[str, float]:
    """What the paced part gives of it."""
    server, stolen, start = cpu_seconds(crowd.contestant.pid), stolen_seconds(), time.monotonic()
    latencies = crowd.paced(seconds, workload.posters, workload.rate)
    took = time.monotonic() - start
    return {
        "last50": percentile(latencies, 0.5),
        "last99": percentile(latencies, 0.99),
        "busy": (cpu_seconds(crowd.contestant.pid) - server) / took * 100,
        "stolen": (stolen_seconds() - stolen) / took / (os.cpu_count() or 1) * 100,
    }


def percentile(ordered: list[float], share: float) -> float:
    return ordered[math.ceil(len(ordered) * share) - 1]


def synced(folder: Path, seconds: float, rate: float) -> list[float]:
    """What the disk alone takes of a message: ms of each write that is there when the power fails, sorted."""
    sync = getattr(os, "fdatasync", os.fsync)
    took = []
    with (folder / "disk").open("wb", buffering=0) as file:
        for _ in range(int(seconds * rate)):
            began = time.monotonic()
            file.write(bytes(PAGE))
            sync(file.fileno())
            took.append((time.monotonic() - began) * 1000)
            time.sleep(max(0.0, 1 / rate - took[-1] / 1000))
    return sorted(took)
