"""The database, Redis and the mail server: whether they answer, and whether they are as the site needs them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chat.models import Installation, ProcessLease
from chatsite import preparation
from chatsite.doctor import Check, Finding, look, ok, wrong
from chatsite.environment import LOOPBACK_HOSTS
from chatsite.logs import describe

OLDEST_POSTGRES = 14
CLOCK_SECONDS = 2.0
SLOW_MS = 50.0  # for the simplest question to a server next door
PATIENCE = 5


def database() -> Iterator[Finding]:
    try:
        preparation.reach_database()
        connection.ensure_connection()
    except DatabaseError as error:
        yield wrong(
            _("The database does not answer: %(error)s") % {"error": describe(error)},
            _("Start it, or correct DATABASE_URL."),
        )
        return
    yield from (sqlite() if connection.vendor == "sqlite" else postgres())
    yield from tables()


def sqlite() -> Iterator[Finding]:
    found = {name: _ask(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "quick_check(1)")}
    if found["quick_check(1)"] != "ok":
        yield wrong(
            _("The database file is damaged: %(what)s") % {"what": found["quick_check(1)"]},
            _("Stop the server, keep the file aside, and restore the newest backup."),
        )
    elif found["journal_mode"] != "wal" or found["synchronous"] != 2:
        yield wrong(
            _("SQLite cannot use its write-ahead log here."), _("Put DATA_DIR on a local disk, not on a network share.")
        )
    else:
        yield ok(_("SQLite is whole, in WAL mode, and keeps what it acknowledged."))


def postgres() -> Iterator[Finding]:
    version, encoding = int(str(_ask("SHOW server_version_num"))) // 10_000, _ask("SHOW server_encoding")
    if version < OLDEST_POSTGRES:
        yield wrong(_("PostgreSQL %(version)s is too old.") % {"version": version}, _("Use 14 or newer."))
    if encoding != "UTF8":
        yield wrong(
            _("The database stores text as %(encoding)s.") % {"encoding": encoding},
            _("Make one with: createdb --encoding=UTF8 --template=template0, and restore a backup into it."),
        )
    began = time.perf_counter()
    _ask("SELECT 1")
    milliseconds = (time.perf_counter() - began) * 1000
    told = _("PostgreSQL %(version)s answers in %(ms).1f ms.") % {"version": version, "ms": milliseconds}
    yield look(told, _("It should be next door: every page asks it ten times.")) if milliseconds > SLOW_MS else ok(told)
    yield from clock()
    yield from connections()
    yield from bounds()


def clock() -> Iterator[Finding]:
    """Messages carry this machine's time; who is there is judged by the database's."""
    theirs = Installation.objects.annotate(now=Now()).values_list("now", flat=True).get()
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_SECONDS:
        yield wrong(
            _("The clocks of this machine and the database are %(seconds).1f s apart.") % {"seconds": apart},
            _("Let both follow a time server (timedatectl set-ntp true)."),
        )


def connections() -> Iterator[Finding]:
    """What all processes of the site may want, those that live now and those that WORKERS asks for."""
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    if not pool:
        return
    processes = max(settings.WORKERS, ProcessLease.objects.filter(expires_at__gt=Now()).count())
    wanted, admitted = processes * pool["max_size"], _admitted()
    told = _("The site may open %(wanted)s connections (processes: %(processes)s), PostgreSQL admits %(admitted)s.") % {
        "processes": processes,
        "wanted": wanted,
        "admitted": admitted,
    }
    advice = _("Raise max_connections, or lower DATABASE_POOL (now %(pool)s).") % {"pool": pool["max_size"]}
    yield look(told, advice) if wanted > admitted else ok(told)


def _admitted() -> int:
    """To this database and this account, at most; what is kept for administrators left out."""
    bounds = (
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
        "SELECT datconnlimit FROM pg_database WHERE datname = current_database()",
        "SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user",
    )
    found = [int(str(_ask(bound))) for bound in bounds]
    return min(bound for bound in found if bound >= 0)


def bounds() -> Iterator[Finding]:
    """Set by each connection as it begins; a pooler in between may have dropped them."""
    unset = [name for name in ("lock_timeout", "statement_timeout") if _ask(f"SHOW {name}") == "0"]
    if unset:
        yield look(
            _("Nothing ends what waits for ever in the database: %(names)s.") % {"names": ", ".join(unset)},
            _("Set it for the account: ALTER ROLE … SET lock_timeout = '10s' (and statement_timeout = '30s')."),
        )


def tables() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    due = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if due:
        yield wrong(
            _("%(count)s migrations are due.") % {"count": len(due)}, _("./run does them, or: ./run manage migrate")
        )
        return
    yield ok(_("The tables are those of this version."))
    if not Installation.objects.filter(set_up_at__isnull=False).exists():
        advice = _("The server has printed a link for that.") if settings.REACHABLE else _("Open it in a browser.")
        yield look(_("Nobody has set the site up yet."), advice)


def bell() -> Iterator[Finding]:
    if not settings.REDIS_URLS:
        if connection.vendor == "postgresql":
            yield look(
                _("There is no REDIS_URL: what one process posts, windows of another see up to 2 s later."),
                _("Set REDIS_URL as soon as more than one process serves."),
            )
        return
    for url in settings.REDIS_URLS:
        place = urlsplit(url)
        name = place.hostname or _("the Unix socket")
        try:
            with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
                yield from _answers(client, name)
        except redis.RedisError as error:
            yield wrong(
                _("Redis at %(name)s does not answer: %(error)s") % {"name": name, "error": describe(error)},
                _("Start it, or correct REDIS_URL. Until then changes arrive half a second later."),
            )
        if place.scheme == "redis" and name not in LOOPBACK_HOSTS:
            yield look(
                _("Redis at %(name)s is asked in the clear, its password included.") % {"name": name},
                _("Use rediss://, unless nobody else is on that network."),
            )


def _answers(client: redis.Redis, name: str) -> Iterator[Finding]:
    """Raises RedisError."""
    client.ping()
    began = time.perf_counter()
    client.ping()
    milliseconds = (time.perf_counter() - began) * 1000
    told = _("Redis at %(name)s answers in %(ms).1f ms.") % {"name": name, "ms": milliseconds}
    yield look(told, _("It should be next door.")) if milliseconds > SLOW_MS else ok(told)
    try:
        client.publish("chatrooms.doctor", "")
        client.set("chatrooms:doctor", "", ex=1)
    except redis.exceptions.OutOfMemoryError:
        yield look(
            _("Redis at %(name)s is full: each process counts guesses at sign-in for itself.") % {"name": name},
            _("Raise its maxmemory, or find what else is kept there."),
        )
    except redis.exceptions.ResponseError as error:
        yield wrong(
            _("Redis at %(name)s refuses what the site needs: %(error)s") % {"name": name, "error": describe(error)},
            _("Give its account the rights listed in docs/operations.md; let it be no replica."),
        )


def post_office() -> Iterator[Finding]:
    if not settings.EMAIL_HOST:
        yield look(
            _("Mail is written to %(folder)s: who forgot the password needs a link of an administrator.")
            % {"folder": settings.EMAIL_FILE_PATH},
            _("Set EMAIL_URL."),
        )
        return
    try:
        with mail.get_connection(timeout=PATIENCE) as office:
            office.open()
    except Exception as error:
        yield wrong(
            _("The mail server %(host)s does not take mail: %(error)s")
            % {"host": settings.EMAIL_HOST, "error": describe(error)},
            _("Correct EMAIL_URL: host, port, user and password."),
        )
        return
    yield ok(_("The mail server %(host)s lets us in.") % {"host": settings.EMAIL_HOST})


def _ask(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


CHECKS: tuple[Check, ...] = (database, bell, post_office)
