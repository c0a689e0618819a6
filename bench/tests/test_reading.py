"""The timing of reading: from end to end, and what is over its goal is named."""

import subprocess
import sys

import pytest

from bench.reading import FRAGMENTS, PAGES_OF_HISTORY, VERDICTS, middle
from bench.serving import ROOT


@pytest.mark.live
@pytest.mark.slow
def test_a_small_site_from_end_to_end() -> None:
    command = [sys.executable, "-m", "bench", "history", "--messages", "500", "--rounds", "1"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    for name in FRAGMENTS:
        assert f"| {name} |" in run.stdout
    assert "nothing written" in run.stdout


def test_what_is_over_its_goal_is_named() -> None:
    readings = {name: {"reading p99 ms": 4.9} for name in PAGES_OF_HISTORY}
    page = {"queries": 12, "server ms": 40.0, "KB": 100.0}

    assert VERDICTS["history"](readings).endswith(": reached")
    assert VERDICTS["history"]({**readings, "a day": {"reading p99 ms": 5.1}}).endswith("NOT a day")
    assert VERDICTS["page"]({"a": page}).endswith(": reached")
    for worse in ({"queries": 13}, {"server ms": 40.1}, {"KB": 100.1}):
        assert VERDICTS["page"]({"a": page, "b": {**page, **worse}}).endswith("NOT b")


def test_the_ninety_ninth_of_a_hundred() -> None:
    assert middle([float(number) for number in range(100)], 0.99) == 99
    assert middle([3.0, 1.0, 2.0], 0.5) == 2
