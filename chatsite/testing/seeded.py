"""Sites prepared as a start would: each kind is made once for a whole run, and copied by all who serve one."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from chatsite.testing.servers import PostgreSQL
from chatsite.testing.steps import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
PREPARE = "from chatsite.preparation import prepare; prepare(print)"
SEED_FEW = f"from django.core.management import call_command; call_command('seed', password={PASSWORD!r}, messages=20)"
# The folder in which all steps and processes of a run find the same ones.
PLACE = "TEST_TOWN"


def town() -> Path:
    """The DATA_DIR of a seeded town."""
    return _made_once("town", _make_town)


def empty() -> Path:
    """The DATA_DIR of a site that nobody has set up."""
    return _made_once("empty", _make_empty)


def grown_up() -> Path:
    """A smaller town on PostgreSQL: `data` is its DATA_DIR, load() takes the rest of it to a server. Raises Missing."""
    return _made_once("grown-up", _make_grown_up)


def load(made: Path, database_url: str) -> None:
    """What grown_up() gave, into a database that is empty."""
    options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={made / 'dump'}"]
    subprocess.run([(made / "psql").resolve(), *options, database_url], check=True, capture_output=True)


def _made_once(name: str, make: Callable[[Path], None]) -> Path:
    """By the first process that asks."""
    folder = Path(os.environ[PLACE]) / name
    with open(f"{folder}.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_name(f"{name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(folder)
    return folder


def _make_empty(folder: Path) -> None:
    folder.mkdir()
    _manage(folder, "shell", "-v0", "-c", PREPARE)


def _make_town(folder: Path) -> None:
    shutil.copytree(empty(), folder)
    _manage(folder, "seed", f"--password={PASSWORD}")


def _make_grown_up(folder: Path) -> None:
    data = shutil.copytree(empty(), folder / "data", ignore=shutil.ignore_patterns("*.sqlite3*"))
    with PostgreSQL() as server:
        _manage(data, "shell", "-v0", "-c", f"{PREPARE}; {SEED_FEW}", DATABASE_URL=server.url)
        options = ["--no-owner", "--no-privileges", f"--file={folder / 'dump'}"]
        subprocess.run([server.beside("pg_dump"), *options, server.url], check=True, capture_output=True)
        (folder / "psql").symlink_to(server.beside("psql"))  # no older than what wrote the dump


def _manage(data: Path, *words: str, **more: str) -> None:
    own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment = {**own, "DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "chatsite.testing.journey_settings", **more}
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    subprocess.run(command, env=environment, check=True, capture_output=True)
