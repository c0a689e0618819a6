"""Log lines: JSON for programs, plain ones on a terminal; with the ids of request and socket, and no words of people.

What an exception says may be somebody's: a database quotes the row it refuses, a KeyError the key. So only the words
of errors about the machine are written; of all others the kind and the place in the code.
"""

import copy
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from django.core.exceptions import ImproperlyConfigured, RequestAborted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from redis import RedisError

from chat import outage, trail

OF_THE_MACHINE = (OSError, OperationalError, InterfaceError, RedisError, ImproperlyConfigured, ImportError)
# Database, Redis or a line were away: where in the code that was noticed says nothing, and it is noticed everywhere.
AWAY = (OperationalError, InterfaceError, RedisError, ConnectionError, TimeoutError)
QUIET_SECONDS = 60.0  # between two lines about the same trouble with the database
CAUSES = 4  # exceptions behind an exception that are told

Record = logging.LogRecord


class Spoken:
    """An exception among a line's arguments, however it is formatted."""

    def __init__(self, error: BaseException) -> None:
        self.text = describe(error)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def describe(error: BaseException) -> str:
    """Its kind, and its words where they are the machine's."""
    name = type(error).__name__
    if isinstance(error, OF_THE_MACHINE) and (words := " ".join(str(error).split())):
        return f"{name}: {words[:300]}"
    return name


def story(error: BaseException) -> list[str]:
    """The error and those that led to it, each with the places it passed; one line for a part that was away."""
    if isinstance(error, AWAY):
        return [describe(error)]
    lines: list[str] = []
    for told in _chain(error):
        lines.append(describe(told))
        lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(told.__traceback__)]
    return lines


def _chain(error: BaseException) -> Iterator[BaseException]:
    told: BaseException | None = error
    for _number in range(CAUSES):
        if told is None:
            return
        yield told
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)


def words_of(record: Record) -> str:
    """The message. Django's own about a request holds its address, which may name a room: the route stands for it."""
    request, status = getattr(record, "request", None), getattr(record, "status_code", None)
    if status is not None and isinstance(request, HttpRequest):
        return f"{request.method} {trail.route_of(request)} {status}"
    arguments = record.args
    if isinstance(arguments, tuple):
        arguments = tuple(Spoken(one) if isinstance(one, BaseException) else one for one in arguments)
    text = str(record.msg)
    return text % arguments if arguments else text


def ids_of(record: Record) -> dict[str, str]:
    """The ids of what the line was written for; a name that is empty is left out."""
    ids = {"request": trail.request_id.get(), "socket": trail.socket_id.get()}
    return {name: value for name, value in ids.items() if value}


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, process, ids, what the line is about, the error's story."""

    def format(self, record: Record) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": words_of(record),
            "process": record.process,
            **ids_of(record),
            **getattr(record, "about", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = story(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


class PlainLines(logging.Formatter):
    """The same for people. Control characters are written as such: nobody draws on the operator's terminal."""

    def format(self, record: Record) -> str:
        ids = " ".join(f"{name} {value}" for name, value in ids_of(record).items())
        head = f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S} {record.levelname} {record.name}: "
        lines = [head + _visible(words_of(record)) + (f" [{ids}]" if ids else "")]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [f"    {_visible(line)}" for line in story(record.exc_info[1])]
        return "\n".join(lines)


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


class Stderr(logging.StreamHandler[TextIO]):
    """Of trouble with the database one line a minute and kind, without its story: everybody meets it, many times."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def emit(self, record: Record) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not outage.is_outage(error):
            super().emit(record)
        elif self._is_news(outage.kind(error)):
            super().emit(in_short(record, error))

    def _is_news(self, kind: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._told[kind] = now
        return True


def in_short(record: Record, error: BaseException) -> Record:
    """A warning that names the trouble instead of all the places it passed."""
    short = copy.copy(record)
    short.msg = "the database is in trouble: %s (met first where: %s)"
    short.args = (describe(error), words_of(record))
    short.exc_info = short.exc_text = None
    short.levelno, short.levelname = logging.WARNING, "WARNING"
    short.__dict__.pop("status_code", None)
    return short


class Gone(logging.Filter):
    """Drops what asyncio tells of a request whose client went away while it was cut short: nobody was left to hear."""

    def filter(self, record: Record) -> bool:
        return record.exc_info is None or not isinstance(record.exc_info[1], RequestAborted)


def config(form: str, *, debug: bool) -> dict[str, Any]:
    """Django's LOGGING. `form`: json, line, or auto: plain lines where somebody watches."""
    plain = form == "line" or (form == "auto" and sys.stderr.isatty())
    own = {"handlers": [], "propagate": True}
    # A terminal is for what goes wrong; a log also for what was done.
    notes = "WARNING" if plain and not debug else "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "chatsite.logs.PlainLines" if plain else "chatsite.logs.JsonLines"}},
        "filters": {"gone": {"()": "chatsite.logs.Gone"}},
        "handlers": {"stderr": {"class": "chatsite.logs.Stderr", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own handler would say its lines a second time in DEBUG; refusals stand in the trail.
            "django": own,
            "asyncio": {**own, "filters": ["gone"]},
            "psycopg.pool": {**own, "level": "ERROR"},  # it would tell each try to reach a database that is away
            "django.server": {**own, "level": "WARNING"},
            "django.request": {**own, "level": "WARNING" if debug else "ERROR"},
            "chat.trail": {**own, "level": notes},
            "chat.consumers": {**own, "level": notes},
        },
    }
