"""`./run bench stalled`: what a member who never reads and one who trickles cost the others of a room of 200."""

import argparse
import contextlib
import socket
import time
from collections.abc import Sequence

from bench import report
from bench.client import Crowd
from bench.contestants import Product
from bench.idle import memory
from bench.machine import CLIENT_CORE, on_core
from bench.metrics import Turns
from bench.serving import Contestant
from bench.storm import taking_part

MEMBERS, POSTERS, IN_FLIGHT = 200, 4, 8
WORDS = (
    f"One room with {MEMBERS} members who have it open; {POSTERS} of them post with {IN_FLIGHT} messages in flight: "
    "first alone, then beside one member who never reads and one who takes 20 bytes a second."
)
PER_PART = 1_000_000  # numbers of messages
PACE = 0.05  # seconds between two bytes of the trickle


class Trickling(Crowd):
    """A crowd among whom, in the `stalled` part, two sit who take next to nothing."""

    def __init__(self, product: Contestant, first_number: int) -> None:
        super().__init__(product, first_number)
        self.trickle: socket.socket | None = None
        self.next_byte = 0.0

    def hear(self, timeout: float) -> list[bytes]:
        if self.trickle is not None and time.monotonic() >= self.next_byte:
            self.next_byte = time.monotonic() + PACE
            with contextlib.suppress(OSError):  # the product may have closed it by now
                self.trickle.recv(1)
        return super().hear(timeout)


def part(product: Contestant, first_number: int, seconds: float, stalled: Sequence[int]) -> tuple[float, float]:
    """Messages a second to all who read, and by how many KiB the server grew, beside these members. Raises Failed."""
    crowd = Trickling(product, first_number)
    silent = [crowd._open(place) for place in stalled]
    try:
        crowd.gather()
        crowd.trickle = silent[0] if silent else None
        before, began = memory(product), time.monotonic()
        messages = crowd.closed_loop(seconds, POSTERS, IN_FLIGHT)
        rate, grown = messages / (time.monotonic() - began), memory(product) - before
        crowd.check()
    finally:
        crowd.close()
        for each in silent:
            each.close()
    return rate, grown


def measure(chosen: argparse.Namespace) -> Turns:
    """One warm-up, then the rounds. Raises Failed, Missing, NotStarted."""
    turns: Turns = {}
    with taking_part(MEMBERS + 2, chosen) as contestants:
        for contestant in contestants:
            contestant.members = MEMBERS  # who read
        for number in range(chosen.rounds + 1):
            for contestant in contestants:
                gave = turn(contestant, 2 * number * PER_PART, chosen.seconds)
                report.show(number, contestant.name, gave)
                if number:
                    turns.setdefault(contestant.name, []).append(gave)
    return turns


def turn(product: Product, first_number: int, seconds: float) -> dict[str, float]:
    """Without the two, then beside them. Raises Failed."""
    with on_core(CLIENT_CORE):
        rate, grown = part(product, first_number, seconds, [])
        beside, more = part(product, first_number + PER_PART, seconds, [MEMBERS, MEMBERS + 1])
    return {"share": round(beside / rate * 100, 1), "grown": round((more - grown) / 1024, 2)}
