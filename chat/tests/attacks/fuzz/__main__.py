"""`python -m chat.tests.attacks.fuzz --cases 100000 --seed 7`: starts a server of its own and says how it fared."""

import argparse
import sys

from chat.tests.attacks.fuzz.place import served
from chat.tests.attacks.fuzz.run import rank, run

GROWTH = 16.0  # MiB
SLOWEST = 100.0  # ms of the bystander's p99


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m chat.tests.attacks.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case, to have one again")
    asked = parser.parse_args()
    with served() as place:
        report = run(
            place, cases=asked.cases, seed=asked.seed, first=asked.first, tell=lambda line: print(line, flush=True)
        )
    print(*report.faults, sep="\n", end="\n" * bool(report.faults))
    print(f"seed {asked.seed}: {report}")
    return int(bool(report.faults) or report.growth > GROWTH or rank(report.waits, 99) > SLOWEST)


if __name__ == "__main__":
    sys.exit(main())
