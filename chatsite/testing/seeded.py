"""A seeded town, prepared as a start would: made once for a whole run, and copied by all who serve one."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from chatsite.testing.steps import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
PREPARE = "from chatsite.preparation import prepare; prepare(print)"
# Where `./run test` lets all its steps find the same one.
PLACE = "TEST_TOWN"


def made_once(base: Path) -> Path:
    """The DATA_DIR of the town, made by the first process that asks; in `base` unless the run has a place for it."""
    folder = Path(os.environ.get(PLACE) or base) / "town"
    with open(f"{folder}.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_name("unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            _make(unfinished)
            unfinished.rename(folder)
    return folder


def _make(folder: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment = {**own, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.testing.journey_settings"}
    for words in (["shell", "-c", PREPARE], ["seed", f"--password={PASSWORD}"]):
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        subprocess.run(command, env=environment, check=True, capture_output=True)
