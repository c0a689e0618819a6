"""A place for a site: a DATA_DIR and a database, filled, emptied and compared by commands as an operator types them."""

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from chatsite.tests.conftest import ROOT

Rows = dict[str, list[tuple[Any, ...]]]


class Place:
    """A DATA_DIR and a database of its own; nothing runs in it."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder, self.database_url = folder, database_url
        folder.mkdir()

    def run(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": os.environ["PATH"], "DATA_DIR": str(self.folder), "DATABASE_URL": self.database_url}
        command = [sys.executable, "manage.py", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, env=own | environment, capture_output=True, text=True, timeout=120)

    def manage(self, *words: object, **environment: str) -> str:
        done = self.run(*words, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(self, *words: object) -> str:
        """The one line with which a command ends that changes nothing."""
        before = self.state()
        done = self.run(*words)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        assert self.state() == before
        return done.stderr.strip()

    def fill(self, data: Path) -> "Place":
        """With the people and words of a town, and some more files."""
        shutil.copytree(data, self.folder, dirs_exist_ok=True)
        (self.folder / "mail").mkdir()
        (self.folder / "mail" / "one ü.log").write_bytes(os.urandom(200_000))
        (self.folder / "static").mkdir(exist_ok=True)
        (self.folder / "static" / "made-anew.css").write_text("a {}")
        return self

    def rows(self) -> Rows:
        return read_postgres(self.database_url) if self.database_url else read_sqlite(self.folder)

    def files(self) -> dict[str, str]:
        """What lies in the folder beside the database, the lock and what is made anew."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.folder)): path for path in paths}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in names.items()
            if not re.match(
                r"chatrooms\.sqlite3|backup\.stamp|server\.lock|prepare\.lock|metrics/|static[./]|backups/", name
            )
        }

    def state(self) -> tuple[list[str], list[str]]:
        kept = [name for name in self.files() if name != "secret-key"]
        return sorted(kept), sorted(self.rows())


def read_sqlite(folder: Path) -> Rows:
    if not (folder / "chatrooms.sqlite3").exists():
        return {}
    with closing(sqlite3.connect(folder / "chatrooms.sqlite3")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: sorted(database.execute(f'SELECT * FROM "{table}"'), key=repr) for table in tables}  # noqa: S608


def read_postgres(url: str) -> Rows:
    with psycopg.connect(url) as database:
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (table,) in tables:
            rows = database.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
            found[table] = sorted(rows, key=repr)
        return found
