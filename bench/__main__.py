"""`./run bench [NAME…] [--against tutorial,limit,uvicorn]`: all take turns; a table, and files in docs/bench/.

NAME is a room in which people talk (fan100, fan200, fan500, big1000, small10, many), `idle` (2,000 and 5,000 quiet
sockets), `stalled` (what two who do not read cost the others), `storm` (the return of 500 sockets that were cut at
once), or `all` of these; `desk` (the admin's pages), `history` and `page` (reading, on a site of a million messages),
which have options of their own when they stand alone. By itself: `costs` (of each act, for each process that takes
part), `scale` (what follows from these for more machines) and `profile` (where the server's time goes).
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bench import costs, desk, idle, profiling, reading, report, scale, stalled, storm, talk
from bench.client import Failed
from bench.machine import CAN_PIN, raise_open_files
from bench.metrics import Turns
from bench.report import say
from bench.serving import NotStarted
from bench.workloads import WORKLOADS
from chatsite.testing.finding import Missing

ROUNDS, SECONDS = 3, 4.0
USUAL = ["fan200", "small10"]
OTHERS = {"desk": desk.main, "history": reading.history, "page": reading.page}
ALONE = {**OTHERS, "costs": costs.main, "scale": scale.main}
AGAINST = ["tutorial", "limit", "uvicorn"]
APART: dict[str, tuple[Callable[[argparse.Namespace], Turns], str]] = {
    "idle": (idle.measure, idle.WORDS),
    "stalled": (stalled.measure, stalled.WORDS),
    "storm": (storm.measure, storm.WORDS),
}
ALL = [*WORKLOADS, *APART]


def arguments() -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__, formatter_class=form)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(USUAL)}")
    parser.add_argument("--against", default="limit", help=f"who is measured in the same rounds: {','.join(AGAINST)}")
    parser.add_argument("--db", choices=list(report.DATABASES), default="sqlite", help="postgres also means Redis")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="after one warm-up")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of a turn's two parts")
    if sys.argv[1:] == ["help"]:
        parser.print_help()
        sys.exit(0)
    chosen = parser.parse_args()
    chosen.names = ALL if chosen.names == ["all"] else chosen.names or USUAL
    chosen.against = [name for name in chosen.against.split(",") if name]
    if unknown := [name for name in chosen.names if name not in ALL and name not in OTHERS]:
        parser.error(f"no such workload: {', '.join(unknown)}")
    if unknown := [name for name in chosen.against if name not in AGAINST]:
        parser.error(f"nobody to measure against: {', '.join(unknown)}")
    return chosen


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    match sys.argv[1:]:
        case ["profile", *options]:
            return profiling.main(options)
        case [name, *options] if name in ALONE and (not options or options[0].startswith("-")):
            return ALONE[name](options)
    chosen = arguments()
    raise_open_files()
    if not CAN_PIN:
        say("This system pins no processes to cores: server and client share them, so the figures vary more.")
    try:
        return max(run(name, chosen) for name in chosen.names)
    except Failed as reason:
        say(f"FAILED: {reason}")
        return 1
    except (Missing, NotStarted) as reason:
        say(f"bench: {reason}")
        return 1


def run(name: str, chosen: argparse.Namespace) -> int:
    """Measures one workload, shows it and keeps it; the exit code. Raises Failed, Missing, NotStarted."""
    if name in OTHERS:
        return OTHERS[name](["--db", chosen.db])
    if name in APART:
        measure, words = APART[name]
        workload, turns = {"name": name, "words": words}, _announced(name, words, chosen, measure)
    else:
        shape = WORKLOADS[name]
        workload = {"name": name, "words": shape.words, **vars(shape)}
        turns = _announced(name, shape.words, chosen, lambda chosen: talk.measure(shape, chosen))
    found = report.summary(workload, turns, " ".join(["./run bench", *sys.argv[1:]]), chosen.db)
    for part in (report.table(found), report.goals(found), ceiling(found["medians"]["product"])):
        if part:
            say(f"\n{part}")
    if chosen.rounds >= ROUNDS and chosen.seconds >= SECONDS:
        say("Written: " + ", ".join(os.path.relpath(path) for path in report.write(found)))
    else:
        say("Too short to be kept: nothing written.")
    return 0


def _announced(name: str, words: str, chosen: argparse.Namespace, measure: Callable[[Any], Turns]) -> Turns:
    say(f"{name} on {report.DATABASES[chosen.db]}: {words}")
    return measure(chosen)


def ceiling(measured: dict[str, float]) -> str:
    """Whether the client could have taken twice of what it measured."""
    if "client" not in measured:
        return ""
    most, share = measured["client"], measured["client"] / measured["deliveries"]
    enough = "enough" if share >= 2 else "TOO LITTLE: the product may be faster than measured"
    return f"The client alone could have taken {most:,.0f} deliveries/s, {share:.1f}× the product's: {enough}."


if __name__ == "__main__":
    sys.exit(main())
