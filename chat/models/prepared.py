"""Querysets whose SQL is written once: Django takes longer to write some than the database to answer them."""

from collections.abc import Callable
from copy import copy
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connections, models

Row = TypeVar("Row")

# Undocumented names of Django that this module leans on; a test pins every one of them.
LEANS_ON = {
    "django.db.models.sql.query.Query": ["get_compiler"],
    "django.db.models.sql.compiler.SQLCompiler": ["as_sql", "execute_sql", "get_converters", "pre_sql_setup"],
}

FIRST_MARK = -(2**61)  # stands for a parameter in the SQL; no id and no seq is negative


Given = int | str | datetime


def moment(mark: int) -> models.Value:
    """What `build` compares a time with: a mark is none, and a column of times would refuse it."""
    return models.Value(mark, models.BigIntegerField())


class Prepared(Generic[Row]):
    """Calling it with the ids, seqs, words and times that `build` takes gives the rows of `build`'s queryset for them.

    All else in that queryset stays as it is at the first call: the time must not be in it.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, Row]]) -> None:
        self.build = build
        self._queryset: models.QuerySet[Any, Row] | None = None

    def __call__(self, *given: Given) -> list[Row]:
        if self._queryset is None:
            self._prepare(len(given))
        assert self._queryset is not None
        rows = self._queryset.all()
        rows.query.get_compiler = lambda using, **_options: self._filled(using, given)  # type: ignore[method-assign]
        return list(rows)

    def _prepare(self, count: int) -> None:
        marks = [FIRST_MARK - number for number in range(count)]
        queryset = self.build(*marks)
        compiler: Any = queryset.query.get_compiler(queryset.db)
        compiler.pre_sql_setup()
        self._sql, params = compiler.as_sql()
        places = {str(mark): place for place, mark in enumerate(marks)}  # a column of words has made a word of its mark
        self._places = [places.get(str(param)) for param in params]
        self._fixed = params
        self._converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        self._compiler = compiler  # only now: another thread may have prepared the same, and be at work with it
        self._queryset = queryset

    def _filled(self, using: str, given: tuple[Given, ...]) -> Any:
        """A compiler that has its SQL already, with this thread's connection."""
        compiler = copy(self._compiler)
        compiler.connection = connections[using]
        adapt = compiler.connection.ops.adapt_datetimefield_value
        values = [adapt(value) if isinstance(value, datetime) else value for value in given]
        params = [
            fixed if place is None else values[place] for place, fixed in zip(self._places, self._fixed, strict=True)
        ]
        compiler.as_sql = lambda *_options: (self._sql, params)
        compiler.get_converters = lambda _expressions: self._converters
        return compiler
