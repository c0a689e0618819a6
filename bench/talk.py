"""Rounds of the workloads in which people talk: contestants stay up all the time and take turns."""

import argparse
import contextlib
import dataclasses
from collections.abc import Iterable

from bench import report
from bench.contestants import Fan200, Limit, OnUvicorn, Product, Tutorial
from bench.machine import CLIENT_CORE, on_core
from bench.metrics import Turns
from bench.serving import Contestant, servers
from bench.workloads import Workload, turn

PER_TURN = 1_000_000  # numbers of messages
SERVED = {"tutorial": Tutorial, "uvicorn": OnUvicorn}


def measure(workload: Workload, chosen: argparse.Namespace) -> Turns:
    """One warm-up, then the rounds. Raises Failed, Missing, NotStarted."""
    turns: Turns = {}
    with contextlib.ExitStack() as stack:
        contestants = line_up(workload, chosen, stack)
        warm = one_round(0, contestants, workload, chosen.seconds)
        if "limit" in chosen.against:
            limit = Limit(workload.members, round(warm["product"]["size"]), workload.rooms)
            contestants.append(stack.enter_context(limit))
        for number in range(1, chosen.rounds + 1):
            for name, gave in one_round(number, contestants, workload, chosen.seconds).items():
                turns.setdefault(name, []).append(gave)
    return turns


def line_up(workload: Workload, chosen: argparse.Namespace, stack: contextlib.ExitStack) -> list[Contestant]:
    """The servers that take part, started."""
    make = stack.enter_context(servers(chosen.db))
    report.say(f"  making {workload.members:,} members for each")
    kinds = [Product, *(SERVED[name] for name in chosen.against if name in SERVED)]
    made = [kind(workload.members, *make(kind.name), workload.rooms) for kind in kinds]
    if workload.beside:
        made.append(Fan200(workload.beside, *make(Fan200.name)))
    return [stack.enter_context(contestant) for contestant in made]


def one_round(
    number: int, contestants: Iterable[Contestant], workload: Workload, seconds: float
) -> dict[str, dict[str, float]]:
    """What each gave; messages are numbered on from round to round."""
    found = {}
    for contestant in contestants:
        with on_core(CLIENT_CORE):
            measured = turn(contestant, workload, first_number=number * PER_TURN, seconds=seconds)
        gave = {name: round(value, 3) for name, value in dataclasses.asdict(measured).items()}
        report.show(number, contestant.name, gave)
        found[contestant.name] = gave
    return found
