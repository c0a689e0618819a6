"""The rules of the outbox in Python: in order and one under way per room, whatever the journal and other tabs say."""

from dataclasses import asdict, dataclass
from typing import Any

LAST = 2**53


@dataclass
class Words:
    clientId: str  # noqa: N815 - as in the module, so that both can be compared
    room: int
    order: int | None = None
    state: str = "waiting"  # then "stored" or "failed"
    notBefore: int = 0  # noqa: N815
    tries: int = 0


class Outbox:
    def __init__(self) -> None:
        self.entries: list[Words] = []
        self.taken: set[int] = set()
        self.rests: dict[int, int] = {}
        self.gone: set[str] = set()

    def snapshot(self, now: int) -> dict[str, Any]:
        return {"entries": [asdict(entry) for entry in self.entries], "due": self.due(now), "wait": self.wait(now)}

    # --- What is there

    def find(self, client_id: str) -> Words | None:
        return next((entry for entry in self.entries if entry.clientId == client_id), None)

    def head(self, room: int) -> Words | None:
        return next((entry for entry in self.entries if entry.room == room and entry.state == "waiting"), None)

    def due(self, now: int) -> list[int]:
        return [room for room, time in self._times() if time <= now]

    def wait(self, now: int) -> int | None:
        return min((time - now for _room, time in self._times() if time > now), default=None)

    def _times(self) -> list[tuple[int, int]]:
        rooms = [room for room in dict.fromkeys(entry.room for entry in self.entries) if room not in self.taken]
        heads = [(room, head) for room in rooms if (head := self.head(room))]
        return [(room, max(head.notBefore, self.rests.get(room, 0))) for room, head in heads]

    # --- What happens

    def add(self, client_id: str, room: int) -> None:
        self.entries.append(Words(client_id, room))

    def kept(self, client_id: str, order: int) -> None:
        if entry := self.find(client_id):
            entry.order = order
        self._sort()

    def adopt(self, kept: list[dict[str, Any]], not_before: int) -> None:
        """The journal has the last word on what it keeps; what it lost was settled by another tab."""
        present = {each["clientId"] for each in kept}
        self.entries = [e for e in self.entries if e.state == "stored" or e.order is None or e.clientId in present]
        for each in kept:
            if each["clientId"] not in self.gone:
                self._adopt(each, not_before)
        self._sort()

    def _adopt(self, each: dict[str, Any], not_before: int) -> None:
        known = self.find(each["clientId"])
        if known is None:
            self.add(each["clientId"], each["room"])
            known, is_news = self.entries[-1], True
        else:
            is_news = known.state != each["state"]
        if known.state != "stored":
            known.order, known.state = each["order"], each["state"]
            known.notBefore = not_before if is_news else known.notBefore

    def _sort(self) -> None:
        self.entries.sort(key=lambda entry: LAST if entry.order is None else entry.order)

    def take(self, room: int) -> None:
        self.taken.add(room)

    def free(self, room: int) -> None:
        self.taken.discard(room)

    def rest(self, room: int, until: int) -> None:
        self.rests[room] = until

    def stored(self, client_id: str, _message: int) -> None:
        self._set(client_id, state="stored")

    def fail(self, client_id: str, _detail: str) -> None:
        self._set(client_id, state="failed")

    def postpone(self, client_id: str, until: int, tries: int) -> None:
        self._set(client_id, notBefore=until, tries=tries)

    def retry(self, client_id: str) -> None:
        self._set(client_id, state="waiting", notBefore=0, tries=0)

    def _set(self, client_id: str, **change: Any) -> None:
        entry = self.find(client_id)
        if entry is not None and entry.state != "stored":
            vars(entry).update(change)

    def hurry(self) -> None:
        for entry in self.entries:
            if entry.tries:
                entry.notBefore = entry.tries = 0

    def remove(self, client_id: str) -> None:
        self.gone.add(client_id)
        self.entries = [entry for entry in self.entries if entry.clientId != client_id]
