"""People who go on talking whatever happens to their line, as the page's own script does, and count what they hear."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException

from chat.tests.live.frame import Person, Row, Tab
from chatsite.testing.servers import wait_until

PACE = 0.15  # seconds between two messages of one person
PATIENCE = 30.0  # seconds until a line is back


class Talker(threading.Thread):
    """One tab: one message in flight, sent again under its client_id on the next line when the line went."""

    def __init__(self, person: Person) -> None:
        super().__init__(daemon=True)
        self.person = person
        self.over, self.silent, self.all_silent = (threading.Event() for _ in range(3))
        self.said: list[str] = []
        self.refused: list[dict[str, Any]] = []
        self.heard: set[int] = set()  # ids
        self.lines = 0
        self.codes: list[int] = []  # how its lines ended
        self.began = self.cursor = 0
        self.longest = 0.0  # seconds from the first send of a message to its ok
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with ExitStack() as lines:
                self.person.open_tabs = lines
                self._connect()
                while not self.over.wait(PACE):
                    self._say(f"{self.person.handle} {len(self.said)}")
                self.silent.set()
                self.all_silent.wait(3 * PATIENCE)
                self._hear_all()
        except BaseException as failure:
            self.failure = failure

    def hush(self) -> None:
        """Say nothing more; what is under way is waited for."""
        self.over.set()
        assert self.silent.wait(3 * PATIENCE) or self.failure

    def finish(self) -> None:
        """Once all are silent: hear the rest, and raise what went wrong."""
        self.all_silent.set()
        self.join(3 * PATIENCE)
        assert not self.is_alive()
        if self.failure:
            raise self.failure

    # --- The line

    def _connect(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.tab: Tab = self.person.tab(**({"after": self.cursor} if self.lines else {}))
                break
            except (WebSocketException, OSError, AssertionError):
                assert time.monotonic() < until, "no line in time"
                time.sleep(0.1)
        if not self.lines:
            self.cursor = self.began = self.tab.opened["seq"]
        self.lines += 1
        self._take(self.tab.opened)

    def _take(self, frame: dict[str, Any]) -> None:
        """Put the changes in; a gap is a failure."""
        if frame["type"] == "error":
            self.refused.append(frame)
        if frame["type"] != "room.changes":
            return
        assert frame["after"] <= self.cursor, f"a gap: {frame['after']} after {self.cursor}"
        self.heard |= {message["id"] for message in frame["messages"]}
        self.cursor = max(self.cursor, frame["seq"])
        if frame["more"]:
            self.tab.say("room.open", room=self.person.room, after=frame["seq"])

    # --- Talking

    def _say(self, body: str) -> None:
        client_id, begun = str(uuid.uuid4()), time.monotonic()
        while True:
            try:
                self.tab.say("message.post", ref=client_id, room=self.person.room, client_id=client_id, body=body)
                self._wait_for(client_id)
                break
            except ConnectionClosed as end:
                self.codes.append(end.rcvd.code if end.rcvd else 1006)
                self._connect()
        self.said.append(body)
        self.longest = max(self.longest, time.monotonic() - begun)

    def _wait_for(self, ref: str) -> None:
        while True:
            frame = self.tab.next(PATIENCE)
            self._take(frame)
            if frame.get("ref") == ref:
                return

    def _hear_all(self) -> None:
        """Until everything said by now is here."""
        self.tab.say("room.open", room=self.person.room, ref="last", after=self.cursor)
        while True:
            frame = self.tab.next(PATIENCE)
            self._take(frame)
            if frame.get("ref") == "last" and not frame["more"]:
                return


class Poster(threading.Thread):
    """Posts through the pages; every answer must be a good one, so nothing is sent twice."""

    def __init__(self, person: Person) -> None:
        super().__init__(daemon=True)
        self.person = person
        self.over = threading.Event()
        self.said: list[str] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(PACE):
                body = f"{self.person.handle} {len(self.said)}"
                self.person.post(body)
                self.said.append(body)
        except BaseException as failure:
            self.failure = failure

    def hush(self) -> None:
        self.over.set()
        self.join(PATIENCE)

    def finish(self) -> None:
        assert not self.is_alive()
        if self.failure:
            raise self.failure


def goes_on(everybody: Sequence[Talker | Poster]) -> None:
    """Each has said two more things, whatever stands."""
    before = [len(each.said) for each in everybody]

    def all_did() -> bool:
        return all(each.failure or len(each.said) >= count + 2 for each, count in zip(everybody, before, strict=True))

    assert wait_until(all_did), [(each.person.handle, len(each.said)) for each in everybody]
    for each in everybody:
        if each.failure:
            raise each.failure


def end(everybody: Sequence[Talker | Poster]) -> None:
    """All fall silent, then hear the rest. Raises what went wrong."""
    for each in everybody:
        each.hush()
    for each in everybody:
        each.finish()


def assert_kept(record: Sequence[Row], everybody: Sequence[Talker | Poster]) -> None:
    """What was confirmed is in the record, and once; every talker has heard all of it, and nothing else."""
    said = Counter(body for each in everybody for body in each.said)
    assert Counter(each.body for each in record) == said
    for talker in everybody:
        if isinstance(talker, Talker):
            assert not talker.refused
            heard = {each.id for each in record if each.seq > talker.began}
            assert heard <= talker.heard <= {each.id for each in record}
