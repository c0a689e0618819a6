"""The admin's first page: figures that are right, charts that can be read without eyes, and what it costs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import actions
from chat.actions import Said
from chat.admin import dashboard
from chat.admin.charts import HEIGHT, bar_chart
from chat.models import Connection, Message, ProcessLease, Room

pytestmark = pytest.mark.django_db

ClientOf = Callable[..., Client]


def import_days(people: list[User], days_back: list[tuple[int, int]]) -> None:
    """A room with messages of the past: (days back, how many), its people taking turns."""
    noon = datetime.combine(timezone.now().astimezone(UTC).date(), time(0, 1), UTC)
    said = [
        Said(people[number % len(people)].pk, f"word {number}", noon - timedelta(days=back))
        for back, many in days_back
        for number in range(many)
    ]
    room = actions.create_room(actor=people[0], name="Past")
    actions.import_messages(actor=people[0], room_id=room.pk, said=said)


def test_the_figures_are_right(alice: User, bob: User, sheriff: User) -> None:
    import_days([alice, bob], [(20, 9), (13, 1), (2, 5), (1, 3)])
    days = dashboard.busy_days()
    today = timezone.now().astimezone(UTC).date()
    assert [day for day, _messages, _people in days] == [today - timedelta(days=back) for back in range(13, -1, -1)]
    counted = {(today - day).days: (messages, people) for day, messages, people in days if messages}
    assert counted == {13: (1, 1), 2: (5, 2), 1: (3, 2)}


def test_counting_stops_somewhere(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_days([alice, bob], [(1, 12)])
    monkeypatch.setattr(dashboard, "A_DAY", 5)
    yesterday = dashboard.busy_days()[-2]
    assert yesterday[1] == 5
    assert bar_chart([(yesterday[0], 5)], limit=5).bars[0].words == "5+"


def test_the_figures_are_kept_for_a_while(
    room: Room, alice: User, say: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    say(alice, room)
    with django_assert_num_queries(14):
        assert dashboard.busy_days()[-1][1] == 1
    say(alice, room)
    with django_assert_num_queries(0):
        assert dashboard.busy_days()[-1][1] == 1
    cache.delete(f"desk.day.{timezone.now().astimezone(UTC).date()}")  # as a minute does
    with django_assert_num_queries(1):
        assert dashboard.busy_days()[-1][1] == 2


def test_the_index_answers_alone(room: Room, alice: User, say: Any, django_assert_num_queries: Any) -> None:
    """A million rows are not read for two numbers: the plan names the covering index, on SQLite and PostgreSQL."""
    from django.db import connection

    say(alice, room)
    rows = Message.objects.filter(created_at__gte=timezone.now() - timedelta(days=1)).order_by().values("author_id")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    assert "message_time" in rows.explain()


def test_what_stands_there(desk: Client, sheriff: User, bob: User, alice: User, room: Room, say: Any) -> None:
    message = say(bob, room)
    actions.hide_message(actor=sheriff, message_id=message.pk, reason="Not here")
    soon = timezone.now() + timedelta(hours=1)
    actions.ban_person(actor=sheriff, user_id=bob.pk, until=soon, reason="Sold berths")
    actions.mute_person(actor=sheriff, user_id=alice.pk, reason="Too loud")
    lease = ProcessLease.objects.create(started_at=timezone.now(), expires_at=soon)
    Connection.objects.create(lease=lease, user=alice, room=room)
    page = desk.get("/admin/").content.decode()
    figures = re.findall(r"<strong>([\d,+]+)</strong> ([^<]+)<", page)
    assert [(number, words.strip()) for number, words in figures] == [
        ("1", "connected, in 1 room"),
        ("1", "bans in force"),
        ("1", "mutes in force"),
        ("1", "end within a day"),
        ("0", "private rooms opened"),
        ("1", "messages hidden in 7 days"),
    ]
    assert "Sold berths" in page, "the latest acts"
    for address in re.findall(r'class="overview-figures".*?</ul>', page, re.DOTALL)[0].split('href="')[1:]:
        assert desk.get(address.split('"')[0].replace("&amp;", "&")).status_code == 200


def test_the_charts_are_pictures_with_words(desk: Client, room: Room, alice: User, bob: User) -> None:
    import_days([alice, bob], [(1, 7), (0, 3)])
    page = desk.get("/admin/").content.decode()
    drawn = re.findall(r"<svg viewBox=\"0 0 332.*?</svg>", page, re.DOTALL)
    charts = [ElementTree.fromstring(svg) for svg in drawn]  # noqa: S314 - our own page
    assert len(charts) == 2
    messages = charts[0]
    assert messages.get("role") == "img"
    title = messages.find("title")
    assert title is not None
    assert messages.get("aria-labelledby") == title.get("id")
    assert "at most 7, today 3" in str(title.text)
    bars = [(int(bar.get("y") or 0), int(bar.get("height") or 0)) for bar in messages.findall("rect")]
    assert len(bars) == 14
    assert bars[-2:] == [(0, HEIGHT), (HEIGHT - 31, 31)]
    assert len({bar.get("x") for bar in messages.findall("rect")}) == 14
    assert page.count("<tbody>") >= 2
    assert "style=" not in page


def test_an_empty_site_has_flat_charts(desk: Client) -> None:
    page = desk.get("/admin/")
    assert page.status_code == 200
    assert "Nothing yet." in page.content.decode()
    chart = bar_chart([(timezone.now().date(), 0)], limit=9)
    assert (chart.bars[0].height, chart.top) == (0, "0")


def test_what_the_page_asks_of_the_database(
    desk: Client, sheriff: User, bob: User, room: Room, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(12):
        actions.mute_person(actor=sheriff, user_id=bob.pk, room_id=room.pk, reason="x")
    desk.get("/admin/")
    with django_assert_max_num_queries(16):
        assert desk.get("/admin/").status_code == 200


def test_times_are_on_the_readers_clock(desk: Client, sheriff: User, bob: User) -> None:
    row = actions.mute_person(actor=sheriff, user_id=bob.pk, reason="x")
    stamp = f"{row.created_at.astimezone(UTC) + timedelta(hours=5, minutes=45):%H:%M}"
    User.objects.filter(pk=sheriff.pk).update(time_zone="Asia/Kathmandu")
    page = desk.get("/admin/chat/auditentry/").content.decode()
    assert f", {stamp}</time>" in page
    assert "Times are on your clock: Asia/Kathmandu." in page
    assert timezone.get_current_timezone_name() == "UTC", "and the next request has its own"
