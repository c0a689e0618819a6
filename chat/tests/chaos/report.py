"""What the person at the keyboard reads: the schedule, a line each second, the table at the end."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from chat.tests.chaos.diary import Finding
from chat.tests.chaos.play import Played, Struck
from chat.tests.chaos.schedule import Strike
from chat.tests.chaos.watch import MOST

QUIET = 5  # of the lines of progress one in so many where nobody sees them overwritten
# Kinds of findings that the table always tells, and what it calls them.
COLUMNS = {"lost": "lost", "doubled": "doubled", "order": "out of order", "traceback": "tracebacks"}
SHOWN = 20  # findings of a kind told in words


def say(line: str) -> None:
    print(line, flush=True)


class Progress:
    """One line that is overwritten; in a log, a line every few seconds."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, line: str) -> None:
        if sys.stdout.isatty():
            print(f"\r{line[:118]:118}", end="", flush=True)
        elif self.count % QUIET == 0:
            say(line)
        self.count += 1


def schedule(plan: Sequence[Sequence[Strike]]) -> Iterator[str]:
    for strike in sorted((strike for track in plan for strike in track), key=lambda one: one.at):
        yield f"  {strike.at:5.1f} s  {strike.fault}"


def table(played: Played) -> Iterator[str]:
    yield f"  {'fault':<44}{'times':>6}{'slowest recovery':>20}"
    kinds = Counter(one.strike.fault.kind for one in played.struck if not one.trouble)
    for kind, times in sorted(kinds.items()):
        yield f"  {kind:<44}{times:>6}{slowest(played.struck, kind):>20}"
    yield ""
    posts = [post for diary in played.diaries for post in diary.posts]
    edits = sum(len(post.edits) for post in posts)
    lines = sum(len(diary.lines) for diary in played.diaries)
    acked = sum(post.is_acked for post in posts)
    yield f"  {len(posts)} messages, {acked} acked, {edits} edits and deletions in {played.seconds:.0f} s"
    resyncs = sum(diary.resyncs for diary in played.diaries)
    yield f"  {sum(post.sent for post in posts)} sends on {lines} lines, {resyncs} lists loaded anew"
    yield f"  {len(played.record.changes)} changes recorded"
    found = Counter(finding.kind for finding in played.findings)
    told = [f"{name} {found.pop(kind, 0)}" for kind, name in COLUMNS.items()]
    yield f"  {', '.join(told)}, other findings {found.total()}"
    yield f"  slowest recovery {slowest(played.struck)}; at most {sizes(played)}"


def slowest(struck: Sequence[Struck], kind: str | None = None) -> str:
    of_kind = [one for one in struck if kind in {None, one.strike.fault.kind}]
    times = [one.recovery for one in of_kind if one.recovery is not None]
    return f"{max(times):.1f} s" if times else "-"


def sizes(played: Played) -> str:
    watch = played.watch
    memory = f"{watch.most('memory') / 2**20:.0f} MB (grown by {watch.growth() / 2**20:.0f})"
    most = [f"{watch.most(name)} {name}" for name in MOST if name != "memory"]
    return f"{memory}, {', '.join(most)} in one process"


def findings(found: Sequence[Finding]) -> Iterator[str]:
    for kind in sorted({finding.kind for finding in found}):
        words = [finding.words for finding in found if finding.kind == kind]
        yield from (f"  FOUND {kind}: {one}" for one in words[:SHOWN])
        if len(words) > SHOWN:
            yield f"  FOUND {kind}: {len(words) - SHOWN} more"
