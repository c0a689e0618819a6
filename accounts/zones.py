"""Clocks: which time zone a person reads in."""

import zoneinfo
from datetime import UTC, tzinfo
from functools import cache
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User

# Those named by a place. The others are shorthands of old, which stay good for whoever has one.
REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


def zone_of(user: User) -> tzinfo:
    """The person's time zone; UTC until there is one, or when this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone) if user.time_zone else UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return UTC


def is_zone(name: str) -> bool:
    """Whether this machine knows it; the empty one is the browser's."""
    return not name or name in _known()


def choices(present: str = "") -> list[Any]:
    """For a form: the browser's, UTC, then by region and place; `present` too when it is an old shorthand."""
    others = [present] if present and present in _known() and present not in _offered() else []
    return [("", _("As the browser says")), *((zone, zone) for zone in ("UTC", *others)), *_by_region()]


@cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def _offered() -> frozenset[str]:
    return frozenset(zone for zone in _known() if _region(zone) in REGIONS) | {"UTC"}


@cache
def _by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    zones = sorted(_offered() - {"UTC"})
    return [(region, [(zone, _place(zone)) for zone in there]) for region, there in groupby(zones, _region)]


def _region(zone: str) -> str:
    return zone.partition("/")[0]


def _place(zone: str) -> str:
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ")
