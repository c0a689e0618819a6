"""`./run bench storm`: all sockets are cut at once while people write; `burst`: much is said at once to readers."""

import argparse
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.client import Failed
from bench.contestants import NotStarted, OnUvicorn, Product, servers
from bench.machine import CLIENT_CORE, cpu_seconds, on_core
from bench.windows import Site, Windows
from chatsite.testing.finding import Missing

MEMBERS, POSTERS, RATE = 500, 4, 20.0
BEFORE, AFTER = 2.0, 1.0  # seconds of quiet talk before the cut and after everybody is back
LIMIT = 15.0  # seconds until everybody has caught up
READERS, BURST, IN_FLIGHT = 50, 1000, 32
SERVERS = {"daphne": Product, "uvicorn": OnUvicorn}


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


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench storm", description=__doc__)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="postgres also means Redis")
    parser.add_argument("--server", choices=list(SERVERS), default="daphne")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(words)
    try:
        with servers(chosen.db) as ((ours, _theirs), redis), SERVERS[chosen.server](MEMBERS, ours, redis) as product:
            for number in range(1, chosen.rounds + 1):
                with on_core(CLIENT_CORE):
                    found, seconds = storm(product), burst(product)
                show(number, found, seconds)
                if found.seconds > LIMIT:
                    raise Failed(f"not all were back within {LIMIT:.0f} s")
    except (Failed, Missing, NotStarted) as reason:
        print(f"FAILED: {reason}")
        return 1
    return 0


def show(number: int, found: Storm, seconds: float) -> None:
    print(
        f"  round {number}  {found.sockets} sockets back and caught up {found.seconds:.1f} s after the cut "
        f"({found.busy:.1f} s of a processor); "
        f"of {found.messages} messages none failed, the longest was answered after {found.longest:.1f} s; "
        f"a burst of {BURST} reached {READERS} readers in {seconds:.1f} s",
        flush=True,
    )
