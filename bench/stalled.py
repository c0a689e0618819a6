"""`./run bench stalled`: what a member who never reads and one who trickles cost the others of a room of 200."""

import argparse
import contextlib
import socket
import statistics
import time
from collections.abc import Sequence

import psutil

from bench.client import Crowd, Failed
from bench.contestants import NotStarted, Product, servers
from bench.machine import CLIENT_CORE, on_core
from bench.storm import SERVERS
from chatsite.testing.finding import Missing

MEMBERS, POSTERS, IN_FLIGHT = 200, 4, 8
SECONDS = 4.0
LEAST, MOST = 0.9, 8.0  # of the others' rate; MiB
PER_PART = 1_000_000  # numbers of messages
PACE = 0.05  # seconds between two bytes of the trickle


class Trickling(Crowd):
    """A crowd among whom, in the `stalled` part, two sit who take next to nothing."""

    def __init__(self, product: Product, first_number: int) -> None:
        super().__init__(product, first_number)
        self.trickle: socket.socket | None = None
        self.next_byte = 0.0

    def hear(self, timeout: float) -> list[bytes]:
        if self.trickle is not None and time.monotonic() >= self.next_byte:
            self.next_byte = time.monotonic() + PACE
            with contextlib.suppress(OSError):  # the product may have closed it by now
                self.trickle.recv(1)
        return super().hear(timeout)


def part(product: Product, first_number: int, stalled: Sequence[str]) -> tuple[float, float]:
    """Messages a second to all who read, and by how many MiB the server grew, beside these sessions. Raises Failed."""
    crowd = Trickling(product, first_number)
    silent = [crowd._open(session) for session in stalled]
    try:
        crowd.gather()
        crowd.trickle = silent[0] if silent else None
        before, began = memory(product), time.monotonic()
        messages = crowd.closed_loop(SECONDS, POSTERS, IN_FLIGHT)
        rate, grown = messages / (time.monotonic() - began), memory(product) - before
        crowd.check()
    finally:
        crowd.close()
        for each in silent:
            each.close()
    return rate, grown


def memory(product: Product) -> float:
    """MiB in RAM."""
    return float(psutil.Process(product.pid).memory_info().rss) / 2**20


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench stalled", description=__doc__)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="postgres also means Redis")
    parser.add_argument("--server", choices=list(SERVERS), default="daphne")
    parser.add_argument("--rounds", type=int, default=3, help="after one warm-up")
    chosen = parser.parse_args(words)
    try:
        with (
            servers(chosen.db) as ((ours, _theirs), redis),
            SERVERS[chosen.server](MEMBERS + 2, ours, redis) as product,
        ):
            return told(product, chosen.rounds)
    except (Failed, Missing, NotStarted) as reason:
        print(f"FAILED: {reason}")
        return 1


def told(product: Product, rounds: int) -> int:
    """The others' rate as a share of what it is without the two, in turns; 1 past a bound."""
    two, product.sessions = product.sessions[MEMBERS:], product.sessions[:MEMBERS]
    shares, growths = [], []
    for number in range(rounds + 1):
        with on_core(CLIENT_CORE):
            rate, grown = part(product, 2 * number * PER_PART, [])
            beside, more = part(product, (2 * number + 1) * PER_PART, two)
        print(f"  round {number}  {beside / rate:.0%} of the rate, {more - grown:+.1f} MiB", flush=True)
        shares.append(beside / rate)
        growths.append(more - grown)
    share, growth = statistics.median(shares[1:]), statistics.median(growths[1:])
    print(f"The others kept {share:.0%} of their rate; the two cost {growth:.1f} MiB. Medians of {rounds} rounds.")
    return 0 if share >= LEAST and growth <= MOST else 1
