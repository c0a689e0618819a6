"""What the tests of a run share: one town, the order of the files, and the tables."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from accounts.models import User
from chat import actions
from chat.models import AuditEntry, Installation, Room
from chatsite.testing import order, seeded
from chatsite.testing.emptying import KEPT, empty

FIRST = {"accounts_user", "chat_installation"}


def test_the_town_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        folder.mkdir()
        time.sleep(0.05)
        (folder / "whole").touch()

    monkeypatch.setenv(seeded.PLACE, str(tmp_path))
    monkeypatch.setattr(seeded, "_make_town", make)
    (tmp_path / "town.unfinished").mkdir()
    (tmp_path / "town.unfinished" / "half").touch()  # by one that was killed
    with ThreadPoolExecutor(4) as threads:
        folders = {made.result() for made in [threads.submit(seeded.town) for _ in range(4)]}
    assert folders == {tmp_path / "town"}
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "town").iterdir()] == ["whole"]


def test_the_longest_files_begin_and_those_that_measure_end() -> None:
    begin, end = ([order.ROOT / path for path in paths] for paths in (order.LONGEST, order.MEASURING))
    assert [path for path in begin + end if not path.exists()] == []
    assert sorted([*end, Path("other"), *reversed(begin)], key=order.rank) == [*begin, Path("other"), *end]


@pytest.mark.django_db(transaction=True)
def test_behind_a_test_with_real_transactions_all_is_as_at_first(room: Room) -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    before = {table: count(table) for table in tables}
    assert before["chat_membership"] == 3
    empty(TransactionTestCase())
    assert {table for table in tables if count(table)} == {table for table in KEPT if before[table]} | FIRST
    assert {table: count(table) for table in KEPT} == {table: before[table] for table in KEPT}
    assert before["auth_group_permissions"] > 0
    assert list(User.objects.values_list("handle", "kind", "is_active")) == [("system", "system", False)]
    assert list(Installation.objects.values_list("pk", "set_up_at")) == [(1, None)]


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_room_is_furnished_as_the_actions_would(private_room: Room, alice: User, bob: User, mod: User) -> None:
    made = actions.create_room(actor=alice, name="Captains", kind="private")
    for person in (bob, mod):
        actions.add_member(actor=alice, room_id=made.pk, handle=person.handle)
    actions.set_role(actor=alice, room_id=made.pk, user_id=mod.pk, role="moderator")
    made.refresh_from_db()
    assert rows_of(private_room) == rows_of(made)
    assert private_room.slug == "captains"


def rows_of(room: Room) -> list[list[dict[str, Any]]]:
    """All that there is of it, without what differs from one to the next."""
    ids = dict(room.memberships.values_list("pk", "user__handle"))
    given = [Room.objects.filter(pk=room.pk), room.memberships.order_by("pk"), AuditEntry.objects.filter(room=room)]
    rows = [list(found.values()) for found in given]
    for row in (row for found in rows for row in found):
        for name in ("id", "slug", "room_id", "joined_at", "created_at"):
            row.pop(name, None)
        if "target" in row:
            row["target"] = ids[int(row["target"].partition(":")[2])]
    return rows
