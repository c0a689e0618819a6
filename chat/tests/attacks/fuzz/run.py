"""The cases in lanes, each an attacker with a socket, and what the server looked like meanwhile."""

import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from subprocess import PIPE

from chat.tests.attacks.fuzz import handshakes
from chat.tests.attacks.fuzz.frames import Case, any_case
from chat.tests.attacks.fuzz.grammar import Grammar
from chat.tests.attacks.fuzz.place import Place
from chat.tests.attacks.fuzz.wire import Fault, Peer, Site, text

TENTH_MALFORMED = 4400
ROOT = Path(__file__).resolve().parents[4]


@dataclass
class Report:
    cases: int = 0
    seconds: float = 0.0
    handshakes: int = 0
    faults: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)  # of the server, as the run went on
    waits: list[float] = field(default_factory=list)  # of the bystander, in milliseconds
    calm: list[float] = field(default_factory=list)  # the same before anything happened

    @property
    def growth(self) -> float:
        """MiB between the second quarter of the run, when everything has been used once, and its last."""
        quarter = max(1, len(self.memory) // 4)
        early, late = self.memory[quarter : 2 * quarter] or self.memory, self.memory[-quarter:]
        return (statistics.median(late) - statistics.median(early)) / 2**20

    def __str__(self) -> str:
        return (
            f"{self.cases} cases in {self.seconds:.0f} s ({self.handshakes} sockets), {len(self.faults)} faults; "
            f"bystander p50 {rank(self.waits, 50):.1f} ms, p99 {rank(self.waits, 99):.1f} ms, "
            f"worst {max(self.waits, default=0):.0f} ms of {len(self.waits)} (calm p99 {rank(self.calm, 99):.1f} ms); "
            f"memory {self.memory[-1] / 2**20:.0f} MiB, grown by {self.growth:.1f} MiB"
        )


def rank(waits: list[float], percent: int) -> float:
    return sorted(waits)[min(len(waits) - 1, len(waits) * percent // 100)] if waits else 0.0


class Lane:
    """Takes cases by number; each is made from the seed and its number alone, so that one can be had again."""

    def __init__(self, site: Site, report: Report) -> None:
        self.site, self.report = site, report
        self.peer: Peer | None = None

    def take(self, seed: int, number: int) -> None:
        chance = random.Random(f"{seed}:{number}")
        try:
            kind = chance.choices((self.words, self.frames, handshakes_of), weights=(75, 20, 5))[0]
            if kind is handshakes_of:
                handshakes.try_one(self.site, chance)
            else:
                kind(chance)
        except (Fault, OSError) as fault:
            self.leave()
            self.report.faults.append(f"case {number}: {type(fault).__name__} {fault}")
        except EOFError:
            self.leave()
            self.report.faults.append(f"case {number}: the server hung up on an honest socket")

    def entered(self) -> Peer:
        if self.peer is None:
            self.peer = Peer(self.site)
            self.report.handshakes += 1
        return self.peer

    def leave(self, *, hard: bool = False) -> None:
        if self.peer is not None:
            self.peer.cut(hard=hard)
            self.peer = None

    def words(self, chance: random.Random) -> None:
        peer, grammar = self.entered(), Grammar(self.site, chance)
        peer.say(text(grammar.words()))
        if not peer.is_alive():
            self._require(peer, {TENTH_MALFORMED, 1007})

    def frames(self, chance: random.Random) -> None:
        peer, case = self.entered(), any_case(chance)
        peer.say(*case.packets)
        if case.is_left:
            list(peer.overhear())
            self.leave(hard=chance.random() < 0.5)
        elif case.codes:
            self._close(peer, case, chance)
        elif not peer.is_alive():
            self._require(peer, {TENTH_MALFORMED})

    def _close(self, peer: Peer, case: Case, chance: random.Random) -> None:
        if chance.random() < 0.8:
            # A server may wait some seconds for the answer to its goodbye before it hangs up: seen to the end at times.
            code = peer.closing(to_the_end=chance.random() < 0.02)
            if code not in case.codes | {TENTH_MALFORMED}:
                raise Fault(f"closed with {code} for {case.packets[0][:40]!r}, not {sorted(case.codes)}")
        self.leave(hard=chance.random() < 0.5)

    def _require(self, peer: Peer, codes: set[int]) -> None:
        """Of a socket that has ended: by which code."""
        self.leave()
        if peer.code not in codes:
            raise Fault(f"the socket ended with {peer.code}")


def handshakes_of(_chance: random.Random) -> None:
    """Stands for a case without a socket."""


@contextmanager
def bystander(site: Site) -> Iterator[Callable[[], list[float]]]:
    """Somebody talks until asked how it was."""
    command = [sys.executable, "-m", "chat.tests.attacks.fuzz.bystander", str(site.port), site.session, str(site.room)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, cwd=ROOT, text=True) as talking:

        def told() -> list[float]:
            output, _ = talking.communicate("", timeout=60)
            if talking.returncode:
                raise Fault("the bystander was disturbed; what happened stands above")
            return list(loads(output))

        assert talking.stdout is not None
        talking.stdout.readline()
        try:
            yield told
        finally:
            talking.kill()


def run(
    place: Place,
    *,
    cases: int,
    seed: int,
    first: int = 0,
    seconds: float = 1e9,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """At most so many cases, and no longer than this."""
    report = Report()
    with bystander(place.bystander) as told:
        time.sleep(0.7)
        report.calm = told()
    with bystander(place.bystander) as told:
        _lanes(place, report, iter(range(first, first + cases)), seed, seconds, tell)
        report.waits = told()
    if not place.product.running:
        report.faults.append("the server is gone")
    report.faults += sorted(place.complaints())
    return report


def _lanes(
    place: Place, report: Report, numbers: Iterator[int], seed: int, seconds: float, tell: Callable[[str], None]
) -> None:
    guard, start = threading.Lock(), time.monotonic()

    def work(site: Site) -> None:
        lane = Lane(site, report)
        while time.monotonic() - start < seconds and place.product.running and len(report.faults) < 20:
            with guard:
                number = next(numbers, None)
            if number is None:
                break
            lane.take(seed, number)
            with guard:
                report.cases += 1
        lane.leave()

    lanes = [threading.Thread(target=work, args=[site]) for site in place.attackers]
    for lane in lanes:
        lane.start()
    said = 0.0
    while any(lane.is_alive() for lane in lanes):
        time.sleep(0.1)
        report.memory.append(place.memory() if place.product.running else 0)
        report.seconds = time.monotonic() - start
        if report.seconds - said > 10:
            said = report.seconds
            tell(f"{report.cases} cases, {len(report.faults)} faults, memory {report.memory[-1] / 2**20:.0f} MiB")
    report.seconds = time.monotonic() - start
