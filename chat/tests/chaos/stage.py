"""What chaos plays on: servers of its own behind proxies of its own, with a town in a database of its own."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chat.tests.chaos import failpoints
from chat.tests.live.frame import Process
from chatsite.testing import seeded, serving
from chatsite.testing.proxy import Proxy
from chatsite.testing.servers import PostgreSQL, Redis, wait_until
from chatsite.testing.steps import SETTINGS

PATIENCE = 90.0  # seconds in which a server must stand again, however busy the machine
END = 30.0  # seconds in which one that was told to stop must have ended


class Server(Process):
    """One `manage.py serve` (or TEST_SERVER) behind a proxy, whose address is the one that people know."""

    def __init__(self, stage: "Stage", name: str) -> None:
        super().__init__(stage, name, *serving.command())
        self.proxy = Proxy(self.port)
        self.address = f"http://localhost:{self.proxy.port}"

    def revive(self) -> None:
        """As systemd would: again and again until it stays and answers."""
        assert wait_until(self._stands, seconds=PATIENCE, every=0.1), f"{self.name} does not come back"

    def _stands(self) -> bool:
        if not self.running:
            self.launch()
        return self.answers()

    def exit_code(self) -> int:
        """Once it has ended; negative for a signal. Raises TimeoutExpired."""
        assert self.popen is not None
        return self.popen.wait(END)


class Stage:
    """Its parts, by name; `database` is where the record can be read, past every proxy."""

    name = "sqlite"
    redis: Redis | None = None
    postgres: PostgreSQL | None = None

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.failpoints = folder / "failpoints"
        self.failpoints.mkdir()
        shutil.copytree(self.town(), self.data)
        self.environment = {name: value for name, value in os.environ.items() if name not in SETTINGS} | {
            "DJANGO_SETTINGS_MODULE": "chat.tests.chaos.settings",
            failpoints.FOLDER: str(self.failpoints),
            "DATA_DIR": str(self.data),
            "LOG_FORMAT": "json",
            "POST_RATE": "0",
            "ADDRESS_SOCKETS": "0",
        }
        self.servers = [Server(self, name) for name in self.names()]
        self.environment["SITE_URL"] = ",".join(self.addresses)

    def town(self) -> Path:
        """What is copied for its DATA_DIR."""
        return seeded.town()

    def names(self) -> list[str]:
        return ["one"]

    @property
    def addresses(self) -> list[str]:
        """Where people go."""
        return [server.address for server in self.servers]

    @property
    def database(self) -> str:
        return str(self.data / "chatrooms.sqlite3")

    @property
    def lines(self) -> dict[str, Proxy]:
        """By what is at their end."""
        return {server.name: server.proxy for server in self.servers}

    def build(self, stack: ExitStack) -> None:
        """Raises Missing."""
        for server in self.servers:
            stack.enter_context(server.proxy)
        stack.callback(self.stop)
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.revive()

    def calm(self) -> None:
        """Whatever was struck stands again, whoever was frozen moves, every line is fair."""
        for proxy in self.lines.values():
            proxy.up()
        for part in (self.postgres, self.redis):
            if part is not None:
                part.thaw()
                if not part.running:
                    part.start()
        for left in self.failpoints.iterdir():
            left.unlink()
        for server in self.servers:
            if server.running:
                server.tell(signal.SIGCONT)
            server.revive()

    def stop(self) -> None:
        for server in self.servers:
            if server.running:
                server.tell(signal.SIGCONT)
                server.tell(signal.SIGTERM)
        for server in self.servers:
            if server.popen is not None:
                try:
                    server.exit_code()
                except subprocess.TimeoutExpired:
                    server.end(signal.SIGKILL)


class GrownStage(Stage):
    """Two servers on PostgreSQL and Redis, each line among them through a proxy."""

    name = "postgres"

    def town(self) -> Path:
        return seeded.grown_up() / "data"

    def names(self) -> list[str]:
        return ["one", "two"]

    @property
    def database(self) -> str:
        assert self.postgres is not None
        return self.postgres.url

    @property
    def lines(self) -> dict[str, Proxy]:
        return super().lines | {"database": self.to_database, "Redis": self.to_redis}

    def build(self, stack: ExitStack) -> None:
        self.postgres, self.redis = stack.enter_context(PostgreSQL()), stack.enter_context(Redis())
        self.to_database = stack.enter_context(Proxy(self.postgres.port))
        self.to_redis = stack.enter_context(Proxy(self.redis.port))
        self.environment["DATABASE_URL"] = through(self.to_database, self.postgres.url)
        self.environment["REDIS_URL"] = through(self.to_redis, self.redis.url)
        seeded.load(seeded.grown_up(), self.postgres.url)
        super().build(stack)


STAGES = {stage.name: stage for stage in (Stage, GrownStage)}


def through(proxy: Proxy, url: str) -> str:
    return re.sub(r":\d+/", f":{proxy.port}/", url)


@contextmanager
def staged(name: str, folder: Path) -> Iterator[Stage]:
    """The stage, standing, in this folder. Raises Missing."""
    with ExitStack() as stack:
        stage = STAGES[name](folder)
        stage.build(stack)
        yield stage
