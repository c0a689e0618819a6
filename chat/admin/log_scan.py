"""Pages of the log: along one index, without counting, and never further than so many rows for one page.

A search for rare words, or for one person in a busy room, may find nothing in all those rows; the page then says how
far it has looked, and the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThanOrEqual, IsNull, LessThan
from django.utils.translation import gettext as _

from accounts.models import User
from chat.admin.log_filters import Sought, State
from chat.errors import Invalid
from chat.models import Message, Revision, Room

PAGE = 50
REACH = 100_000  # rows that are looked at for one page
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Condition = Q | Exact | GreaterThanOrEqual | LessThan


@dataclass(frozen=True)
class Place:
    """A message's place in the order; `at` when that is the order of time. In an address `345` or `345-<µs>`."""

    pk: int
    at: datetime | None = None

    def __str__(self) -> str:
        return str(self.pk) if self.at is None else f"{self.pk}-{(self.at - EPOCH) // timedelta(microseconds=1)}"

    @classmethod
    def read(cls, raw: str | None) -> Self | None:
        """Raises Invalid."""
        if not raw:
            return None
        pk, _dash, at = raw.partition("-")
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (pk, at or "0")):
            raise Invalid(_("The address names no place in the log."))
        try:
            return cls(int(pk), EPOCH + timedelta(microseconds=int(at)) if at else None)
        except OverflowError as error:
            raise Invalid(_("The address names no place in the log.")) from error


@dataclass(frozen=True)
class Page:
    """Newest first. `older` and `newer` are where the next pages begin, None at the ends."""

    messages: list[Message]
    older: Place | None = None
    newer: Place | None = None
    looked_to: datetime | None = None  # when the page is not full: the time of the last row that was looked at


@dataclass(frozen=True)
class Walk:
    """`rows` lie on one index; every one of them on the way is held against the `sieves`."""

    rows: QuerySet[Message]
    sieves: tuple[Condition, ...]
    by_time: bool = False
    whole_table: bool = False

    def back(self, before: Place | None, size: int = PAGE) -> Page:
        """The page before a place, or the newest one."""
        found, rest, looked_to = self._look(before, size, ascending=False)
        newer = None if before is None or not found else self._place(found[0])
        return Page(found, rest, newer, looked_to)

    def forth(self, after: Place, size: int = PAGE) -> Page:
        """The page behind a place."""
        found, rest, looked_to = self._look(after, size, ascending=True)
        return Page(found[::-1], self._place(found[0]) if found else None, rest, looked_to)

    def around(self, place: Place, size: int = PAGE) -> Page:
        older = self.back(place, size // 2)
        newer = self.forth(Place(place.pk - 1), size - len(older.messages))
        return Page(newer.messages + older.messages, older.older, newer.newer)

    def _look(
        self, start: Place | None, size: int, *, ascending: bool
    ) -> tuple[list[Message], Place | None, datetime | None]:
        ahead = self._ahead(start, ascending=ascending)
        last = self._end_of_reach(ahead, start, ascending=ascending)
        reached = ahead if last is None else ahead.filter(self._beside(last, ascending=not ascending, inclusive=True))
        ids = list(reached.filter(*self.sieves).values_list("pk", flat=True)[: size + 1])
        messages = loaded(ids[:size])
        if messages and len(ids) > size:
            return messages, self._place(messages[-1]), None
        return messages, last, _time_of(last) if last else None

    def _ahead(self, start: Place | None, *, ascending: bool) -> QuerySet[Message]:
        names = ("created_at", "pk") if self.by_time else ("pk",)
        rows = self.rows.order_by(*(name if ascending else f"-{name}" for name in names))
        return rows if start is None else rows.filter(self._beside(start, ascending=ascending))

    def _beside(self, place: Place, *, ascending: bool, inclusive: bool = False) -> Q:
        """What lies on one side of a place."""
        side = ("gt" if ascending else "lt") + ("e" if inclusive else "")
        if not self.by_time:
            return Q((f"pk__{side}", place.pk))
        at = place.at or _time_of(place) or EPOCH
        strictly = side[:2]
        return Q((f"created_at__{strictly}e", at)) & (Q((f"created_at__{strictly}", at)) | Q((f"pk__{side}", place.pk)))

    def _end_of_reach(self, ahead: QuerySet[Message], start: Place | None, *, ascending: bool) -> Place | None:
        """The last row that this page looks at; None when it may look at all."""
        if not self.sieves:
            return None
        if not self.whole_table:
            names = ("pk", "created_at") if self.by_time else ("pk",)  # no more than lies in the index
            last = ahead.values_list(*names)[REACH - 1 : REACH].first()
            return last and Place(*last)
        # Numbers instead of rows: stepping over rows of the table itself reads all their words.
        begin = start.pk if start else (ahead.values_list("pk", flat=True).first() or 0) + 1
        end = Place(begin + REACH if ascending else begin - REACH)
        return end if ahead.filter(self._beside(end, ascending=ascending)).exists() else None

    def _place(self, message: Message) -> Place:
        return Place(message.pk, message.created_at if self.by_time else None)


def walk(sought: Sought) -> Walk:
    """The index that leads past the fewest rows, and the sieves for all else that is sought."""
    rows, words = Message.objects.all(), _words(sought.words)
    room, author, period = _room(sought), _equal("author_id", sought.author), _period(sought)
    if sought.state:
        rows = rows.filter(**{STATES[State(sought.state)]: False})
        if sought.room and sought.state != State.EDITED:
            rows, room = rows.filter(room=sought.room), ()
        return Walk(rows, (*_kind(sought.state), *room, *author, *period, *words))
    if sought.author:
        return Walk(rows.filter(author=sought.author), (*room, *period, *words))
    if sought.room:
        rows, room = rows.filter(room=sought.room), ()
    if sought.start or sought.end:
        bounds = {"created_at__gte": sought.start, "created_at__lt": sought.end}
        rows = rows.filter(**{name: at for name, at in bounds.items() if at})
        return Walk(rows, (*room, *words), by_time=True)
    return Walk(rows, (*room, *words), whole_table=sought.room is None)


STATES = {State.HIDDEN: "deleted_at__isnull", State.DELETED: "deleted_at__isnull", State.EDITED: "edited_at__isnull"}


def loaded(ids: Sequence[int]) -> list[Message]:
    """In this order, with all that a fragment names. Apart from the search, so that joins cannot change its path."""
    found = Message.objects.select_related("author", "deleted_by", "room").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _kind(state: str) -> tuple[Condition, ...]:
    if state == State.EDITED:
        return ()
    own = Q(deleted_by=F("author"))
    return (own if state == State.DELETED else ~own,)


def _room(sought: Sought) -> tuple[Condition, ...]:
    """The room that is sought, or all public ones: what was opened is read in its own conversation only."""
    if sought.room:
        return _equal("room_id", sought.room)
    # A scalar query, since PostgreSQL would make a join of EXISTS, begin with the rooms and sort all that is in them.
    kind = Subquery(Room.objects.filter(pk=OuterRef("room_id")).values("kind")[:1])
    return (Exact(kind, Room.Kind.PUBLIC),)


def _equal(name: str, row: User | Room | None) -> tuple[Condition, ...]:
    return () if row is None else (Exact(_unindexed(name), row.pk),)


def _period(sought: Sought) -> tuple[Condition, ...]:
    since = (GreaterThanOrEqual(_unindexed("created_at"), sought.start),) if sought.start else ()
    until = (LessThan(_unindexed("created_at"), sought.end),) if sought.end else ()
    return (*since, *until)


def _unindexed(name: str) -> Combinable:
    """A column that a database cannot find by an index: the one that was chosen bounds the search, no other would."""
    return Coalesce(F(name), F(name))


def _words(words: str) -> tuple[Condition, ...]:
    """In what messages say, and in what they said before they were changed or taken from sight."""
    if not words:
        return ()
    now, before = Q(), Q()
    for spelling in sorted(_spellings(words)):
        now |= Q(body__icontains=spelling)
        before |= Q(body__icontains=spelling)
    changed = Q(edited_at__isnull=False) | Q(deleted_at__isnull=False)
    # Scalar for the same reason as a room's kind above: PostgreSQL would read all revisions there are.
    revision = Subquery(Revision.objects.filter(before, message=OuterRef("pk")).values("pk")[:1])
    return (now | (changed & Q(IsNull(revision, False))),)


def _spellings(words: str) -> set[str]:
    """SQLite tells capitals from small letters outside ASCII; the common ways to write a word stand in for that."""
    return {words} if words.isascii() else {words, words.lower(), words.upper(), words.capitalize()}


def _time_of(place: Place) -> datetime | None:
    """When what lies at a place, or next behind it, was said."""
    if place.at is not None:
        return place.at
    return Message.objects.filter(pk__gte=place.pk).order_by("pk").values_list("created_at", flat=True).first()
