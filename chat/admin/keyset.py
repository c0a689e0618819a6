"""One page of a list by the ids at its ends: as fast at the millionth row as at the first, and never counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Leaf(Generic[Row]):
    """Newest first. The addresses keep the filters; "" where there is no further page."""

    rows: list[Row]
    newer: str
    older: str
    newest: str


def leaf(rows: QuerySet[Row], query: Mapping[str, str], size: int) -> Leaf[Row]:
    """The newest page, or the one `before` or `after` an id; what is no id asks for the newest."""
    before, after = _id(query.get(BEFORE, "")), _id(query.get(AFTER, ""))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(found) > size, True
        shown = found[:size][::-1]
    else:
        found = list((rows.filter(pk__lt=before) if before is not None else rows).order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(found) > size
        shown = found[:size]
    kept = {name: value for name, value in query.items() if name not in {BEFORE, AFTER} and value}
    return Leaf(
        shown,
        newer=_address(kept, AFTER, shown[0]) if shown and has_newer else "",
        older=_address(kept, BEFORE, shown[-1]) if shown and has_older else "",
        newest=f"?{urlencode(kept)}" if before is not None or after is not None else "",
    )


def _address(kept: dict[str, str], side: str, row: Any) -> str:
    return f"?{urlencode({**kept, side: row.pk})}"


def _id(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 19 else None
