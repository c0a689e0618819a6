"""A server that is measured: a process of its own with signed-in members, and what it needs beside it."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import psycopg

from bench.machine import CLIENT_CORE, SERVER_CORE, on_core
from chatsite.testing.ports import free_port
from chatsite.testing.servers import PostgreSQL, Redis

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0  # seconds for a server to answer


class NotStarted(Exception):
    """A server or its members could not be made; its text says why."""


class Contestant:
    """A server on a port of its own, pinned to the server's core; its data lies on a disk, not in RAM."""

    name: ClassVar[str]
    marker: ClassVar[bytes]  # how a message's text begins in a frame: with the first letter of the bench's markers
    stores = True
    exact_order = False  # whether every reader must see the very order of the history

    def __init__(self, members: int, database: str | None, redis: str | None, rooms: int = 1) -> None:
        assert members % rooms == 0
        self.members, self.database, self.redis = members, database, redis
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"chat-bench-{self.name}-", dir="/var/tmp"))
        self.process: subprocess.Popen[bytes] | None = None
        self.sessions: list[str] = []
        self.rooms: list[Any] = [None] * rooms

    # What each says about itself.

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def path(self, place: int) -> str:
        """Where the socket of this member connects."""
        raise NotImplementedError

    def opening(self, place: int) -> tuple[bytes, bytes]:
        """The frame a socket sends first, and the words in the answer that tell it is open."""
        raise NotImplementedError

    def post(self, place: int, text: str, client_id: str) -> bytes:
        raise NotImplementedError

    query: ClassVar[str]
    seeding: ClassVar[str]

    # What they have in common.

    @property
    def room(self) -> Any:
        return self.rooms[0]

    def room_of(self, place: int) -> int:
        """In which of the rooms a member is: neighbours are in different ones."""
        return place % len(self.rooms)

    def readers_of(self, place: int) -> int:
        """How many hear what this member says."""
        return self.members // len(self.rooms)

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def prepare(self) -> None:
        command = [sys.executable, "-m", "bench.seeding", self.seeding, str(self.members), str(len(self.rooms))]
        made = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, timeout=300, check=False)
        if made.returncode:
            raise NotStarted(f"the members of {self.name} could not be made: {made.stderr.decode()[-2000:]}")
        seeded = json.loads(made.stdout.splitlines()[-1])
        self.rooms, self.sessions = seeded["rooms"], seeded["sessions"]

    def start(self) -> None:
        with (self.folder / "log").open("wb") as log, on_core(SERVER_CORE):
            self.process = subprocess.Popen(
                self.command(), cwd=ROOT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise NotStarted(f"{self.name} did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://localhost:{self.port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
        return {**kept, "PYTHONUNBUFFERED": "1", **self.environment()}

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def handshake(self, session: str, place: int = 0) -> bytes:
        return (
            f"GET {self.path(place)} HTTP/1.1\r\nHost: localhost:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://localhost:{self.port}\r\nCookie: sessionid={session}\r\n\r\n"
        ).encode()

    def history(self, number: int = 0) -> list[str]:
        """Every stored text of one of the rooms, oldest first, read past the server."""
        room = self.rooms[number]
        if self.database:
            with psycopg.connect(self.database) as connection:
                return [row[0] for row in connection.execute(self.query.replace("?", "%s"), (room,))]
        with contextlib.closing(sqlite3.connect(self.sqlite)) as connection:
            return [row[0] for row in connection.execute(self.query, (room,))]

    @property
    def sqlite(self) -> Path:
        return self.folder / "chatrooms.sqlite3"

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def frame(text: str) -> bytes:
    """A client's text frame; a mask of zeros leaves the words as they are."""
    payload = text.encode()
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + payload


@contextlib.contextmanager
def servers(kind: str) -> Iterator[Callable[[str], tuple[str | None, str]]]:
    """What makes an empty database (None: SQLite) and a Redis for each name it is called with, beside the client."""
    with contextlib.ExitStack() as stack, on_core(CLIENT_CORE):
        url = None if kind == "sqlite" else stack.enter_context(PostgreSQL(durable=True)).url

        def make(name: str) -> tuple[str | None, str]:
            with on_core(CLIENT_CORE):
                redis = stack.enter_context(Redis()).url  # its own: bells of another's would be heard
            if url is None:
                return None, redis
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            return url.rpartition("/")[0] + f"/{name}", redis

        yield make
