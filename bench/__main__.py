"""`./run bench [NAME…] [--against tutorial]`: rounds in which all take turns, a table, and files in docs/bench/.

`./run bench desk` times the admin's pages instead, `storm` the return of 500 sockets that were cut at once, `stalled`
what two who do not read cost the others.
"""

import argparse
import contextlib
import os
import sys

from bench import desk, report, stalled, storm
from bench.client import Failed
from bench.contestants import Contestant, NotStarted, Product, Raw, Tutorial, servers
from bench.machine import CAN_PIN, CLIENT_CORE, on_core
from bench.workloads import WORKLOADS, Turn, Workload, turn
from chatsite.testing.finding import Missing

ROUNDS, SECONDS = 3, 4.0
PER_TURN = 1_000_000  # numbers of messages
OTHERS = {"desk": desk.main, "stalled": stalled.main, "storm": storm.main}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WORKLOADS)}; default: fan200 small10")
    parser.add_argument("--against", choices=["tutorial"], help="measure this beside the product, in the same rounds")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite", help="postgres also means Redis")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="after one warm-up")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of a turn's two parts")
    if sys.argv[1:] == ["help"]:
        parser.print_help()
        sys.exit(0)
    chosen = parser.parse_args()
    chosen.names = chosen.names or ["fan200", "small10"]
    if unknown := set(chosen.names) - set(WORKLOADS):
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    return chosen


def main() -> int:
    if sys.argv[1:2] and sys.argv[1] in OTHERS:
        return OTHERS[sys.argv[1]](sys.argv[2:])
    chosen = arguments()
    if not CAN_PIN:
        say("This system pins no processes to cores: server and client share them, so the figures vary more.")
    command = " ".join(["./run bench", *sys.argv[1:]])
    for name in chosen.names:
        say(f"{name} on {report.DATABASES[chosen.db]}: {WORKLOADS[name].members} members")
        try:
            turns = measure(WORKLOADS[name], chosen)
        except Failed as reason:
            say(f"FAILED: {reason}")
            return 1
        except (Missing, NotStarted) as reason:
            say(f"bench: {reason}")
            return 1
        found = report.summary(name, turns, command, chosen.db)
        say(report.table(found))
        say(ceiling(found["medians"]))
        if chosen.rounds >= ROUNDS and chosen.seconds >= SECONDS:
            say("Written: " + ", ".join(os.path.relpath(path) for path in report.write(found)))
        else:
            say("Too short to be kept: nothing written.")
    return 0


def measure(workload: Workload, chosen: argparse.Namespace) -> dict[str, list[Turn]]:
    """One warm-up, then the rounds; contestants stay up all the time and take turns."""
    turns: dict[str, list[Turn]] = {}
    with contextlib.ExitStack() as stack:
        contestants = line_up(workload, chosen, stack)
        for number in range(chosen.rounds + 1):
            for contestant in contestants:
                with on_core(CLIENT_CORE):
                    measured = turn(contestant, workload, first_number=number * PER_TURN, seconds=chosen.seconds)
                show(contestant, number, measured)
                if number:
                    turns.setdefault(contestant.name, []).append(measured)
                elif isinstance(contestant, Product):
                    raw = Raw(workload.members, size=round(measured.size))
            if not number:
                contestants.append(stack.enter_context(raw))
    return turns


def line_up(workload: Workload, chosen: argparse.Namespace, stack: contextlib.ExitStack) -> list[Contestant]:
    """The servers that take part, started; the raw one with frames of the size that the product sends."""
    (ours, theirs), redis = stack.enter_context(servers(chosen.db))
    product = stack.enter_context(Product(workload.members, ours, redis))
    contestants: list[Contestant] = [product]
    if chosen.against:
        contestants.append(stack.enter_context(Tutorial(workload.members, theirs, redis)))
    return contestants


def show(contestant: Contestant, number: int, measured: Turn) -> None:
    label = f"round {number}" if number else "warm-up"
    say(
        f"  {label}  {contestant.name:9} {measured.deliveries:10,.0f} deliveries/s {measured.cpu:7.1f} µs "
        f"{measured.last99:8.1f} ms last99 {measured.messages:8,.0f} messages/s"
    )


def ceiling(medians: dict[str, dict[str, float]]) -> str:
    """Whether the client could have taken twice of what it measured."""
    ours, most = medians["product"]["deliveries"], medians["raw"]["client"]
    enough = "enough" if most >= 2 * ours else "TOO LITTLE: the product may be faster than measured"
    return f"The client alone could take {most:,.0f} deliveries/s, {most / ours:.1f}× of the product's: {enough}."


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
