"""Who is measured: each a real server process with signed-in members, and how to talk to it."""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
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
    marker: ClassVar[bytes]  # what stands before a message's text in a frame
    stores = True
    exact_order = False  # whether every reader must see the very order of the history

    def __init__(self, members: int, database: str | None, redis: str | None) -> None:
        self.members, self.database, self.redis = members, database, redis
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"chat-bench-{self.name}-", dir="/var/tmp"))
        self.process: subprocess.Popen[bytes] | None = None
        self.sessions: list[str] = []
        self.room: Any = None

    # What each says about itself.

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def path(self) -> str:
        raise NotImplementedError

    def opening(self) -> tuple[bytes, bytes]:
        """The frame a socket sends first, and the words in the answer that tell it is open."""
        raise NotImplementedError

    def post(self, text: str) -> bytes:
        raise NotImplementedError

    query: ClassVar[str]

    # What they have in common.

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
        command = [sys.executable, "-m", "bench.seeding", self.name, str(self.members)]
        made = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, timeout=300, check=False)
        if made.returncode:
            raise NotStarted(f"the members of {self.name} could not be made: {made.stderr.decode()[-2000:]}")
        seeded = json.loads(made.stdout.splitlines()[-1])
        self.room, self.sessions = seeded["room"], seeded["sessions"]

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

    def handshake(self, session: str) -> bytes:
        return (
            f"GET {self.path()} HTTP/1.1\r\nHost: localhost:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://localhost:{self.port}\r\nCookie: sessionid={session}\r\n\r\n"
        ).encode()

    def history(self) -> list[str]:
        """Every stored text of the measured room, oldest first, read past the server."""
        if self.database:
            with psycopg.connect(self.database) as connection:
                return [row[0] for row in connection.execute(self.query.replace("?", "%s"), (self.room,))]
        with contextlib.closing(sqlite3.connect(self.sqlite)) as connection:
            return [row[0] for row in connection.execute(self.query, (self.room,))]

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


class Product(Contestant):
    """`manage.py serve`, as `./run` starts it, without a limit on posts."""

    name = "product"
    marker = b'"body": ?"'
    exact_order = True
    query = "SELECT body FROM chat_message WHERE room_id = ? AND kind = 'text' ORDER BY id"

    def environment(self) -> dict[str, str]:
        chosen = {"PORT": str(self.port), "DATA_DIR": str(self.folder), "POST_RATE": "0"}
        if self.database and self.redis:
            chosen |= {"DATABASE_URL": self.database, "REDIS_URL": self.redis}
        return chosen

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "serve"]

    def path(self) -> str:
        return "/ws/"

    def opening(self) -> tuple[bytes, bytes]:
        return frame(json.dumps({"type": "room.open", "room": self.room, "ref": "opening"})), b'"opening"'

    def post(self, text: str) -> bytes:
        client_id = str(uuid.uuid4())
        return frame(json.dumps({"type": "message.post", "room": self.room, "client_id": client_id, "body": text}))


class OnUvicorn(Product):
    """The same application on another server, by plain `send`; it serves what `prepare` has made."""

    def command(self) -> list[str]:
        listen = ["--host", "127.0.0.1", "--port", str(self.port), "--lifespan", "off", "--log-level", "warning"]
        bounds = ["--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-per-message-deflate", "false"]
        return [sys.executable, "-m", "uvicorn", *listen, *bounds, "chatsite.asgi:application"]

    def prepare(self) -> None:
        super().prepare()
        command = [sys.executable, "manage.py", "prepare"]
        subprocess.run(command, cwd=ROOT, env=self._environment(), check=True, capture_output=True, timeout=300)


class Tutorial(Contestant):
    """The tutorial's consumer on Daphne, with the Redis pub/sub layer."""

    name = "tutorial"
    marker = b'"message": ?"'
    query = "SELECT body FROM tutorial_message WHERE room = ? ORDER BY id"

    def environment(self) -> dict[str, str]:
        assert self.redis
        return {
            "DATABASE_URL": self.database or f"sqlite:///{self.sqlite}",
            "REDIS_URL": self.redis,
            "DJANGO_SETTINGS_MODULE": "bench.tutorial.settings",
        }

    def command(self) -> list[str]:
        listen = ["-b", "127.0.0.1", "-p", str(self.port)]
        return [sys.executable, "-m", "daphne", "-v", "0", *listen, "bench.tutorial.asgi:application"]

    def path(self) -> str:
        return f"/ws/chat/{self.room}/"

    def opening(self) -> tuple[bytes, bytes]:
        return b"", b""

    def post(self, text: str) -> bytes:
        return frame(json.dumps({"message": text}))


class Raw(Contestant):
    """A broadcast of frames of the product's size and nothing else: what the client and the kernel can take."""

    name = "raw"
    marker = b'"body": ?"'
    stores = False

    def __init__(self, members: int, size: int) -> None:
        super().__init__(members, None, None)
        self.size = size  # bytes of a frame

    def prepare(self) -> None:
        self.sessions = ["none"] * self.members

    def environment(self) -> dict[str, str]:
        return {}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.raw", str(self.port), str(self.size)]

    def path(self) -> str:
        return "/"

    def opening(self) -> tuple[bytes, bytes]:
        return b"", b""

    def post(self, text: str) -> bytes:
        return frame(json.dumps({"body": text}))

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def frame(text: str) -> bytes:
    """A client's text frame; a mask of zeros leaves the words as they are."""
    payload = text.encode()
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + payload


@contextlib.contextmanager
def servers(kind: str) -> Iterator[tuple[list[str | None], str]]:
    """Two empty databases (None: SQLite) and Redis, beside the client."""
    with contextlib.ExitStack() as stack, on_core(CLIENT_CORE):
        redis = stack.enter_context(Redis()).url
        if kind == "sqlite":
            yield [None, None], redis
            return
        url = stack.enter_context(PostgreSQL(durable=True)).url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE product")
            connection.execute("CREATE DATABASE tutorial")
        yield [url.rpartition("/")[0] + f"/{name}" for name in ("product", "tutorial")], redis
