"""What is done before serving: the lock, the copy before migrating, the static files when they changed."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from chatsite import preparation
from chatsite.tests.conftest import ROOT

pytestmark = pytest.mark.live


def test_the_lock_says_who_holds_it(tmp_path):
    with preparation.lock(tmp_path, "http://localhost:8123"):
        with pytest.raises(preparation.CannotStart) as refusal, preparation.lock(tmp_path, "http://localhost:1"):
            pass
        assert str(refusal.value) == (
            f"DATA_DIR: {tmp_path} is in use by the server at http://localhost:8123 (process {os.getpid()})"
        )


def test_the_lock_goes_with_its_process(tmp_path):
    hold = (
        "from pathlib import Path; from chatsite.preparation import lock; import os\n"
        f"with lock(Path({str(tmp_path)!r}), 'x'): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", hold], cwd=ROOT).returncode == -9
    with preparation.lock(tmp_path, "http://localhost:8123"):
        pass


def test_the_copy_is_whole_while_somebody_writes(tmp_path):
    database = tmp_path / "chatrooms.sqlite3"
    with closing(sqlite3.connect(database)) as writer:
        writer.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1);")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (2)")
        copy = preparation.back_up(database, tmp_path / "backups", lambda line: None)
        writer.commit()
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as reader:
        assert reader.execute("SELECT n FROM t").fetchall() == [(1,)]


def test_the_last_few_copies_are_kept(tmp_path):
    database = tmp_path / "chatrooms.sqlite3"
    sqlite3.connect(database).close()
    copies = [preparation.back_up(database, tmp_path, lambda line: None) for _ in range(7)]
    assert sorted(tmp_path.glob("chatrooms-*")) == copies[2:]


def test_static_files_are_collected_when_they_changed_only(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "one.css").write_text("body { color: red }")
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    said: list[str] = []
    preparation.collect_static_files(said.append)
    preparation.collect_static_files(said.append)
    assert len(said) == 1
    (source / "one.css").write_text("body { color: blue }")
    preparation.collect_static_files(said.append)
    assert len(said) == 2
    assert "blue" in (tmp_path / "static" / "one.css").read_text()
