"""What is done before serving: the lock, the copy before migrating, the static files when they changed."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.functional import empty

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


def test_servers_that_meet_elsewhere_share_the_folder_and_one_alone_is_kept_out(tmp_path):
    first, second = (preparation.lock(tmp_path, f"http://localhost:{port}", shared=True) for port in (8002, 8003))
    with first, second, pytest.raises(preparation.CannotStart), preparation.lock(tmp_path, "http://localhost:1"):
        pass
    with preparation.lock(tmp_path, "http://localhost:1"), pytest.raises(preparation.CannotStart):
        preparation.lock(tmp_path, "http://localhost:8002", shared=True).__enter__()


def test_those_that_start_together_prepare_one_after_the_other(settings, tmp_path, monkeypatch):
    """Each opens the lock file anew, as another process would."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(preparation, "reach_database", lambda: None)
    monkeypatch.setattr(preparation, "migrate", lambda say: None)
    inside, most = [], []

    def collect(say):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.1)
        inside.pop()

    monkeypatch.setattr(preparation, "collect_static_files", collect)
    threads = [threading.Thread(target=preparation.prepare, args=[print]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]


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


@pytest.fixture
def release(settings, tmp_path):
    """`release("red")`: a release whose one style says so is collected; gives the hashed file's path."""
    source = tmp_path / "source"
    source.mkdir()
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "chatsite.storage.HashedStaticFiles"}}

    def collect(colour):
        (source / "one.css").write_text(f"body {{ color: {colour}; }}")
        staticfiles_storage._wrapped = empty  # a process of its own would begin with the new manifest
        preparation.collect_static_files(lambda line: None)
        manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text())
        return tmp_path / "static" / manifest["paths"]["one.css"]

    yield collect
    staticfiles_storage._wrapped = empty


def test_pages_of_the_last_release_keep_their_files_and_older_ones_go(release):
    first, second = release("red"), release("green")
    assert "red" in first.read_text()
    third = release("blue")
    assert (first.exists(), second.exists(), "blue" in third.read_text()) == (False, True, True)


def test_a_manifest_cut_short_costs_only_the_old_files(release):
    first = release("red")
    (first.parent / "staticfiles.json").write_text("{")
    assert "green" in release("green").read_text()
    assert not first.exists()
