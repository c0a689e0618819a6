"""`./run bench costs`: what a message, a delivery, an arrival and a page cost each process that takes part."""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import report, scale
from bench.contestants import Product
from bench.costs_gathering import Gathering
from bench.judgement import Failed
from bench.machine import CLIENT_CORE, description, on_core
from bench.serving import NotStarted
from chatsite.testing.finding import Missing
from chatsite.testing.servers import PostgreSQL, Redis

FEW, MANY, POSTERS = 10, 200, 4
PHASES = {"nobody": (0, False), "closed": (FEW, False), "few": (FEW, True), "many": (MANY, True)}  # sockets; room open
RATE, SECONDS = 100.0, 2.0  # messages a second; how long
SETTLING, QUIET = 1.5, 2.0  # seconds until all have heard who came; of silence then
PAGES = 30
ROUNDS = 3
PATIENCE = 30.0
PROCESSES = {"writer": "where it is said", "reader": "where it is read", "database": "PostgreSQL", "redis": "Redis"}
ACTS = {
    "nobody": "a message, nobody of its room at the second process",
    "closed": f"the same, {FEW} members there, without the room open",
    "few": f"the same, {FEW} members there who have it open",
    "many": f"the same, {MANY} members there who have it open",
    "arrival": "somebody arrives: handshake, `hello`, the room opened",
    "page": "a page of a room with its latest 50 messages",
    "quiet": "a second in which nothing is said",
}
WORDS = (
    f"Two server processes beside PostgreSQL (every commit on the disk) and Redis. {POSTERS} people, connected to the "
    f"first without the room open, say {RATE:g} messages a second, one commit for each; who hears them is connected to "
    "the second. Processor time, user and system, of each process, less what it takes when nothing is said; the "
    "least of the rounds, since whatever else the machine does only adds. Every reader has each message once, or the "
    "run does not count."
)
Spent = dict[str, float]


class Second(Product):
    """One more process of the same site."""

    def __init__(self, first: Product) -> None:
        super().__init__(first.members, first.database, first.redis)
        self.first = first

    def prepare(self) -> None:
        self.rooms, self.sessions = self.first.rooms, self.first.sessions

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DATA_DIR": str(self.first.folder)}


class Site:
    """All processes of it, each with its meter."""

    def __init__(self, writer: Product, reader: Product, database: PostgreSQL, redis: Redis) -> None:
        self.writer, self.reader = writer, reader
        self.pids = {"writer": writer.pid, "reader": reader.pid, "database": database.pid, "redis": redis.pid}

    def meters(self) -> Spent:
        return {name: seconds_of(pid) for name, pid in self.pids.items()}

    def spent(self, act: Callable[[], object]) -> tuple[Spent, float]:
        """Seconds of processor time of each while it lasted, and how long that was."""
        before, began = self.meters(), time.monotonic()
        act()
        return {name: now - before[name] for name, now in self.meters().items()}, time.monotonic() - began


def seconds_of(pid: int) -> float:
    """With its children, which here stay."""
    parent = psutil.Process(pid)
    return sum(_clock(process) for process in (parent, *parent.children(recursive=True)))


def _clock(process: psutil.Process) -> float:
    """0 for one that has ended. Linux keeps a clock of each that is finer than the hundredths it tells elsewhere."""
    with contextlib.suppress(OSError, psutil.NoSuchProcess):
        if platform.system() == "Linux":
            return time.clock_gettime(~process.pid << 3 | 2)  # as clock_getcpuclockid(3) makes its number
        return float(sum(process.cpu_times()[:2]))
    return 0.0


# --- One round


def turn(site: Site) -> Spent:
    """µs of each process for each act, as `act.process`; MiB and KiB of the second one's memory. Raises Failed."""
    found: Spent = {"process": memory(site)}
    for name, (sockets, opens) in PHASES.items():
        before = memory(site)
        arrived, still, said, there = phase(site, sockets, opens=opens)
        found |= _each(name, said, RATE * SECONDS)
        if name == "few":
            found |= _each("arrival", arrived, sockets) | _each("quiet", still, 1)
    found["socket"] = round((there - before) / MANY * 1024, 1)
    asked, _took = site.spent(partial(ask_pages, site.reader, PAGES))
    return found | _each("page", asked, PAGES)


def phase(site: Site, sockets: int, *, opens: bool) -> tuple[Spent, Spent, Spent, float]:
    """Seconds spent on those who come, in a second of silence, and on what is said then; memory with all there."""
    with contextlib.closing(Gathering(site.writer, site.reader, speakers=POSTERS, opens=opens)) as people:
        arrived, _took = site.spent(partial(people.admit, sockets))
        people.rest(SETTLING)
        there = memory(site)
        quiet, silence = site.spent(partial(people.rest, QUIET))
        said, took = site.spent(partial(people.talk, int(RATE * SECONDS), RATE))
    still = {process: seconds / silence for process, seconds in quiet.items()}
    return arrived, still, {process: seconds - still[process] * took for process, seconds in said.items()}, there


def warm_up(site: Site) -> None:
    phase(site, FEW, opens=True)
    ask_pages(site.reader, PAGES)


def memory(site: Site) -> float:
    """MiB of the second process."""
    return round(psutil.Process(site.reader.pid).memory_info().rss / 2**20, 2)


def _each(act: str, spent: Spent, times: float) -> Spent:
    return {f"{act}.{process}": round(seconds / times * 1e6, 1) for process, seconds in spent.items()}


def ask_pages(server: Product, times: int) -> None:
    assert server.database is not None
    with psycopg.connect(server.database) as connection:
        row = connection.execute("SELECT slug FROM chat_room WHERE id = %s", (server.room,)).fetchone()
    assert row is not None
    with contextlib.closing(http.client.HTTPConnection("localhost", server.port, timeout=PATIENCE)) as line:
        for _ in range(times):
            line.request("GET", f"/rooms/{row[0]}/", headers={"Cookie": f"sessionid={server.sessions[0]}"})
            answer = line.getresponse()
            if answer.status != 200 or b"data-message-id" not in answer.read():
                raise Failed(f"a page was answered by {answer.status}")


@contextlib.contextmanager
def started() -> Iterator[Site]:
    """Raises Missing, NotStarted."""
    with contextlib.ExitStack() as stack:
        with on_core(CLIENT_CORE):
            database, redis = stack.enter_context(PostgreSQL(durable=True)), stack.enter_context(Redis())
        writer = stack.enter_context(Product(MANY + POSTERS, database.url, redis.url))
        yield Site(writer, stack.enter_context(Second(writer)), database, redis)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench costs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="after a warm-up")
    chosen = parser.parse_args(words)
    try:
        with started() as site, on_core(CLIENT_CORE):
            warm_up(site)
            rounds = [_shown(number, turn(site)) for number in range(1, chosen.rounds + 1)]
    except (Failed, Missing, NotStarted) as reason:
        report.say(f"FAILED: {reason}")
        return 1
    memory = {name: rounds[0][name] for name in ("process", "socket")}  # later ones use what was freed
    costs = {name: min(each[name] for each in rounds) for name in rounds[0]} | memory
    report.say(table(costs))
    if len(rounds) < ROUNDS:
        report.say("Too short to be kept: nothing written.")
        return 0
    found = {**_about(words), "costs": costs, "rounds": rounds}
    report.say("Written: " + ", ".join(os.path.relpath(path) for path in write(found)))
    return 0


def _about(words: Sequence[str]) -> dict[str, str]:
    """How, when, of what and where it was measured."""
    return {
        "command": " ".join(["./run bench costs", *words]),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": report.commit(),
        "machine": description(),
    }


def _shown(number: int, gave: Spent) -> Spent:
    """One line while it runs: µs of the process that does the most."""
    most = {act: max(gave[f"{act}.{process}"] for process in PROCESSES) for act in ACTS}
    words = ", ".join(f"{act} {spent:,.0f}" for act, spent in most.items())
    report.say(f"  round {number}  µs: {words}")
    return gave


def table(costs: Spent) -> str:
    lines = [f"| µs | {' | '.join(PROCESSES.values())} |", "|---|---:|---:|---:|---:|"]
    for act, words in ACTS.items():
        figures = [f"{costs[f'{act}.{process}']:,.0f}" for process in PROCESSES]
        lines.append(f"| {words} | {' | '.join(figures)} |")
    return "\n".join(lines)


def write(found: dict[str, Any]) -> list[Path]:
    stored, page = report.FOLDER / "costs.json", report.FOLDER / "costs.md"
    stored.write_text(json.dumps(found, indent=1) + "\n")
    process, each = found["costs"]["process"], found["costs"]["socket"]
    memory = (
        f"The second process took {process:.0f} MiB when it had started, and {each:.0f} KiB for each of the first "
        f"{MANY} sockets that had the room open."
    )
    about = (
        f"`{found['command']}`, {len(found['rounds'])} rounds, {found['date']}, {found['commit']}; {found['machine']}."
    )
    page.write_text("\n\n".join(["# costs", WORDS, table(found["costs"]), memory, about]) + "\n")
    return [page, stored, scale.write()]
