"""The table on the screen, and docs/bench/<workload>.md and .json."""

import datetime
import json
import subprocess
from pathlib import Path
from typing import Any

from bench.machine import CAN_PIN, description
from bench.workloads import WORKLOADS, Turn, medians, ratios

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "bench"
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL and Redis"}
NOTE = (
    "Medians over the rounds; ratios are medians of the ratio within one round, in which all take turns. A delivery is "
    "one message reaching one member's socket; µs is processor time of the server process for each; last99 is the "
    "99th percentile of the time from a send to its last reader at 20 messages a second. `raw` sends frames of the "
    "same size and does nothing else. Every turn checked that no message was lost, doubled or reordered and that the "
    "history holds each once."
)


def summary(name: str, turns: dict[str, list[Turn]], command: str, database: str) -> dict[str, Any]:
    contestants = {who: medians(measured) for who, measured in turns.items()}
    others = {who: ratios(turns["product"], measured) for who, measured in turns.items() if who != "product"}
    return {
        "workload": {"name": name, **vars(WORKLOADS[name])},
        "database": database,
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": description() + ("" if CAN_PIN else ", nothing pinned"),
        "medians": contestants,
        "product_against": others,
        "rounds": {who: [turn.as_dict() for turn in measured] for who, measured in turns.items()},
    }


def table(found: dict[str, Any]) -> str:
    lines = [
        "| | deliveries/s | messages/s | µs | last99 ms | bytes | product is |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for who, measured in found["medians"].items():
        against = found["product_against"].get(who)
        ratio = f"{against['deliveries']:.2f}× its rate, {against.get('cpu', 0):.2f}× its economy" if against else ""
        lines.append(
            f"| {who} | {measured['deliveries']:,.0f} | {measured['messages']:,.1f} | {measured['cpu']:.1f} "
            f"| {measured['last99']:.1f} | {measured['size']:,.0f} | {ratio} |"
        )
    return "\n".join(lines)


def write(found: dict[str, Any]) -> list[Path]:
    """One file per workload holds the latest run on each database."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = found["workload"]["name"]
    stored, page = FOLDER / f"{name}.json", FOLDER / f"{name}.md"
    runs = json.loads(stored.read_text()) if stored.exists() else {}
    runs[found["database"]] = found
    stored.write_text(json.dumps(runs, indent=1, sort_keys=True) + "\n")
    page.write_text(_page(name, runs))
    return [page, stored]


def _page(name: str, runs: dict[str, Any]) -> str:
    workload = WORKLOADS[name]
    parts = [
        f"# {name}",
        f"One room with {workload.members} members who have it open; {workload.posters} of them post 84-character "
        f"texts with {workload.in_flight} messages in flight, then 20 messages a second.",
        NOTE,
    ]
    for database in sorted(runs, key=list(DATABASES).index):
        found = runs[database]
        rounds = len(found["rounds"]["product"])
        parts += [
            f"## {DATABASES[database]}",
            table(found),
            f"`{found['command']}`, {rounds} rounds, {found['date']}, {found['commit']}; {found['machine']}.",
        ]
    return "\n\n".join(parts) + "\n"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    made = subprocess.run(command, cwd=FOLDER.parent.parent, capture_output=True, text=True, check=False)
    return f"commit {made.stdout.strip()}" if made.returncode == 0 else "no commit"
