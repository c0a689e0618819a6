"""What the tests of a run share: one town, the order of the files, and the tables."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.test import TransactionTestCase

from chat.models import Room
from chatsite.testing import order, seeded
from chatsite.testing.emptying import KEPT, empty


def test_the_town_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        time.sleep(0.05)
        (folder / "whole").touch()

    monkeypatch.delenv(seeded.PLACE, raising=False)
    monkeypatch.setattr(seeded, "_make", make)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "half").touch()  # by one that was killed
    with ThreadPoolExecutor(4) as threads:
        folders = set(threads.map(seeded.made_once, [tmp_path] * 4))
    assert folders == {tmp_path / "town"}
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "town").iterdir()] == ["whole"]


def test_the_longest_files_begin_and_those_that_measure_end() -> None:
    begin, end = ([order.ROOT / path for path in paths] for paths in (order.LONGEST, order.MEASURING))
    assert [path for path in begin + end if not path.exists()] == []
    assert sorted([*end, Path("other"), *reversed(begin)], key=order.rank) == [*begin, Path("other"), *end]


@pytest.mark.django_db(transaction=True)
def test_behind_a_test_with_real_transactions_only_what_none_changes_is_left(room: Room) -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    before = {table: count(table) for table in tables}
    assert before["chat_membership"] == 3
    empty(TransactionTestCase())
    assert {table for table in tables if count(table)} == {table for table in KEPT if before[table]}
    assert {table: count(table) for table in KEPT} == {table: before[table] for table in KEPT}
    assert before["auth_group_permissions"] > 0


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
        return int(cursor.fetchone()[0])
