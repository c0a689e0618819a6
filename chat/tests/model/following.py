"""Random stories of a reader and a server: what the list shows is true up to its cursor, and each story is a vector."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat.tests.model.reader import MOST_ROWS, Page, Reader

PAGE = 4
Frame = tuple[int, int, list[list[int]]]
places = st.integers(0, 40)


class Record:
    """The room in the database: of each message all the seqs it ever had."""

    def __init__(self) -> None:
        self.seq = 0
        self.versions: dict[int, list[int]] = {}

    def post(self) -> None:
        self.seq += 1
        self.versions[len(self.versions) + 1] = [self.seq]

    def change(self, place: int) -> None:
        self.seq += 1
        self.versions[place].append(self.seq)

    def newest(self, place: int) -> int:
        return self.versions[place][-1]

    def known(self, place: int, cursor: int) -> int:
        """What somebody with this cursor must have of it at least; 0: nothing yet."""
        return max((seq for seq in self.versions[place] if seq <= cursor), default=0)

    def changes(self, after: int) -> Frame:
        changed = [[place, self.newest(place)] for place in self.versions if self.newest(place) > after]
        return after, self.seq, sorted(changed, key=lambda each: each[1])

    def page(self, low: int, high: int) -> Page:
        """The messages from `low` to `high`."""
        rows = {place: self.newest(place) for place in self.versions if low <= place <= high}
        return Page(rows, low <= 1, high >= len(self.versions), self.seq)


class FollowingMachine(RuleBasedStateMachine):
    """One page of a room: its socket, its history requests, its answers over HTTP that come late."""

    stories: ClassVar[list[dict[str, Any]]] = []

    @initialize(count=st.integers(0, 20), shown=st.integers(1, MOST_ROWS))
    def begin(self, count: int, shown: int) -> None:
        self.record = Record()
        for _each in range(count):
            self.record.post()
        start = self.record.page(count - shown + 1, count)
        self.reader, self.sent = Reader.of(start), start.cursor
        self.pipe: list[Frame] = []
        self.late: list[Frame] = []
        self.asked: tuple[str, int, int] | None = None  # what for, the edge or place, the widest it may be answered
        self.answer: Page | None = None
        self.steps: list[list[Any]] = []
        self.story = {"start": start.as_vector(), "steps": self.steps}

    def teardown(self) -> None:
        if hasattr(self, "story"):
            self.stories.append(self.story)

    def tell(self, verb: str, *given: Any) -> None:
        self.steps.append([verb, list(given), self.reader.snapshot()])

    # --- The room

    @rule(count=st.sampled_from([1, 1, 2, 7]))
    def post(self, count: int) -> None:
        for _each in range(count):
            self.record.post()
        self.push()

    @precondition(lambda self: self.record.versions)
    @rule(place=places, is_shown=st.booleans())
    def change(self, place: int, is_shown: bool) -> None:
        found = sorted(self.reader.rows) if is_shown and self.reader.rows else list(self.record.versions)
        self.record.change(found[place % len(found)])
        self.push()

    # --- The line

    def push(self) -> None:
        self.pipe.append(self.record.changes(self.sent))
        self.sent = self.record.seq

    @precondition(lambda self: self.pipe)
    @rule(is_nearer_end=st.booleans())
    def receive(self, is_nearer_end: bool) -> None:
        if is_nearer_end != self.reader.is_nearer_end:
            self.reader.is_nearer_end = is_nearer_end
            self.tell("scroll", is_nearer_end)
        self._changes(self.pipe.pop(0))

    @rule()
    def cut(self) -> None:
        """What was under way is lost; the next socket opens the room at the cursor."""
        self.sent = self.reader.cursor
        self.pipe = []
        self.push()

    @rule()
    def catch_up_over_http(self) -> None:
        self.late.append(self.record.changes(self.reader.cursor))

    @precondition(lambda self: self.late)
    @rule(which=places)
    def answer_late(self, which: int) -> None:
        self._changes(self.late.pop(which % len(self.late)))

    def _changes(self, frame: Frame) -> None:
        self.reader.changes(*frame)
        self.tell("changes", *frame)

    # --- The reader

    @precondition(lambda self: self.reader.rows and not self.reader.held)
    @rule(place=places)
    def edit(self, place: int) -> None:
        shown = sorted(self.reader.rows)
        self.reader.hold(shown[place % len(shown)])
        self.tell("hold", shown[place % len(shown)])

    @precondition(lambda self: self.reader.held)
    @rule()
    def end_edit(self) -> None:
        place = next(iter(self.reader.held))
        self.reader.release(place)
        self.tell("release", place)

    # --- The requests: one at a time

    @precondition(lambda self: self.asked is None)
    @rule(verb=st.sampled_from(["older", "older", "newer", "replace", "reload"]), place=places)
    def ask(self, verb: str, place: int) -> None:
        reader, around = self.reader, 1 + place % max(1, len(self.record.versions))
        if verb in {"replace", "reload"}:
            self._ask(verb, around - PAGE, around + PAGE)
        elif verb == "older" and reader.rows and not reader.at_start:
            self._ask(verb, min(reader.rows) - PAGE, min(reader.rows) - 1)
        elif verb == "newer" and reader.rows and not reader.at_end:
            self._ask(verb, max(reader.rows) + 1, max(reader.rows) + PAGE)

    def _ask(self, verb: str, low: int, high: int) -> None:
        self.asked = verb, max(1, low), high
        self.reader.ask()
        self.tell("ask")

    @precondition(lambda self: self.asked is not None and self.answer is None)
    @rule()
    def read_page(self) -> None:
        _verb, low, high = self.asked
        self.answer = self.record.page(low, high)

    @precondition(lambda self: self.answer is not None)
    @rule()
    def fail(self) -> None:
        self.asked = self.answer = None
        self.reader.fail()
        self.tell("fail")

    @precondition(lambda self: self.asked is not None)
    @rule()
    def answered(self) -> None:
        assert self.asked is not None
        verb, low, high = self.asked
        page = self.answer or self.record.page(low, high)
        self.asked = self.answer = None
        if (verb == "older" and high + 1 != self.reader.first) or (verb == "newer" and low - 1 != self.reader.last):
            self.reader.fail()  # rows were dropped there meanwhile: it does not join on any more
            return self.tell("fail")
        if verb in {"older", "newer"}:
            self.reader.add_page(page, is_older=verb == "older")
        else:
            getattr(self.reader, verb)(page)
        self.tell(verb, page.as_vector())
        if verb == "reload":
            self.sent = self.reader.cursor
            self.push()

    # --- Scenes that chance alone seldom plays

    @precondition(lambda self: self.asked is None and self.reader.rows)
    @precondition(lambda self: not self.reader.at_start and self.reader.at_end)
    @rule()
    def rows_are_dropped_while_an_older_page_comes(self) -> None:
        self.ask("older", 0)
        self.post(MOST_ROWS)
        while self.pipe:
            self.receive(is_nearer_end=True)
        self.answered()

    @precondition(lambda self: self.reader.rows and not self.reader.held)
    @rule(place=places, is_edited=st.booleans())
    def an_old_answer_comes_late(self, place: int, is_edited: bool) -> None:
        self.change(place, is_shown=True)
        self.catch_up_over_http()
        if is_edited:
            self.edit(place)
        self.change(place, is_shown=True)
        while self.pipe:
            self.receive(is_nearer_end=True)
        self.answer_late(-1)
        if is_edited:
            self.end_edit()

    # --- What must hold at every moment

    @invariant()
    def nothing_is_missing_between_two_rows(self) -> None:
        if hasattr(self, "reader") and self.reader.rows:
            shown = sorted(self.reader.rows)
            assert shown == list(range(shown[0], shown[-1] + 1))
            assert (self.reader.first, self.reader.last) == (shown[0], shown[-1])
            assert not self.reader.at_start or shown[0] == 1

    @invariant()
    def rows_are_as_new_as_the_cursor(self) -> None:
        for place, version in self.reader.rows.items() if hasattr(self, "reader") else ():
            if place not in self.reader.held:
                assert version >= self.record.known(place, self.reader.cursor)

    @invariant()
    def nothing_is_missing_at_the_end(self) -> None:
        if hasattr(self, "reader") and self.reader.at_end:
            beyond = [place for place in self.record.versions if place > (self.reader.last or 0)]
            assert not [place for place in beyond if self.record.known(place, self.reader.cursor)]
