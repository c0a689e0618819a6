"""The parts of backup and restore: what an archive may hold, which programs fit, how progress is told."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from django.core.management.base import OutputWrapper

from chatsite.backup import postgres
from chatsite.backup.archive import Damaged, Manifest, Writer, unpack
from chatsite.backup.progress import Progress


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A small archive as `backup` writes them."""
    target, file = io.BytesIO(), tmp_path / "one"
    file.write_bytes(os.urandom(5000))
    writer = Writer(target, Manifest("sqlite", "SQLite 3", "0", [], "2026-11-22"))
    writer.add("files/one", file, lambda size: None)
    writer.close()
    return target.getvalue()


def test_what_was_packed_is_unpacked(whole, tmp_path):
    (tmp_path / "in").mkdir()
    manifest = unpack(io.BytesIO(whole), tmp_path / "in", lambda size: None)
    assert manifest.entries["files/one"]["size"] == 5000
    assert (tmp_path / "in/files/one").read_bytes() == (tmp_path / "one").read_bytes()


@pytest.mark.parametrize("cut", [0, 10, 1000, 5300])
def test_a_part_of_an_archive_is_none(cut, whole, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(Damaged):
        unpack(io.BytesIO(whole[:cut]), tmp_path / "in", lambda size: None)


@pytest.mark.parametrize("place", [0, 2, 100, 2000, 5000])
def test_one_wrong_byte_is_found(place, whole, tmp_path):
    bent = bytearray(whole)
    bent[place] ^= 0xFF
    (tmp_path / "in").mkdir()
    with pytest.raises(Damaged):
        unpack(io.BytesIO(bytes(bent)), tmp_path / "in", lambda size: None)


@pytest.mark.parametrize("raw", [b"", b"no archive at all", b"\x1f\x8b" + bytes(100)], ids=["empty", "text", "zeros"])
def test_something_else_is_refused(raw, tmp_path):
    with pytest.raises(Damaged):
        unpack(io.BytesIO(raw), tmp_path, lambda size: None)


@pytest.mark.parametrize("change", ["missing", "extra", "other"])
def test_the_manifest_proves_each_file(change, whole, tmp_path):
    """Whole as a tar, and still not what was written."""
    target = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(whole)) as old, tarfile.open(fileobj=target, mode="w:gz") as new:
        for member in old:
            content = old.extractfile(member).read()
            if member.name == "files/one" and change == "other":
                content = content[::-1]
            if member.name != "files/one" or change != "missing":
                new.addfile(member, io.BytesIO(content))
        if change == "extra":
            new.addfile(tarfile.TarInfo("files/two"), io.BytesIO())
    target.seek(0)
    (tmp_path / "in").mkdir()
    with pytest.raises(Damaged, match="is not what it was"):
        unpack(target, tmp_path / "in", lambda size: None)


@pytest.mark.parametrize("name", ["../out", "/etc/out", "files/../../out", "files//x"])
def test_an_archive_writes_nowhere_else(name, tmp_path):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    content.seek(0)
    (tmp_path / "in").mkdir()
    with pytest.raises(Damaged, match="something it should not"):
        unpack(content, tmp_path / "in", lambda size: None)
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


def test_a_link_in_an_archive_is_refused(tmp_path):
    content, link = io.BytesIO(), tarfile.TarInfo("files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(link)
    content.seek(0)
    with pytest.raises(Damaged, match="something it should not"):
        unpack(content, tmp_path, lambda size: None)


def test_the_program_that_fits_the_server(tmp_path, monkeypatch):
    for version in (14, 16, 17):
        program = tmp_path / str(version) / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.2 (Debian {version}.2-1)'\n")
        program.chmod(0o755)
    monkeypatch.setattr(postgres, "FOLDERS", [f"{tmp_path}/*/bin"])
    monkeypatch.setenv("PATH", str(tmp_path / "14" / "bin"))
    assert postgres.find("pg_dump", 14) == str(tmp_path / "14/bin/pg_dump")
    assert postgres.find("pg_dump", 15) == str(tmp_path / "16/bin/pg_dump")
    with pytest.raises(postgres.Failed, match=r"pg_dump 18 or newer on PATH \(found: 14, 16, 17\)"):
        postgres.find("pg_dump", 18)


def test_progress_is_told_once_and_at_the_end():
    out = io.StringIO()
    progress = Progress(OutputWrapper(out), "Copying", 2_000_000)
    for _ in range(40):
        progress.add(100_000)
    assert out.getvalue() == "Copying: 100 % of 2.0 MB\n"
    Progress(OutputWrapper(out), "Nothing", 0, "files").reach(0)
    assert out.getvalue().endswith("Nothing: 100 % of 0 files\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_one_line_that_moves(monkeypatch):
    monkeypatch.setattr("chatsite.backup.progress.FRAME", 0.0)
    out = Terminal()
    progress = Progress(OutputWrapper(out), "Copying", 10, "files")
    for _ in range(10):
        progress.add(1)
    assert out.getvalue().count("\r") == 10
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().endswith("\n")
