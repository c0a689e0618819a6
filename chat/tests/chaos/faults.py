"""What can go wrong, each with its beginning and its end, by kind; chance chooses where, how much and how long."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from chat.tests.chaos import failpoints
from chat.tests.chaos.stage import END, Server, Stage
from chatsite.testing.ports import exchange
from chatsite.testing.servers import PostgreSQL, Redis, wait_until

RISE = 2.5  # seconds, about, until a server that was started answers
FIRED_WITHIN = 40.0  # seconds in which the clients must come past a failpoint


class NotAsMeant(Exception):
    """The fault did not take place, or what it struck did not end as it should; the text says how."""


@dataclass(frozen=True)
class Fault:
    """`begin` and `end` may block; the second is called `seconds` after the first, whatever came of it."""

    kind: str
    target: str
    seconds: float
    begin: Callable[[], object]
    end: Callable[[], object] = lambda: None
    rise: float = 0.5  # about how long `end` takes

    def __str__(self) -> str:
        return f"{self.kind} ({self.target}, {self.seconds:.1f} s)"


Kind = Callable[[Stage, random.Random], Fault]


# --- Servers


def server_killed(stage: Stage, chance: random.Random) -> Fault:
    server = chance.choice(stage.servers)
    return Fault("server killed", server.name, chance.uniform(0, 1.5), lambda: kill(server), server.revive, RISE)


def all_servers_killed(stage: Stage, chance: random.Random) -> Fault:
    def begin() -> None:
        for server in stage.servers:
            kill(server)

    def end() -> None:
        for server in stage.servers:
            server.launch()
        for server in stage.servers:
            server.revive()

    return Fault("all servers killed", "all", chance.uniform(0, 1.5), begin, end, RISE)


def server_told_to_stop(stage: Stage, chance: random.Random) -> Fault:
    server = chance.choice(stage.servers)
    return Fault("server told to stop", server.name, chance.uniform(0, 0.5), lambda: stop(server), server.revive, RISE)


def server_frozen(stage: Stage, chance: random.Random) -> Fault:
    server = chance.choice(stage.servers)
    freeze, thaw = (lambda: server.tell(signal.SIGSTOP)), (lambda: server.tell(signal.SIGCONT))
    return Fault("server frozen", server.name, chance.uniform(1, 4), freeze, thaw)


def failpoint(spot: str) -> Kind:
    def kind(stage: Stage, chance: random.Random) -> Fault:
        def end() -> None:
            for server in stage.servers:
                server.revive()

        return Fault(f"killed {spot}", "the first there", 0, lambda: die_at(stage, spot), end, RISE)

    return kind


def kill(server: Server) -> None:
    server.end(signal.SIGKILL)


def stop(server: Server) -> None:
    server.tell(signal.SIGTERM)
    try:
        code = server.exit_code()
    except subprocess.TimeoutExpired:
        server.end(signal.SIGKILL)
        raise NotAsMeant(f"{server.name} did not end within {END:g} s of SIGTERM") from None
    if code != 0:
        raise NotAsMeant(f"{server.name} ended with {code} at SIGTERM")


def die_at(stage: Stage, spot: str) -> None:
    arming = failpoints.armed(stage.failpoints, spot)
    arming.touch()
    if not wait_until(lambda: not arming.exists(), seconds=FIRED_WITHIN):
        arming.unlink(missing_ok=True)
        raise NotAsMeant(f"nobody came past: {spot}")
    (server,) = (one for one in stage.servers if failpoints.fired(stage.failpoints, spot, one.port).exists())
    if (code := server.exit_code()) != -signal.SIGKILL:
        raise NotAsMeant(f"{server.name} ended with {code} at: {spot}")
    failpoints.fired(stage.failpoints, spot, server.port).unlink()


# --- Redis


def redis_killed(stage: Stage, chance: random.Random) -> Fault:
    redis = bell(stage)
    return Fault("Redis killed", "redis", chance.uniform(0.5, 3), redis.kill, redis.start)


def redis_restarted(stage: Stage, chance: random.Random) -> Fault:
    redis = bell(stage)
    return Fault("Redis restarted", "redis", 0, redis.stop, redis.start)


def redis_flushed(stage: Stage, chance: random.Random) -> Fault:
    port = bell(stage).port
    return Fault("Redis flushed", "redis", 0, lambda: exchange(port, b"FLUSHALL\r\n"))


def redis_frozen(stage: Stage, chance: random.Random) -> Fault:
    redis = bell(stage)
    return Fault("Redis frozen", "redis", chance.uniform(1, 4), redis.freeze, redis.thaw)


def bell(stage: Stage) -> Redis:
    assert stage.redis is not None
    return stage.redis


# --- The database


def database_restarted(stage: Stage, chance: random.Random) -> Fault:
    postgres = record(stage)
    return Fault("database restarted", "postgres", chance.uniform(0, 1), postgres.stop, postgres.start)


def database_crashed(stage: Stage, chance: random.Random) -> Fault:
    """Its immediate shutdown: what it has not written to the tables it must find in its log."""
    postgres = record(stage)

    def crash() -> None:
        assert postgres.process is not None
        postgres.process.send_signal(signal.SIGQUIT)
        postgres.process.wait(END)

    return Fault("database crashed", "postgres", chance.uniform(0, 1), crash, postgres.start)


def database_locked(stage: Stage, chance: random.Random) -> Fault:
    """Another process of this machine writes for seconds, as a backup script may."""
    locks: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        command = [sys.executable, "-c", LOCK, stage.database]
        locks.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0))
        if locks[0].stdout.read(1) != b"!":
            raise NotAsMeant("the database could not be locked")

    def end() -> None:
        for lock in locks:
            lock.communicate()

    return Fault("database locked", "sqlite", chance.uniform(1, 4), begin, end)


# It ends with its standard input, so also when we die.
LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("!", end="", flush=True)
sys.stdin.read()
"""


def record(stage: Stage) -> PostgreSQL:
    assert stage.postgres is not None
    return stage.postgres
