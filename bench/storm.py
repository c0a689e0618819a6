"""`./run bench storm`: all sockets are cut at once while people write; `burst`: much is said at once to readers."""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import report
from bench.contestants import OnUvicorn, Product
from bench.machine import CLIENT_CORE, cpu_seconds, on_core
from bench.metrics import Turns
from bench.serving import servers
from bench.windows import Site, Windows

MEMBERS, POSTERS, RATE = 500, 4, 20.0
BEFORE, AFTER = 2.0, 1.0  # seconds of quiet talk before the cut and after everybody is back
LIMIT = 15.0  # seconds until everybody has caught up
READERS, BURST, IN_FLIGHT = 50, 1000, 32
WORDS = (
    f"{MEMBERS} sockets of as many members are cut at once, as where a cable was pulled, while {POSTERS} of them go on "
    f"saying {RATE:g} messages a second; each comes back as the page's own script does. Then {BURST:,} messages are "
    f"said to {READERS} readers, {IN_FLIGHT} in flight. A message that is answered by an error, lost, doubled or out "
    "of order fails the run."
)


@dataclass(frozen=True)
class Storm:
    """`seconds` from the cut until the last socket had everything, for `busy` of which the server had a processor;
    `longest` from a send to its ok, over the cut."""

    sockets: int
    seconds: float
    busy: float
    longest: float
    messages: int


def storm(site: Site, sockets: int = MEMBERS) -> Storm:
    """Raises Failed when anything is lost, doubled, refused or out of order, or does not come back."""
    windows = Windows(site, sockets)
    with contextlib.closing(windows):
        windows.gather()
        talk(windows, BEFORE)
        cut_at, busy = time.monotonic(), cpu_seconds(site.pid)
        for window in windows.all:
            window.cut()
        talk(windows, LIMIT, until=windows.all_are_live)
        windows.until(windows.all_are_live, "every socket is back")
        seconds, busy = windows.last_came - cut_at, cpu_seconds(site.pid) - busy
        talk(windows, AFTER)
        settle(windows)
    return Storm(sockets, seconds, busy, windows.longest, len(windows.said))


def talk(windows: Windows, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
    """So many messages a second, whether or not their sender is connected; past 500 one would be told to load anew."""
    began, said = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds and not until():
        if now * RATE >= said:
            windows.post(said % POSTERS)
            said += 1
        windows.round()


def burst(site: Site) -> float:
    """Seconds from the first of so many messages until every reader has all of them. Raises Failed."""
    windows = Windows(site, READERS)
    with contextlib.closing(windows):
        windows.gather()
        began = time.monotonic()
        while len(windows.said) < BURST:
            while windows.unanswered() < IN_FLIGHT and len(windows.said) < BURST:
                windows.post(len(windows.said) % POSTERS)
            windows.round()
        settle(windows)
    return time.monotonic() - began


def settle(windows: Windows) -> None:
    windows.until(lambda: not windows.unanswered(), "every message is answered")
    windows.until(lambda: all(len(one.texts) >= len(windows.said) for one in windows.all), "everybody has everything")
    windows.check()


@contextlib.contextmanager
def taking_part(members: int, chosen: argparse.Namespace) -> Iterator[list[Product]]:
    """The product, and on uvicorn too where that was asked for."""
    with contextlib.ExitStack() as stack:
        make = stack.enter_context(servers(chosen.db))
        kinds = [Product, OnUvicorn] if "uvicorn" in chosen.against else [Product]
        report.say(f"  making {members:,} members for each")
        yield [stack.enter_context(kind(members, *make(kind.name))) for kind in kinds]


def measure(chosen: argparse.Namespace) -> Turns:
    """Raises Failed, Missing, NotStarted."""
    turns: Turns = {}
    with taking_part(MEMBERS, chosen) as contestants:
        for number in range(1, chosen.rounds + 1):
            for contestant in contestants:
                with on_core(CLIENT_CORE):
                    gave = turn(contestant)
                report.show(number, contestant.name, gave)
                turns.setdefault(contestant.name, []).append(gave)
    return turns


def turn(product: Product) -> dict[str, float]:
    found = storm(product)
    return {
        "back": round(found.seconds, 2),
        "worked": round(found.busy, 2),
        "failed": 0,  # one would have failed the run
        "longest": round(found.longest, 2),
        "burst": round(burst(product), 2),
    }
