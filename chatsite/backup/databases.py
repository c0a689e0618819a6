"""How each database is copied while it is written to, and how a copy becomes the database of an empty place."""

import os
import sqlite3
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import connection

from chatsite.backup import postgres
from chatsite.backup.progress import Progress

PAGES = 2000  # of SQLite's, copied between two words of progress


class Database(ABC):
    """The one that DATABASE_URL names. `entry`: what its copy is called in an archive."""

    kind: str
    entry: str

    @abstractmethod
    def server(self) -> str:
        """The version it runs, for people."""

    @abstractmethod
    def dump(self, target: Path, out: OutputWrapper) -> None:
        """A whole copy of one moment, made beside readers and writers. Raises OSError, CannotCopy."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether it has no table at all."""

    @abstractmethod
    def load(self, source: Path, out: OutputWrapper) -> None:
        """Become the copy. Raises CannotCopy, and then is as empty as before."""


class CannotCopy(Exception):
    """Why not, in one line for people."""


class Sqlite(Database):
    kind, entry = "sqlite", "database.sqlite3"

    @property
    def path(self) -> Path:
        return Path(str(connection.settings_dict["NAME"]))

    def server(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def dump(self, target: Path, out: OutputWrapper) -> None:
        with (
            closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            # A reader's own moment: whatever is written meanwhile, the copy neither sees nor begins anew.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            size = source.execute("PRAGMA page_size").fetchone()[0]
            pages = source.execute("PRAGMA page_count").fetchone()[0]
            progress = Progress(out, "Copying the database", pages * size)
            source.backup(copy, pages=PAGES, progress=lambda _, rest, all_: progress.reach((all_ - rest) * size))

    def is_empty(self) -> bool:
        if not self.path.exists():
            return True
        with closing(sqlite3.connect(self.path)) as database:
            return bool(database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0)

    def load(self, source: Path, out: OutputWrapper) -> None:
        out.write("Checking the database\n")
        try:
            with closing(sqlite3.connect(source)) as database:
                found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise CannotCopy(f"the database in the archive is damaged: {found}")
        connection.close()
        for rest in ("-wal", "-shm"):
            Path(f"{self.path}{rest}").unlink(missing_ok=True)
        os.replace(source, self.path)


class PostgreSQL(Database):
    kind, entry = "postgresql", "database.dump"

    def server(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"

    def is_empty(self) -> bool:
        with connection.cursor() as cursor:
            return not connection.introspection.table_names(cursor)

    def dump(self, target: Path, out: OutputWrapper) -> None:
        with connection.cursor() as cursor:
            tables = len(connection.introspection.table_names(cursor))
        progress = Progress(out, "Copying the database", tables, "tables")
        # The archive compresses it; custom is the format that pg_restore takes in one transaction.
        words = ("--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--lock-wait-timeout=60000")
        self._run("pg_dump", progress, "dumping contents of table", *words, f"--file={target}")
        progress.reach(tables)

    def load(self, source: Path, out: OutputWrapper) -> None:
        progress = Progress(out, "Loading the database", source.stat().st_size)
        words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        self._run("pg_restore", progress, "", *words, str(source))
        progress.reach(source.stat().st_size)

    def _run(self, program: str, progress: Progress, sign: str, *words: str) -> None:
        parameters: dict[str, Any] = connection.get_connection_params()
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            major = int(cursor.fetchone()[0]) // 10_000
        connection.close()
        try:
            binary = postgres.find(program, major)
            postgres.run(binary, parameters, words, lambda line: progress.add(1) if sign and sign in line else None)
        except postgres.Failed as reason:
            raise CannotCopy(str(reason)) from reason


def current() -> Database:
    return Sqlite() if connection.vendor == "sqlite" else PostgreSQL()
