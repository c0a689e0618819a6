"""`./run bench history`, `./run bench page`: what reading takes on a site of a million messages, made before."""

import argparse
import contextlib
import datetime
import gzip
import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import report
from bench.contestants import Product
from bench.machine import CLIENT_CORE, SERVER_CORE, cpu_seconds, description, on_core
from bench.report import say
from bench.serving import ROOT, NotStarted, servers
from chatsite.testing.finding import Missing

MESSAGES, ROUNDS = 1_000_000, 200
QUERIES, PAGE_MS, PAGE_KB, READING_MS = 12, 40.0, 100.0, 5.0  # the goals
FRAGMENTS = {
    "newest page": "/rooms/{largest}/messages/",
    "older page": "/rooms/{largest}/messages/?before={id}",
    "around a message": "/rooms/{largest}/messages/?around={id}",
    "a day": "/rooms/{largest}/messages/?since={day}T00:00:00Z",
    "first unread of many": "/rooms/{behind}/messages/",
    "resume of 200": "/rooms/{largest}/changes/?after={cursor}",  # of two frames the first
}
PAGES_OF_HISTORY = [name for name, address in FRAGMENTS.items() if "/messages/" in address]
PARTS = {"planning": "planning p50 ms", "trips": "trips p50 ms", "database": "database p50 ms"}
PAGES = {
    "room of {held:,} messages, little unread": "/rooms/{largest}/",
    "the same, a permalink": "/rooms/{largest}/messages/{id}/",
    "room with thousands unread": "/rooms/{behind}/",
    "front page": "/",
}
Table = dict[str, dict[str, float]]


class Library(Product):
    """The product on a made database; its one member reads."""

    name = "reading"

    def __init__(self, messages: int, database: str | None, redis: str | None) -> None:
        super().__init__(1, database, redis)
        self.messages = messages
        self.samples: dict[str, Any] = {}

    def prepare(self) -> None:
        command = [sys.executable, "-m", "bench.reading_seeding", str(self.messages)]
        made = subprocess.run(command, cwd=ROOT, env=self._environment(), stdout=subprocess.PIPE, check=False)
        if made.returncode:
            raise NotStarted("the database could not be made; why stands above")
        self.samples = json.loads(made.stdout.splitlines()[-1])

    def ask(self, what: str, times: int, **more: Any) -> dict[str, Any]:
        """The same readings in a process without a server."""
        command = [sys.executable, "-m", "bench.reading_asking", what, str(times)]
        given = json.dumps({**self.samples, **more}).encode()
        with on_core(SERVER_CORE):
            made = subprocess.run(
                command, cwd=ROOT, env=self._environment(), input=given, stdout=subprocess.PIPE, check=True
            )
        return dict(json.loads(made.stdout.splitlines()[-1]))

    def address(self, pattern: str, chance: random.Random) -> str:
        places = {"id": chance.choice(self.samples["ids"]), "day": chance.choice(self.samples["days"])}
        return pattern.format(**self.samples, **places)


def history(given: list[str]) -> int:
    return main("history", given)


def page(given: list[str]) -> int:
    return main("page", given)


def arguments(name: str, given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"./run bench {name}", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is asked for")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    return parser.parse_args(given)


def main(name: str, given: list[str]) -> int:
    chosen, began = arguments(name, given), time.monotonic()
    try:
        with servers(chosen.db) as make:
            database, redis = make("product")
            say(f"Making {chosen.messages:,} messages on {report.DATABASES[chosen.db]}")
            with Library(chosen.messages, database, redis) as library, on_core(CLIENT_CORE):
                say(f"Made in {time.monotonic() - began:.0f} s")
                found = KINDS[name](library, chosen.rounds)
    except (Missing, NotStarted) as reason:
        say(f"bench: {reason}")
        return 1
    say(_table(found))
    say(VERDICTS[name](found))
    if chosen.messages >= MESSAGES and chosen.rounds >= ROUNDS:
        told = {"command": " ".join([f"./run bench {name}", *given]), "messages": chosen.messages, "asked": found}
        say("Written: " + ", ".join(os.path.relpath(path) for path in _write(name, chosen.db, told)))
    else:
        say("Too short to be kept: nothing written.")
    return 0


def read_history(library: Library, rounds: int) -> Table:
    """The readings without a server first, then the same over HTTP."""
    alone, asked = library.ask("history", rounds), over_http(library, FRAGMENTS, rounds)
    return {
        name: {
            "queries": reading["queries"],
            **{heading: middle(reading[part], 0.5) for part, heading in PARTS.items() if part in reading},
            "database p99 ms": middle(reading["database"], 0.99),
            "reading p50 ms": middle(reading["ms"], 0.5),
            "reading p95 ms": middle(reading["ms"], 0.95),
            "reading p99 ms": middle(reading["ms"], 0.99),
            **asked.get(name, {}),
        }
        for name, reading in alone.items()
    }


def read_pages(library: Library, rounds: int) -> Table:
    patterns = {name.format(**library.samples): pattern for name, pattern in PAGES.items()}
    asked = over_http(library, patterns, rounds)
    addresses = {name: library.address(pattern, random.Random(1)) for name, pattern in patterns.items()}
    queries = library.ask("pages", 1, addresses=addresses)
    return {name: {"queries": queries[name], **row} for name, row in asked.items()}


KINDS: dict[str, Callable[[Library, int], Table]] = {"history": read_history, "page": read_pages}


def over_http(library: Library, patterns: dict[str, str], rounds: int) -> Table:
    """To the last byte, as a browser asks; one connection, one kind after the other, and the server's own time."""
    found, chance = {}, random.Random(11)
    for name, pattern in patterns.items():
        with contextlib.closing(http.client.HTTPConnection("localhost", library.port, timeout=60)) as line:
            fetch(line, library.address(pattern, chance), library.samples["session"])
            before, taken = cpu_seconds(library.pid), []
            for _round in range(rounds):
                took, sent, size = fetch(line, library.address(pattern, chance), library.samples["session"])
                taken.append(took)
        found[name] = {
            "answer p50 ms": middle(taken, 0.5),
            "answer p99 ms": middle(taken, 0.99),
            "server ms": round((cpu_seconds(library.pid) - before) / rounds * 1000, 1),
            "KB": round(size / 1024, 1),
            "KB sent": round(sent / 1024, 1),
        }
    return found


def fetch(line: http.client.HTTPConnection, address: str, session: str) -> tuple[float, int, int]:
    """Milliseconds, bytes sent, bytes unpacked. Raises NotStarted for anything but an answer."""
    began = time.perf_counter()
    line.request("GET", address, headers={"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    sent = answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status != http.HTTPStatus.OK:
        raise NotStarted(f"{address} answers {answer.status}")
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return took, len(sent), len(gzip.decompress(sent) if packed else sent)


def middle(taken: list[float], share: float) -> float:
    """The smallest time that so great a share of them does not exceed."""
    return round(sorted(taken)[min(len(taken) - 1, int(len(taken) * share))], 2)


def _history_verdict(found: Table) -> str:
    slow = [name for name in PAGES_OF_HISTORY if found[name]["reading p99 ms"] > READING_MS]
    return f"Goal: every page of history ≤ {READING_MS:.0f} ms at p99: " + (
        f"NOT {', '.join(slow)}" if slow else "reached"
    )


def _page_verdict(found: Table) -> str:
    over = [
        name
        for name, row in found.items()
        if row["queries"] > QUERIES or row["server ms"] > PAGE_MS or row["KB"] > PAGE_KB
    ]
    goal = f"Goal: ≤ {QUERIES} queries, ≤ {PAGE_MS:.0f} ms of the server, ≤ {PAGE_KB:.0f} KB: "
    return goal + (f"NOT {', '.join(over)}" if over else "reached")


VERDICTS = {"history": _history_verdict, "page": _page_verdict}


def _table(found: Table) -> str:
    columns = list(next(iter(found.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for name, row in found.items():
        cells = [str(row.get(column, "")) for column in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


SCENE = (
    "A site with a year of messages in 61 rooms, 77,000 of a million in the largest, where 400 people are and 30 have "
    "it open. One in fifty messages names the reader, who is in 20 rooms; one in a hundred was edited, one in two "
    "hundred was hidden by a moderator. "
)
NOTES = {
    "history": SCENE
    + "“Database” is the statements of one reading with all their rows; PostgreSQL plans them for so long, and as many "
    "empty ones take as long as “trips”. “Reading” is the same as objects, from the room's address and the right to it "
    "on, without a server and with nothing drawn, but for a resume: its two frames are drawn, from memory after the "
    "first time. Each place is read three times, and the fastest counts. “Answer” is the same over HTTP to the last "
    "byte, drawn and packed, of a resume the first frame; “server” is the processor time of the server for it. Places "
    "are random. Search is not built yet.",
    "page": SCENE
    + "“Answer” is from asking to the last byte of the page, “server” the processor time of the server for it, KB the "
    "page before it is packed and as it is sent.",
}


def _write(name: str, db: str, told: dict[str, Any]) -> list[Path]:
    """The latest run on each database, in one file."""
    report.FOLDER.mkdir(parents=True, exist_ok=True)
    stored, shown = report.FOLDER / f"{name}.json", report.FOLDER / f"{name}.md"
    runs = json.loads(stored.read_text()) if stored.exists() else {}
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    runs[db] = {**told, "date": date, "commit": report.commit(), "machine": description()}
    stored.write_text(json.dumps(runs, indent=1) + "\n")
    parts = [f"# {name}", NOTES[name]]
    for database in sorted(runs, key=list(report.DATABASES).index):
        run = runs[database]
        about = f"`{run['command']}`, {run['date']}, {run['commit']}; {run['machine']}."
        parts += [f"## {report.DATABASES[database]}", _table(run["asked"]), VERDICTS[name](run["asked"]) + ".", about]
    shown.write_text("\n\n".join(parts) + "\n")
    return [shown, stored]
