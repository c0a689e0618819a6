"""PostgreSQL's own programs: the ones that fit the server, run with its connection, its password out of sight."""

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
LAST_LINES = 5  # of what a program said, kept for when it fails


class Failed(Exception):
    """The program is missing, or what it said last."""


def find(program: str, major: int) -> str:
    """The program of the server's own version, or else of the next newer one: an older one would refuse."""
    found = {path: version for path in _candidates(program) if (version := _major(path))}
    fitting = sorted((version, path) for path, version in found.items() if version >= major)
    if not fitting:
        seen = ", ".join(str(version) for version in sorted(set(found.values()))) or "none"
        raise Failed(
            f"the database is PostgreSQL {major}: this needs {program} {major} or newer on PATH (found: {seen}); "
            f"on Debian it is in postgresql-client-{major}"
        )
    return fitting[0][1]


def _candidates(program: str) -> Iterator[str]:
    if path := shutil.which(program):
        yield path
    for pattern in FOLDERS:
        yield from (str(path) for path in Path("/").glob(f"{pattern[1:]}/{program}"))


def _major(path: str) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(version[1]) if version else 0


def run(binary: str, parameters: Mapping[str, Any], words: Sequence[str], hear: Callable[[str], object]) -> None:
    """Run it verbosely; `hear` gets each line it says. Raises Failed with the last ones when it fails."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    given = {name: value for name, value in parameters.items() if name in known and value is not None}
    environment = {**os.environ, "PGPASSWORD": str(given.pop("password", "")), "LC_ALL": "C"}
    command = [binary, "--verbose", "--no-password", f"--dbname={psycopg.conninfo.make_conninfo(**given)}", *words]
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            last.append(line.strip())
            hear(line)
    if process.returncode:
        raise Failed(f"{Path(binary).name} failed: " + " / ".join(last))
