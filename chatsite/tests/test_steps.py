"""`./run test` itself: a failure stops it and shows why, a missing part is named, each closing line is kept."""

import os
import sys
import time

import pytest

from chatsite.testing import __main__ as program
from chatsite.testing import steps
from chatsite.testing.steps import SETTINGS, Step, StepFailed, side_by_side, watched


def script(name: str, text: str, **environment: str) -> Step:
    return Step(name, [sys.executable, "-c", text], environment)


def test_a_failure_shows_its_output_and_ends_the_others(capfdbinary, tmp_path):
    late = tmp_path / "late"
    slow = script("slow", f"import time; time.sleep(30); open({str(late)!r}, 'w')")
    with pytest.raises(StepFailed, match="broken"):
        side_by_side([slow, script("broken", "print('the reason'); raise SystemExit(3)")])
    assert b"the reason" in capfdbinary.readouterr().out
    assert not late.exists()


def test_steps_side_by_side_are_told_with_their_time(capsys):
    side_by_side([script("one", "print('quiet')"), script("two", "")])
    told = capsys.readouterr().out
    assert "one" in told
    assert "two" in told
    assert "quiet" not in told


def test_a_watched_step_passes_its_output_on_and_keeps_the_closing_line(capfdbinary):
    step = script(
        "tests", "print('dots ...'); print('\\x1b[32m==== \\x1b[1m3 passed\\x1b[0m, 1 skipped in 0.12s ====\\x1b[0m')"
    )
    watched(step)
    assert b"dots ..." in capfdbinary.readouterr().out
    assert step.closing == "3 passed, 1 skipped in 0.12s"
    assert "3 passed, 1 skipped in 0.12s" in step.verdict()


def test_a_watched_step_that_fails_stops_the_run():
    with pytest.raises(StepFailed, match="tests"):
        watched(script("tests", "raise SystemExit(1)"))


def test_a_step_that_hangs_is_ended_with_what_it_started(monkeypatch, capfd):
    monkeypatch.setattr(steps, "PATIENCE", 3.0)  # by then it has started what it starts
    hangs = "import time; time.sleep(60)"
    started = time.monotonic()
    with pytest.raises(StepFailed, match="tests"):
        watched(script("tests", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hangs!r}])"))
    assert time.monotonic() - started < 30
    assert "is ended" in capfd.readouterr().out


def test_the_settings_of_ones_own_server_reach_no_step(monkeypatch, capfdbinary):
    for name in SETTINGS:
        monkeypatch.setenv(name, "real-server")
    watched(script("look", "import os; print([v for v in os.environ.values() if v == 'real-server'])"))
    assert b"[]" in capfdbinary.readouterr().out


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_missing_part_is_named_last_and_fails_only_ci(monkeypatch, capsys, ci, code):
    monkeypatch.setenv("CI", ci)
    step = Step("tests", [], closing="3 passed in 0.12s")
    assert program.closing([step], ["there is no Chromium"], 0.0) == code
    lines = capsys.readouterr().out.splitlines()
    assert "NOT RUN: there is no Chromium" in lines[-1]
    assert any("3 passed in 0.12s" in line for line in lines)


def test_nothing_missing_is_told_so(monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    assert program.closing([], [], 0.0) == 0
    assert "everything passed" in capsys.readouterr().out


def test_one_word_wrong_stops_before_the_tests(monkeypatch, capfd):
    monkeypatch.setattr(program, "lint", lambda: [script("ruff check", "raise SystemExit(1)")])
    monkeypatch.setattr(program, "checks_of", lambda environment: [])
    monkeypatch.setattr(program, "collected", lambda: script("found", ""))
    monkeypatch.setattr(program, "pytest", lambda *words: pytest.fail("went on"))
    monkeypatch.setattr(program, "deploy_check", lambda environment: script("check", ""))
    folder = os.getcwd()
    assert program.main([]) == 1
    os.chdir(folder)
    assert "FAILED at: ruff check" in capfd.readouterr().out
