"""`./run chaos`: strikes a site of its own at random for a while, and says whether anything was lost.

The schedule follows from the seed; the same seed strikes the same parts in the same order at about the same times.
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from pprint import pformat

from chat.tests.chaos import report
from chat.tests.chaos.play import Play, Played
from chat.tests.chaos.report import say
from chat.tests.chaos.schedule import plan
from chat.tests.chaos.stage import STAGES, staged
from chatsite.testing import serving
from chatsite.testing.__main__ import a_place_for_the_town
from chatsite.testing.finding import Missing


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of faults, on each; 60")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="chance's; at random, and told")
    parser.add_argument("--on", choices=STAGES, help="only on this; postgres also means Redis and two processes")
    parser.add_argument("--server", choices=serving.SERVERS, default=serving.chosen(), help="daphne is ours")
    chosen = parser.parse_args(words)
    os.environ[serving.VARIABLE] = chosen.server
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left behind then either
    names = [name for name in STAGES if chosen.on in {None, name}]
    try:
        with a_place_for_the_town():
            found = [play(name, chosen.seed, chosen.seconds).findings for name in names]
    except Missing as reason:
        say(f"chaos: {reason}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if any(found) else 0


def play(name: str, seed: int, seconds: float) -> Played:
    """All of one run, told as it goes. What it leaves is kept when something was found. Raises Missing."""
    folder = Path(tempfile.mkdtemp(prefix="chat-chaos-", dir="/tmp"))
    say(f"chaos on {name} and {serving.chosen()}, seed {seed}, {seconds:g} s")
    try:
        with staged(name, folder) as stage:
            strikes = plan(stage, seed, seconds)
            for line in report.schedule(strikes):
                say(line)
            played = asyncio.run(Play(stage, seed, strikes, report.Progress()).run())
    except (Missing, KeyboardInterrupt):
        shutil.rmtree(folder)
        raise
    again = f"./run chaos --seconds {seconds:g} --seed {seed} --on {name} --server {serving.chosen()}"
    tell(played, again, folder)
    return played


def tell(played: Played, command: str, folder: Path) -> None:
    say("")
    for line in (*report.table(played), *report.findings(played.findings)):
        say(line)
    if played.findings:
        (folder / "diaries").write_text(pformat([played.diaries, played.record], width=160, compact=True))
        say(f"  Logs, data and what each client saw are kept in {folder}; again: {command}")
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
