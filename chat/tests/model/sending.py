"""Random stories of two tabs, their journal and a server: all is stored once and in order; each story is a vector."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat.tests.model.outbox import Outbox

tabs = st.sampled_from([0, 1])
rooms = st.sampled_from([1, 2])


class SendingMachine(RuleBasedStateMachine):
    """Turns and answers as the sender takes them; every call of a tab's outbox is told, with what is then in it."""

    stories: ClassVar[list[dict[str, Any]]] = []

    def __init__(self) -> None:
        super().__init__()
        self.boxes = [Outbox(), Outbox()]
        self.steps: list[list[list[Any]]] = [[], []]
        self.journal: list[dict[str, Any]] = []  # in order
        self.turns: dict[int, int] = {}  # room -> the tab that sends for it
        self.under_way: dict[int, tuple[str, int]] = {}  # tab -> words and their room, sent and not answered
        self.said: dict[str, int] = {}
        self.record: list[str] = []  # the database
        self.refused: set[str] = set()
        self.now = 0

    def teardown(self) -> None:
        self.stories += [{"steps": steps} for steps in self.steps]

    def tell(self, tab: int, verb: str, *given: Any) -> None:
        getattr(self.boxes[tab], verb)(*given)
        self.steps[tab].append([verb, list(given), self.now, self.boxes[tab].snapshot(self.now)])

    # --- People

    @rule(tab=tabs, room=rooms)
    def say(self, tab: int, room: int) -> None:
        words = f"{len(self.said)}"
        self.said[words] = room
        self.tell(tab, "add", words, room)
        self.journal.append({"clientId": words, "room": room, "order": len(self.said), "state": "waiting"})
        self.tell(tab, "kept", words, len(self.said))
        self._read_journal(1 - tab, self.now + 1000)

    @precondition(lambda self: self.refused)
    @rule(tab=tabs)
    def retry(self, tab: int) -> None:
        words = min(self.refused)
        self.refused.discard(words)
        self._settle(words, "waiting")
        for each in (tab, 1 - tab):
            self._read_journal(each, 0)
        if self.boxes[tab].find(words):
            self.tell(tab, "retry", words)

    @rule(seconds=st.sampled_from([1, 5, 20]))
    def wait(self, seconds: int) -> None:
        self.now += 1000 * seconds

    # --- A tab sends

    @rule(tab=tabs)
    def take(self, tab: int) -> None:
        due = self.boxes[tab].due(self.now)
        if tab in self.under_way or not due:
            return
        room = due[0]
        self.tell(tab, "take", room)
        if self.turns.setdefault(room, tab) != tab:
            self.tell(tab, "rest", room, self.now + 10_000)
            return self.tell(tab, "free", room)
        self._read_journal(tab, 0)
        head = self.boxes[tab].head(room)
        if head is None or head.notBefore > self.now:
            self.turns.pop(room)
            return self.tell(tab, "free", room)
        self.under_way[tab] = head.clientId, room

    @precondition(lambda self: self.under_way)
    @rule(answer=st.sampled_from(["ok", "shown at once", "stored and lost", "lost", "refused"]))
    def answer(self, answer: str) -> None:
        tab, (words, room) = next(iter(self.under_way.items()))
        del self.under_way[tab]
        is_known = words in self.record
        if answer == "refused" and not is_known:
            self.refused.add(words)
            self.tell(tab, "fail", words, "no")
            self._settle(words, "failed")
        elif answer == "lost":
            self.tell(tab, "postpone", words, self.now + 500, 1)
        else:
            self.record += [] if is_known else [words]
            self._answered(tab, words, answer)
        self.turns.pop(room)
        self.tell(1 - tab, "rest", room, 0)
        self.tell(tab, "free", room)

    def _answered(self, tab: int, words: str, answer: str) -> None:
        if answer == "stored and lost":
            return self.tell(tab, "postpone", words, self.now, 0)
        self.tell(tab, "stored", words, 1)
        if answer == "shown at once":  # and the journal, which still has it, is read by another room's turn
            self.tell(tab, "remove", words)
            self._read_journal(tab, 0)
        self._settle(words, None)
        if self.boxes[1 - tab].find(words):
            self.tell(1 - tab, "stored", words, 1)

    def _settle(self, words: str, state: str | None) -> None:
        for entry in [each for each in self.journal if each["clientId"] == words]:
            if state is None:
                self.journal.remove(entry)
            else:
                entry["state"] = state

    def _read_journal(self, tab: int, not_before: int) -> None:
        self.tell(tab, "adopt", [dict(entry) for entry in self.journal], not_before)

    # --- The line, the page

    @rule(tab=tabs)
    def line_is_back(self, tab: int) -> None:
        self.tell(tab, "hurry")

    @rule(tab=tabs)
    def message_is_shown(self, tab: int) -> None:
        for entry in [each for each in self.boxes[tab].entries if each.state == "stored"]:
            self.tell(tab, "remove", entry.clientId)

    # --- What must hold at every moment

    @invariant()
    def stored_once(self) -> None:
        assert len(self.record) == len(set(self.record))

    @invariant()
    def nothing_is_lost(self) -> None:
        waiting = {entry["clientId"] for entry in self.journal}
        assert set(self.said) == waiting | set(self.record)
        for box in self.boxes:
            assert {entry.clientId for entry in box.entries if entry.state != "stored"} <= waiting | set(self.record)

    @invariant()
    def in_the_order_it_was_said(self) -> None:
        """But for what was refused first and then tried again."""
        for room in (1, 2):
            stored = [int(words) for words in self.record if self.said[words] == room and words not in self._retried]
            assert stored == sorted(stored)

    @property
    def _retried(self) -> set[str]:
        return {given[0] for steps in self.steps for verb, given, *_rest in steps if verb == "fail"}
