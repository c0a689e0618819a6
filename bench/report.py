"""The table on the screen, and docs/bench/<workload>.md, .json and .svg."""

import datetime
import json
import subprocess
from pathlib import Path
from typing import Any

from bench import plot
from bench.goals import reached
from bench.machine import CAN_PIN, description
from bench.metrics import METRICS, Turns, medians, ratios

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "bench"
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL and Redis"}
NOTE = (
    "Medians over the rounds; ratios are medians of the ratio within one round, in which all take turns: above 1 the "
    "product is better. A delivery is one message reaching one member's socket; µs is processor time of the server "
    "process for each; last50 and last99 are percentiles of the time from a send to its last reader at the steady "
    "pace, busy the server's share of a core meanwhile, disk99 what a plain write and sync took of that disk at the "
    "same pace just after, stolen what the host of this virtual machine gave of its cores to others. `limit` sends "
    "frames of the product's size to everybody and does nothing else; `uvicorn` is the product there, by plain "
    "`send`. Every turn checked that no message was lost, doubled or reordered and that the history holds each once."
)


def summary(workload: dict[str, Any], turns: Turns, command: str, database: str) -> dict[str, Any]:
    """`workload` has at least a `name` and `words`."""
    return {
        "workload": workload,
        "database": database,
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": description() + ("" if CAN_PIN else ", nothing pinned"),
        "medians": {who: medians(measured) for who, measured in turns.items()},
        "product_against": {who: ratios(turns, "product", who) for who in turns if who != "product"},
        "goals": reached(workload["name"], turns),
        "rounds": turns,
    }


def show(number: int, who: str, gave: dict[str, float]) -> None:
    """One line while it runs."""
    label = f"round {number}" if number else "warm-up"
    figures = [
        f"{METRICS[name].heading} {value:,.{METRICS[name].digits}f}" for name, value in gave.items() if name in METRICS
    ]
    say(f"  {label}  {who:9} {', '.join(figures)}")


def say(line: str) -> None:
    print(line, flush=True)


def table(found: dict[str, Any]) -> str:
    names = [name for name in METRICS if name in found["medians"]["product"]]
    headings = [METRICS[name].heading for name in names]
    lines = [f"| | {' | '.join(headings)} | product against it |", f"|---|{'---:|' * len(names)}---|"]
    for who, measured in found["medians"].items():
        figures = [f"{measured[name]:,.{METRICS[name].digits}f}" for name in names]
        lines.append(f"| {who} | {' | '.join(figures)} | {_against(found['product_against'].get(who, {}))} |")
    return "\n".join(lines)


def _against(better: dict[str, float]) -> str:
    shown = [(METRICS[name].heading, better[name]) for name in METRICS if name in better and METRICS[name].bars]
    return ", ".join(f"{heading} {value:.2f}×" for heading, value in shown)


def goals(found: dict[str, Any]) -> str:
    """A table of what is to be reached; nothing for a workload, or a run, that has none of it."""
    if not found["goals"]:
        return ""
    lines = ["| goal | | reached | |", "|---|---:|---:|---|"]
    for each in found["goals"]:
        holds = "yes" if each["holds"] else "**no**"
        lines += [f"| {each['goal']} | {each['bound']} | {each['reached']} | {holds} |"]
    return "\n".join(lines)


def write(found: dict[str, Any]) -> list[Path]:
    """One file per workload holds the latest run on each database."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = found["workload"]["name"]
    stored, page, drawn = (FOLDER / f"{name}.{ending}" for ending in ("json", "md", "svg"))
    runs = json.loads(stored.read_text()) if stored.exists() else {}
    runs[found["database"]] = found
    runs = {database: runs[database] for database in DATABASES if database in runs}
    stored.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")
    page.write_text(_page(name, runs))
    drawn.write_text(plot.drawing({DATABASES[database]: run["medians"] for database, run in runs.items()}))
    return [page, stored, drawn]


def _page(name: str, runs: dict[str, Any]) -> str:
    latest = max(runs.values(), key=lambda run: run["date"])
    parts = [f"# {name}", latest["workload"]["words"], f"![{name}]({name}.svg)", NOTE]
    for database, found in runs.items():
        rounds = len(found["rounds"]["product"])
        told = f"`{found['command']}`, {rounds} rounds, {found['date']}, {found['commit']}; {found['machine']}."
        parts += [f"## {DATABASES[database]}", table(found), goals(found), told]
    return "\n\n".join(part for part in parts if part) + "\n"


def commit() -> str:
    """What was measured; the files that say so change by being written, which does not count."""
    root = FOLDER.parent.parent
    asked = ["git", "rev-parse", "--short", "HEAD"]
    head = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)
    if head.returncode:
        return "no commit"
    changes = ["git", "diff", "--quiet", "HEAD", "--", ".", f":!{FOLDER.relative_to(root)}"]
    changed = subprocess.run(changes, cwd=root, check=False).returncode
    return f"commit {head.stdout.strip()}{'-dirty' if changed else ''}"
