"""Clocks: which time zone a person reads in."""

import zoneinfo
from datetime import UTC, tzinfo

from accounts.models import User


def zone_of(user: User) -> tzinfo:
    """The person's time zone; UTC until there is one, or when this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone) if user.time_zone else UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return UTC
