"""The timing of the admin's pages: every page of it answers, and the made site is what it says."""

import subprocess
import sys

import pytest

from bench.desk import PAGES
from bench.serving import ROOT


@pytest.mark.live
@pytest.mark.slow
def test_a_small_site_from_end_to_end() -> None:
    command = [sys.executable, "-m", "bench", "desk", "--messages", "2000", "--rounds", "1"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    for name in PAGES:
        assert f"| {name} |" in run.stdout
    assert "nothing written" in run.stdout
