"""The admin's first page: what is going on, in figures that stay cheap however long the log is."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.factors import has_factor
from chat.admin.audit import Told
from chat.admin.charts import bar_chart, said
from chat.admin.desk import opened_rooms, staff_of
from chat.models import AuditEntry, Connection, Message, Opening, Restriction

DAYS = 14
A_DAY = 250_000  # counting a day's messages stops here
OPEN = 1_000  # and open matters here
TODAY_SECONDS, OVER_SECONDS = 60, 3600
LATEST_ACTS = 8

Day = tuple[date, int, int]  # messages, and people who said something


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """What the first page shows beside the list of desks: for those who may see what it counts."""
    staff = staff_of(request)
    context: dict[str, Any] = {"lacks_factor": not has_factor(staff)}
    if staff.has_perm("chat.view_message"):
        days = busy_days()
        context |= {
            "charts": [
                (_("Messages"), bar_chart([(day, messages) for day, messages, _people in days], limit=A_DAY)),
                (_("Active people"), bar_chart([(day, people) for day, _messages, people in days], limit=A_DAY)),
            ],
            "connected": connected_now(),
        }
    if staff.has_perm("chat.view_restriction"):
        context["matters"] = open_matters()
    if staff.has_perm("chat.view_auditentry"):
        entries = AuditEntry.objects.select_related("actor", "person", "room").order_by("-pk")[:LATEST_ACTS]
        context["latest_acts"] = [Told(entry, opened_rooms(request)) for entry in entries]
    return context


def busy_days() -> list[Day]:
    """The last fourteen days (UTC), today last. Today is at most a minute old; days that are over hardly change."""
    today = timezone.now().astimezone(UTC).date()
    days = {f"desk.day.{day}": day for day in (today - timedelta(days=back) for back in reversed(range(DAYS)))}
    kept = cache.get_many(list(days))
    for key, day in days.items():
        if key not in kept:
            kept[key] = _day(day)
            cache.set(key, kept[key], TODAY_SECONDS if day == today else OVER_SECONDS)
    return [(day, *kept[key]) for key, day in days.items()]


def _day(day: date) -> list[int]:
    """Read from the index (created_at, author) alone, and no further than A_DAY rows."""
    begin = datetime.combine(day, time(), UTC)
    said_then = Message.objects.filter(created_at__gte=begin, created_at__lt=begin + timedelta(days=1))
    counted = (
        said_then.order_by()
        .values("author_id")[:A_DAY]
        .aggregate(messages=Count("author_id"), people=Count("author_id", distinct=True))
    )
    return [counted["messages"], counted["people"]]  # a list: Redis keeps JSON


def connected_now() -> dict[str, int]:
    """People who have a room open, in processes that live."""
    living = Connection.objects.filter(lease__expires_at__gt=Now())
    return living.aggregate(people=Count("user", distinct=True), rooms=Count("room", distinct=True))


def open_matters() -> list[dict[str, str]]:
    """What somebody may have to look at again, each with its list."""
    now = timezone.now()
    in_force = Restriction.objects.in_force()
    week = now - timedelta(days=7)
    hidden = AuditEntry.objects.filter(verb=AuditEntry.Verb.HIDE, created_at__gte=week)
    restrictions, openings, audit = (
        reverse(f"admin:chat_{noun}_changelist") for noun in ("restriction", "opening", "auditentry")
    )
    counted = [
        (in_force.filter(kind=Restriction.Kind.BAN), _("bans in force"), f"{restrictions}?kind__exact=ban"),
        (in_force.filter(kind=Restriction.Kind.MUTE), _("mutes in force"), f"{restrictions}?kind__exact=mute"),
        (in_force.filter(until__lt=now + timedelta(days=1)), _("end within a day"), f"{restrictions}?state=ending"),
        (Opening.objects.in_force(), _("private rooms opened"), openings),
        (hidden, _("messages hidden in 7 days"), f"{audit}?verb={AuditEntry.Verb.HIDE}&since={week.date()}"),
    ]
    return [
        {"number": said(rows.order_by()[:OPEN].count(), OPEN), "words": words, "url": url}
        for rows, words, url in counted
    ]
