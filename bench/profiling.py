"""`./run bench profile [NAME…]`: where the server's processor time goes while people talk; docs/bench/profile.md.

py-spy looks at the running product from outside, a few hundred times a second, so nothing in it is switched on for it.
What the others on its cores need (the client, PostgreSQL, Redis) stands beside it: what the server waits for.
"""

import argparse
import contextlib
import datetime
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import report
from bench.client import Crowd, Failed
from bench.contestants import Product
from bench.machine import CLIENT_CORE, description, on_core
from bench.serving import NotStarted, servers
from bench.workloads import WORKLOADS, Workload
from chatsite.testing.finding import Missing

NAMES = ["fan200", "small10"]
SECONDS, RATE = 10.0, 400  # of a look, and how often in each
SETTLING = 2.0  # seconds that py-spy may need to begin
SHOWN = 16  # functions in a table
OURS = ("chat/", "chatsite/", "accounts/")
LIBRARIES = ("django", "psycopg", "sqlite3", "twisted", "autobahn", "daphne", "channels", "redis", "asyncio", "json")

NOTE = (
    "Where the server's time goes in the closed loop, by samples of its stacks: what its threads work at, and what "
    "they wait for, in the database or for each other; idle threads are left out. Looking costs time of its own: the "
    "rate, the processor time of a message and what the others need were measured just before, with nobody looking. "
    "The server has a core of its own, all others share the second."
)
# The innermost frame of a thread that has nothing to do.
IDLE = (
    "_worker (concurrent/futures/thread.py",
    "Condition.wait (threading.py",
    "EpollSelector.select (selectors.py",
    "KqueueSelector.select (selectors.py",
)

NONE = "none of ours: the server beneath them"

Sample = tuple[list[str], int]  # frames from the thread to the innermost, and how often it was seen


@dataclass(frozen=True)
class Look:
    """One workload on one database."""

    rate: float  # messages a second
    cost: float  # µs of the server's processor for each
    shares: dict[str, float]  # of a core, by process
    samples: list[Sample]


def main(options: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench profile", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(NAMES)}")
    parser.add_argument("--db", choices=list(report.DATABASES), default="sqlite", help="postgres also means Redis")
    chosen = parser.parse_args(options)
    if unknown := [name for name in chosen.names if name not in WORKLOADS]:
        parser.error(f"no such workload: {', '.join(unknown)}")
    try:
        for name in chosen.names or NAMES:
            report.say(f"{name} on {report.DATABASES[chosen.db]}: {WORKLOADS[name].words}")
            report.say(f"Written: {write(name, chosen.db, told(look(WORKLOADS[name], chosen.db)))}")
    except (Failed, Missing, NotStarted) as reason:
        report.say(f"bench: {reason}")
        return 1
    return 0


def look(workload: Workload, database: str) -> Look:
    """A warm-up, then the closed loop, first by itself and then looked at. Raises Failed, Missing, NotStarted."""
    with contextlib.ExitStack() as stack:
        make = stack.enter_context(servers(database))
        product = stack.enter_context(Product(workload.members, *make("product"), workload.rooms))
        stack.enter_context(on_core(CLIENT_CORE))
        crowd = stack.enter_context(contextlib.closing(Crowd(product, 0)))
        crowd.gather()
        crowd.closed_loop(SECONDS / 2, workload.posters, workload.in_flight)
        before, began = seconds_of_each(), time.monotonic()
        messages = crowd.closed_loop(SECONDS, workload.posters, workload.in_flight)
        took = time.monotonic() - began
        spent = since(before, product.pid)
        with looked_at(product.pid) as samples:
            crowd.closed_loop(SECONDS + SETTLING, workload.posters, workload.in_flight)
        crowd.check()
    shares = {name: seconds / took for name, seconds in spent.items()}
    return Look(messages / took, spent["server"] / messages * 1e6, shares, samples)


# --- Who needs the processor


def seconds_of_each() -> dict[int, float]:
    """What each process of this run has spent so far: this one's, the servers' and theirs."""
    own = psutil.Process()
    return {process.pid: seconds_of(process) for process in [own, *own.children(recursive=True)]}


def since(before: dict[int, float], server: int) -> Counter[str]:
    """The seconds of all that there still are, by name."""
    names = {server: "server", psutil.Process().pid: "client"}
    found: Counter[str] = Counter()
    for pid, seconds in seconds_of_each().items():
        with contextlib.suppress(psutil.NoSuchProcess):
            found[names.get(pid) or psutil.Process(pid).name()] += seconds - before.get(pid, seconds)  # type: ignore[assignment]
    return found


def seconds_of(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


# --- Looking


@contextlib.contextmanager
def looked_at(pid: int) -> Iterator[list[Sample]]:
    """The samples are there once it ends. Raises NotStarted."""
    samples: list[Sample] = []
    with tempfile.NamedTemporaryFile(prefix="chat-profile-") as file:
        options = ["--format", "raw", "--threads", "--rate", str(RATE), "--duration", str(int(SECONDS))]
        program = str(Path(sys.executable).with_name("py-spy"))
        command = [program, "record", *options, "--output", file.name, "--pid", str(pid)]
        with on_core(CLIENT_CORE):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        yield samples
        words, _ = process.communicate(timeout=60)
        if process.returncode:
            raise NotStarted(f"py-spy could not look at the server: {words.decode()[-500:]}\nThe system may want root.")
        samples += parsed(Path(file.name).read_text())


def parsed(raw: str) -> list[Sample]:
    """py-spy's lines of threads that are not idle: frames from the outermost, joined by semicolons, and a number."""
    lines = [line.rpartition(" ") for line in raw.splitlines()]
    samples = [(stack.split(";"), int(number)) for stack, _, number in lines]
    return [sample for sample in samples if not sample[0][-1].startswith(IDLE)]


def thread_of(frames: list[str]) -> str:
    """`thread (0x7f…): reads_0` without what differs from run to run: the lane it belongs to."""
    name = frames[0].partition("): ")[2].rstrip("0123456789_") if frames[0].startswith("thread") else ""
    return "the event loop" if name in ("", "MainThread") else name


def ours(frames: list[str]) -> str:
    """The innermost function of the product, as `feed.py read`."""
    for frame in reversed(frames):
        function, _, place = frame.rpartition(" (")
        if any(part in place for part in OURS) and "site-packages" not in place:
            return f"{place.rpartition(':')[0]} `{function}`"
    return NONE


def library(frames: list[str]) -> str:
    """Whose code the innermost frame is."""
    place = frames[-1].rpartition(" (")[2]
    if any(place.startswith(part) for part in OURS):
        return "ours"
    return next((name for name in LIBRARIES if f"{name}/" in place or f"{name}_" in place), "other")


# --- The page


def told(found: Look) -> str:
    busy = ", ".join(f"{name} {share:.0%}" for name, share in found.shares.items() if share >= 0.005)
    parts = [
        f"{found.rate:,.0f} messages/s, {found.cost:,.0f} µs of the server's processor for each. Of a core: {busy}."
    ]
    for heading, name_of in (("thread", thread_of), ("whose code", library), ("innermost function of ours", ours)):
        parts.append(table(heading, counted(found.samples, name_of)))
    return "\n\n".join(parts)


def counted(samples: list[Sample], name_of: Callable[[list[str]], str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for frames, number in samples:
        found[name_of(frames)] += number
    return found


def table(heading: str, found: Counter[str]) -> str:
    lines = [f"| {heading} | share |", "|---|---:|"]
    shown = found.most_common(SHOWN)
    if left := found.total() - sum(number for _name, number in shown):
        shown.append((f"{len(found) - SHOWN} others", left))
    for name, number in shown:
        lines.append(f"| {name} | {number / found.total():.1%} |")
    return "\n".join(lines)


def write(name: str, database: str, words: str) -> str:
    """One file holds the latest look at each workload on each database."""
    stored, page = report.FOLDER / "profile.json", report.FOLDER / "profile.md"
    looks = json.loads(stored.read_text()) if stored.exists() else {}
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    command = " ".join(["./run bench", *sys.argv[1:]])
    how = f"`{command}`, {date}, {report.commit()}; {description()}."
    looks[f"{name} on {report.DATABASES[database]}"] = f"{words}\n\n{how}"
    stored.write_text(json.dumps(looks, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    parts = ["# profile", NOTE, *(f"## {title}\n\n{words}" for title, words in sorted(looks.items()))]
    page.write_text("\n\n".join(parts) + "\n")
    return str(page)
