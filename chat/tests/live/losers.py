"""People with open windows who lose the right to them, in six ways, and what their windows were still told."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Thread
from typing import Any

import psycopg
from websockets.exceptions import ConnectionClosed

from chat.tests.chaos.oracle import crowding
from chat.tests.live.frame import PASSWORD, Person, Process, Site
from chatsite.testing.servers import wait_until

PROMISED = 5.0  # seconds
LEFT = 0
ROOM = "/rooms/harbour"
NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}


class Window(Thread):
    """A tab with the room open that writes down what comes, and when.

    `ended`: when the right did, and by which close code; LEFT where only the room is lost. `changes` go on behind it.
    """

    def __init__(self, person: Person, process: Process) -> None:
        super().__init__(daemon=True)
        self.tab = person.tab(process)
        self.changes: list[int] = []  # seqs
        self.ended: tuple[float, int] | None = None
        self.start()

    def run(self) -> None:
        try:
            while True:
                frame = self.tab.next(60)
                if frame["type"] == "room.changes":
                    self.changes.append(frame["seq"])
                elif frame["type"] == "room.left":
                    self.ended = time.monotonic(), LEFT
        except ConnectionClosed as end:
            self.ended = self.ended or (time.monotonic(), end.rcvd.code if end.rcvd else 1006)


class Loser:
    """Somebody with a window at each process, and how their right ends: `act` by a page, of theirs or of Ada's."""

    def __init__(
        self, site: Site, lines: ExitStack, handle: str, act: Callable[["Loser"], Any], code: int = LEFT
    ) -> None:
        self.site, self.act, self.code = site, act, code
        self.person = Person(site, lines, handle)
        self.windows = [Window(self.person, process) for process in site.sockets]
        self.acted = 0.0  # when the page had answered

    @property
    def id(self) -> int:
        return int(self.ask("SELECT id FROM accounts_user WHERE handle = %s", self.person.handle))

    @property
    def ended_at(self) -> int:
        """The seq of the end of the membership."""
        query = "SELECT seq FROM chat_membership WHERE room_id = %s AND user_id = %s AND state <> 'in'"
        return int(self.ask(query, self.person.room, self.id))

    def ask(self, query: str, *values: Any) -> Any:
        with psycopg.connect(self.site.environment["DATABASE_URL"]) as database:
            (row,) = database.execute(query, values).fetchall()
        return row[0]

    def lose(self) -> None:
        self.act(self)
        self.acted = time.monotonic()

    def judge(self) -> None:
        assert wait_until(lambda: all(window.ended for window in self.windows)), self.person.handle
        for window in self.windows:
            assert window.ended
            moment, code = window.ended
            assert code == self.code
            assert moment - self.acted < PROMISED * crowding(), f"{self.person.handle}: {moment - self.acted:.1f} s"
            assert window.changes, "the premise: there was something to hear"
            if code == LEFT:
                assert max(window.changes) < self.ended_at, "exact"


class Keeper:
    """Ada: owns the room and rules the site."""

    def __init__(self, site: Site, lines: ExitStack) -> None:
        self.person = Person(site, lines, "ada")

    def removes(self, loser: Loser) -> None:
        self.person.give(f"{ROOM}/members/{loser.id}/remove/", {})

    def bans(self, loser: Loser) -> None:
        given = {"confirmed": "yes", "place": "site", "lasts": "week", "reason": "Spam"}
        self.person.give(f"/admin/accounts/user/{loser.id}/acts/ban/", given)

    def deactivates(self, loser: Loser) -> None:
        given = {"confirmed": "yes", "reason": "Asked for it"}
        self.person.give(f"/admin/accounts/user/{loser.id}/acts/deactivate/", given)


def leaves(loser: Loser) -> None:
    loser.person.give(f"{ROOM}/leave/", {})


def signs_out(loser: Loser) -> None:
    loser.person.give("/accounts/logout/", {})


def changes_password(loser: Loser) -> None:
    loser.person.give("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
