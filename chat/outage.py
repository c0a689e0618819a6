"""When the database, or the disk under it, cannot do what it is asked: which errors say so, and of which kind."""

import errno

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError

ASKED_WRONGLY = "SQLITE_ERROR"  # no such table, a mistake in the statement: a bug of ours
READ_ONLY, FROZEN_TOO_LONG = "25006", "25P03"  # to psycopg these are internal errors
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def is_outage(error: BaseException | None) -> bool:
    """Whether the database could not answer, rather than was asked wrongly: the same may go well in a moment."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if isinstance(error, InternalError):
        return kind(error) in {READ_ONLY, FROZEN_TOO_LONG}
    if isinstance(error, OperationalError | InterfaceError):
        return kind(error) != ASKED_WRONGLY
    return type(error) is DatabaseError


def kind(error: BaseException) -> str:
    """A short name, the same for the same trouble: the SQLSTATE, SQLite's code, or the exception's."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return str(code or type(cause).__name__)
