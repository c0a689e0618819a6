"""`./run bench profile [NAME…]`: where the server's processor time goes while people talk, or arrive (`idle`);
docs/bench/profile.md.

py-spy looks at the running product from outside, a few hundred times a second, so nothing in it is switched on for it.
What the others on its cores need (the client, PostgreSQL, Redis) stands beside it: what the server waits for.
"""

import argparse
import contextlib
import datetime
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import idle, report
from bench.client import Crowd, Failed
from bench.contestants import Product
from bench.machine import CLIENT_CORE, description, on_core, raise_open_files
from bench.serving import NotStarted, servers
from bench.workloads import WORKLOADS
from chatsite.testing.finding import Missing

USUAL = ["fan200", "small10"]
NAMES = [*WORKLOADS, "idle"]
SECONDS, RATE = 10.0, 400  # of talk that is looked at, and how often in each
SHOWN = 16  # functions in a table
OURS = ("chat/", "chatsite/", "accounts/")
LIBRARIES = ("django", "psycopg", "sqlite3", "twisted", "autobahn", "daphne", "channels", "redis", "asyncio", "json")

NOTE = (
    "Where the server's time goes, by samples of its stacks: what its threads work at, and what they wait for, in the "
    "database or for each other; idle threads are left out. People talk in the closed loop, or so many times a second "
    f"(paced); in `idle`, {idle.STEPS[0]:,} sockets are there and others come. Looking costs time of its own: the "
    "rate, the processor time of each and what the others need were measured just before, with nobody looking. "
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
class Scene:
    """A server, and what it is to do: `work` does a piece of it and says how many of them that were."""

    pid: int
    noun: str
    work: Callable[[], int]


@dataclass(frozen=True)
class Look:
    """One scene on one database."""

    noun: str
    rate: float  # a second
    cost: float  # µs of the server's processor for each
    shares: dict[str, float]  # of a core, by process
    samples: list[Sample]


def main(options: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench profile", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(USUAL)}")
    parser.add_argument("--db", choices=list(report.DATABASES), default="sqlite", help="postgres also means Redis")
    parser.add_argument("--paced", action="store_true", help="so many messages a second, not the closed loop")
    chosen = parser.parse_args(options)
    if unknown := [name for name in chosen.names if name not in NAMES]:
        parser.error(f"no such workload: {', '.join(unknown)}")
    raise_open_files()
    try:
        for name in chosen.names or USUAL:
            scene = arriving(chosen.db) if name == "idle" else talking(name, chosen.db, paced=chosen.paced)
            title = f"{name}{', paced' * chosen.paced}"
            report.say(f"{title} on {report.DATABASES[chosen.db]}")
            report.say(f"Written: {write(title, chosen.db, told(look(scene)))}")
    except (Failed, Missing, NotStarted) as reason:
        report.say(f"bench: {reason}")
        return 1
    return 0


def look(prepared: contextlib.AbstractContextManager[Scene]) -> Look:
    """Two pieces of work, the second looked at. Raises Failed, Missing, NotStarted."""
    with prepared as scene:
        before, began = seconds_of_each(), time.monotonic()
        number = scene.work()
        took = time.monotonic() - began
        spent = since(before, scene.pid)
        with looked_at(scene.pid, took) as samples:
            scene.work()
    shares = {name: seconds / took for name, seconds in spent.items()}
    return Look(scene.noun, number / took, spent["server"] / number * 1e6, shares, samples)


@contextlib.contextmanager
def talking(name: str, database: str, *, paced: bool) -> Iterator[Scene]:
    """After a warm-up."""
    workload = WORKLOADS[name]
    with contextlib.ExitStack() as stack:
        make = stack.enter_context(servers(database))
        product = stack.enter_context(Product(workload.members, *make("product"), workload.rooms))
        stack.enter_context(on_core(CLIENT_CORE))
        crowd = stack.enter_context(contextlib.closing(Crowd(product, 0)))
        crowd.gather()

        def work() -> int:
            if paced:
                return len(crowd.paced(SECONDS, workload.posters, workload.rate))
            return crowd.closed_loop(SECONDS, workload.posters, workload.in_flight)

        work()
        yield Scene(product.pid, "message", work)
        crowd.check()


@contextlib.contextmanager
def arriving(database: str) -> Iterator[Scene]:
    """The first step of `idle` is there; half of those up to the second come in each piece."""
    first, last = idle.STEPS
    half = (first + last) // 2
    with contextlib.ExitStack() as stack:
        make = stack.enter_context(servers(database))
        product = stack.enter_context(Product(last, *make("product"), idle.ROOMS))
        stack.enter_context(on_core(CLIENT_CORE))
        sockets = stack.enter_context(contextlib.closing(idle.Sockets(product)))
        sockets.come(range(first))
        pieces = iter((range(first, half), range(half, last)))

        def work() -> int:
            piece = next(pieces)
            sockets.come(piece)
            return len(piece)

        yield Scene(product.pid, "socket", work)
        sockets.ask()


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
def looked_at(pid: int, seconds: float) -> Iterator[list[Sample]]:
    """The samples are there once it ends. Raises NotStarted."""
    samples: list[Sample] = []
    with tempfile.NamedTemporaryFile(prefix="chat-profile-") as file:
        options = ["--format", "raw", "--threads", "--rate", str(RATE), "--duration", str(math.ceil(seconds))]
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
        f"{found.rate:,.0f} {found.noun}s/s, {found.cost:,.0f} µs of the server's processor for each. "
        f"Of a core: {busy}."
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
