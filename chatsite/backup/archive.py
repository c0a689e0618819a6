"""The archive: a compressed tar of the database, the files, and last a manifest that proves it whole."""

import hashlib
import json
import os
import tarfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files"  # the folder of DATA_DIR's files in the archive
COMPRESSION = 3  # of 9: text shrinks to a third, and the site has the processor's other half
CHUNK = 1024 * 1024

Moved = Callable[[int], None]


class Damaged(Exception):
    """What is wrong with the archive, in one line."""


@dataclass
class Manifest:
    """What the archive holds, and what it takes to read it. `entries`: name -> size in bytes and sha256."""

    database: str  # sqlite or postgresql
    server: str  # its version, for people
    version: str  # of the product that wrote it
    migrations: list[str]
    made_at: str
    format: int = FORMAT
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)


class Hashed:
    """A file that is hashed while it is read, and says how much was."""

    def __init__(self, file: IO[bytes], moved: Moved) -> None:
        self._file, self._moved = file, moved
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        part = self._file.read(size)
        self.digest.update(part)
        self.size += len(part)
        self._moved(len(part))
        return part

    def entry(self) -> dict[str, Any]:
        return {"size": self.size, "sha256": self.digest.hexdigest()}


# --- Writing


class Writer:
    """Adds files one by one; `close` writes the manifest. Without it nobody takes the archive for one."""

    def __init__(self, target: IO[bytes], manifest: Manifest) -> None:
        self.manifest = manifest
        self._tar = tarfile.open(  # noqa: SIM115 - `close` does
            fileobj=target, mode="w:gz", compresslevel=COMPRESSION, format=tarfile.PAX_FORMAT
        )

    def add(self, name: str, path: Path, moved: Moved) -> None:
        """The file as long as it is now. Raises OSError when it is gone or gets shorter meanwhile."""
        with path.open("rb") as file:
            about, hashed = os.fstat(file.fileno()), Hashed(file, moved)
            self._tar.addfile(_info(name, about.st_size, about.st_mode & 0o777, about.st_mtime), hashed)
        self.manifest.entries[name] = hashed.entry()

    def close(self) -> None:
        text = json.dumps(asdict(self.manifest), indent=1).encode()
        self._tar.addfile(_info(MANIFEST, len(text), 0o600, time.time()), BytesIO(text))
        self._tar.close()


def _info(name: str, size: int, mode: int, modified: float) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, int(modified)
    return info


# --- Reading


def unpack(source: IO[bytes], folder: Path, moved: Moved) -> Manifest:
    """Unpack all of it into this empty folder and prove it whole. Raises Damaged, OSError."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is None or not _is_plain(member.name):
                    raise Damaged(f"the archive holds something it should not: {member.name!r}")
                found[member.name] = _store(content, folder / member.name, member.mode, moved)
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"this is no archive of ours, or not the whole of one ({error})") from error
    return _proven(folder, found)


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name == str(PurePosixPath(name)) and ".." not in parts and not name.startswith("/") and "\0" not in name


def _store(content: IO[bytes], path: Path, mode: int, moved: Moved) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashed = Hashed(content, moved)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while part := hashed.read(CHUNK):
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode & 0o777 | 0o600)
    return hashed.entry()


def _proven(folder: Path, found: dict[str, dict[str, Any]]) -> Manifest:
    if found.pop(MANIFEST, None) is None:
        raise Damaged("the archive ends early: it has no manifest")
    told = json.loads((folder / MANIFEST).read_text())
    if told.get("format") != FORMAT:
        raise Damaged(f"the archive has format {told.get('format')}, this version reads {FORMAT}")
    manifest = Manifest(**told)
    wrong = sorted(name for name in found.keys() | manifest.entries if found.get(name) != manifest.entries.get(name))
    if wrong:
        raise Damaged(f"the archive is damaged: {wrong[0]} is not what it was")
    return manifest
