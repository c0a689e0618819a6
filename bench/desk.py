"""`./run bench desk`: how long the admin's pages take on a site of a million messages, which it makes first."""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import report
from bench.contestants import Product
from bench.machine import cpu_seconds, description
from bench.serving import ROOT, NotStarted, servers
from chatsite.testing.finding import Missing

MESSAGES, ROUNDS = 1_000_000, 11
LOG = "/admin/chat/message/"

# What is looked at: how it is called, and its address, filled in from what the seeding printed.
PAGES = {
    "overview": "/admin/",
    "log, newest": LOG,
    "log, half a year back": LOG + "?before={middle}",
    "log, oldest": LOG + "?after=0",
    "conversation of 600,000, newest": LOG + "?room={big}",
    "conversation, around a message in its middle": LOG + "?room={big}&around={middle}",
    "conversation of a small room": LOG + "?room={small}",
    "one busy author": LOG + "?author={busy}",
    "one quiet author": LOG + "?author={quiet}",
    "one quiet author in one room": LOG + "?author={quiet}&room={small}",
    "hidden": LOG + "?state=hidden",
    "hidden, in one room": LOG + "?state=hidden&room={small}",
    "deleted by their authors": LOG + "?state=deleted",
    "edited, by one author": LOG + "?state=edited&author={quiet}",
    "a week half a year back": LOG + "?since={since}&until={until}",
    "that week in one room": LOG + "?since={since}&until={until}&room={big}",
    "that week, one author": LOG + "?since={since}&until={until}&author={busy}",
    "frequent words": LOG + "?q=ferry+waits",
    "words that nobody said": LOG + "?q=quetzalcoatl",
    "words that nobody said, in one room": LOG + "?q=quetzalcoatl&room={big}",
    "words that nobody said, hidden": LOG + "?q=quetzalcoatl&state=hidden",
    "one message, hidden": LOG + "{hidden}/change/",
    "rooms": "/admin/chat/room/",
    "private rooms": "/admin/chat/room/closed/",
    "people": "/admin/accounts/user/",
    "audit": "/admin/chat/auditentry/",
    "audit of one room": "/admin/chat/auditentry/?room={big}",
    "memberships": "/admin/chat/membership/",
    "restrictions": "/admin/chat/restriction/",
    "connections": "/admin/chat/connection/",
}


class Desk(Product):
    """The product on a made database; its one member is a moderator of the site."""

    name = "desk"

    def __init__(self, messages: int, database: str | None, redis: str | None) -> None:
        super().__init__(1, database, redis)
        self.messages = messages
        self.samples: dict[str, Any] = {}

    def prepare(self) -> None:
        command = [sys.executable, "-m", "bench.desk_seeding", str(self.messages)]
        made = subprocess.run(command, cwd=ROOT, env=self._environment(), stdout=subprocess.PIPE, check=False)
        if made.returncode:
            raise NotStarted("the database could not be made; why stands above")
        self.samples = json.loads(made.stdout.splitlines()[-1])


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench desk", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each page is asked for")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    chosen = arguments(given)
    try:
        with servers(chosen.db) as make:
            database, redis = make("product")
            began = time.monotonic()
            say(f"Making {chosen.messages:,} messages on {report.DATABASES[chosen.db]}")
            with Desk(chosen.messages, database, redis) as desk:
                say(f"Made in {time.monotonic() - began:.0f} s")
                found = measure(desk, chosen.rounds)
    except (Missing, NotStarted) as reason:
        say(f"bench: {reason}")
        return 1
    summary = _summary(found, chosen, " ".join(["./run bench desk", *given]))
    say(_table(summary["pages"]))
    if wrong := [name for name, page in found.items() if page["status"] != http.HTTPStatus.OK]:
        say(f"FAILED: {', '.join(wrong)}")
        return 1
    if chosen.messages >= MESSAGES and chosen.rounds >= ROUNDS:
        say("Written: " + ", ".join(os.path.relpath(path) for path in _write(summary)))
    else:
        say("Too short to be kept: nothing written.")
    return 0


def measure(desk: Desk, rounds: int) -> dict[str, dict[str, float]]:
    """Of each page the first time, and the median and the worst of the others, in ms; pages take turns."""
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    worked: dict[str, float] = dict.fromkeys(PAGES, 0.0)
    last: dict[str, tuple[int, int]] = {}
    with contextlib.closing(http.client.HTTPConnection("localhost", desk.port, timeout=120)) as line:
        for _round in range(rounds):
            for name, address in PAGES.items():
                before = cpu_seconds(desk.pid)
                took, status, size = ask(line, address.format(**desk.samples), desk.samples["session"])
                worked[name] += cpu_seconds(desk.pid) - before
                times[name].append(took)
                last[name] = status, size
    return {
        name: {
            "first": round(took[0], 1),
            "median": round(sorted(took[1:] or took)[len(took[1:] or took) // 2], 1),
            "worst": round(max(took[1:] or took), 1),
            "processor": round(worked[name] / rounds * 1000, 1),
            "status": last[name][0],
            "kilobytes": round(last[name][1] / 1024, 1),
        }
        for name, took in times.items()
    }


def ask(line: http.client.HTTPConnection, address: str, session: str) -> tuple[float, int, int]:
    began = time.perf_counter()
    line.request("GET", address, headers={"Cookie": f"sessionid={session}"})
    answer = line.getresponse()
    body = answer.read()
    return (time.perf_counter() - began) * 1000, answer.status, len(body)


def _summary(found: dict[str, dict[str, float]], chosen: argparse.Namespace, command: str) -> dict[str, Any]:
    return {
        "database": chosen.db,
        "messages": chosen.messages,
        "rounds": chosen.rounds,
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": report.commit(),
        "machine": description(),
        "pages": found,
    }


def _table(pages: dict[str, dict[str, float]]) -> str:
    lines = ["| page | median ms | worst ms | first ms | processor ms | KB |", "|---|---:|---:|---:|---:|---:|"]
    for name, page in pages.items():
        lines.append(
            f"| {name} | {page['median']:.0f} | {page['worst']:.0f} | {page['first']:.0f} | {page['processor']:.0f} "
            f"| {page['kilobytes']:.0f} |"
        )
    return "\n".join(lines)


def _write(summary: dict[str, Any]) -> list[Path]:
    """The latest run on each database, in one file."""
    report.FOLDER.mkdir(parents=True, exist_ok=True)
    stored, page = report.FOLDER / "desk.json", report.FOLDER / "desk.md"
    runs = json.loads(stored.read_text()) if stored.exists() else {}
    runs[summary["database"]] = summary
    stored.write_text(json.dumps(runs, indent=1, sort_keys=True) + "\n")
    parts = [
        "# desk",
        "The admin's pages on a site with a year of messages: sixty rooms, one of them with six tenths of all that was "
        "said, a third of them private; four hundred people, one in a hundred messages edited, one in a hundred "
        "hidden or deleted. One moderator asks for each page over one connection, the pages in turn; the time is from "
        "asking to the last byte. “First” is with nothing of it in any cache; “processor” is the server's own time for "
        "a page, whatever else the machine does.",
    ]
    for database in sorted(runs, key=list(report.DATABASES).index):
        run = runs[database]
        told = f"`{run['command']}`, {run['rounds']} rounds, {run['date']}, {run['commit']}; {run['machine']}."
        parts += [f"## {report.DATABASES[database]}, {run['messages']:,} messages", _table(run["pages"]), told]
    page.write_text("\n\n".join(parts) + "\n")
    return [page, stored]


def say(line: str) -> None:
    print(line, flush=True)
