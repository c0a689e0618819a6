"""One server whose database gets into trouble, and what people meet there meanwhile: over the socket, over HTTP."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request

from chat.tests.browser.product import Product
from chat.tests.live.frame import Person, Tab
from chatsite.testing.servers import wait_until

BOUND = 10.0  # seconds until somebody is told that it does not work just now; the clocks here are at one
WELL_AGAIN = 15.0  # seconds until the site works without anybody's help

SMALL = "24m"
NO_DISK = "only root can mount a small disk, and not in every container"

HERE = "chat.tests.live.impatient_settings"


class Troubled(Product):
    """What frame.Person and its tabs go to."""

    trust = None

    def __init__(self, folder: Path, data: Path | None, disk: Path | None = None, **settings: str) -> None:
        """On a copy of `data`, which lies on `disk` when one is given."""
        super().__init__(folder, data, DJANGO_SETTINGS_MODULE=HERE, LOG_FORMAT="json", **settings)
        self.address = self.url
        if disk is not None:
            self.data = Path(shutil.move(self.data, disk / "data"))

    def lines(self, since: int) -> list[dict[str, Any]]:
        """What was logged after this many characters."""
        return [json.loads(line) for line in self.log[since:].splitlines() if line.startswith("{")]

    def threads(self) -> int:
        """Of the server's process; 0 where nobody tells."""
        assert self.process is not None
        state = Path(f"/proc/{self.process.pid}/status")
        return int(re.findall(r"Threads:\s+(\d+)", state.read_text())[0]) if state.exists() else 0

    def is_ready(self) -> bool:
        return self._answers()


@contextmanager
def people(site: Troubled) -> Iterator[tuple[Person, Person]]:
    with ExitStack() as open_tabs:
        yield Person(site, open_tabs, "ada"), Person(site, open_tabs, "bo")


@contextmanager
def small_disk(place: Path) -> Iterator[Path | None]:
    """A file system in this folder that is soon full, for those who may mount one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(place)]
    if not sys.platform.startswith("linux") or os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 9, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    yield
    ballast.unlink()


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """By another program that means to write, and thinks about it."""
    with closing(sqlite3.connect(data / "chatrooms.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


class Words:
    """Something to be said, under one client_id however often it is tried."""

    def __init__(self) -> None:
        self.client_id = str(uuid.uuid4())
        self.body = f"Words {self.client_id[:8]}"

    def by_socket(self, tab: Tab, room: int) -> dict[str, Any]:
        """The answer, once it comes in time."""
        ref = uuid.uuid4().hex
        tab.say("message.post", ref=ref, room=room, client_id=self.client_id, body=self.body)
        while True:
            frame = tab.next(BOUND)
            if frame.get("ref") == ref:
                return frame

    def by_http(self, person: Person, accept: str = "application/json") -> tuple[int, Any, str]:
        """Status, headers and text of the answer, once it comes in time."""
        fields = {"body": self.body, "client_id": self.client_id}
        return ask(person, "/rooms/harbour/messages/", fields, accept)

    def times_in(self, bodies: list[str]) -> int:
        return bodies.count(self.body)


def ask(person: Person, path: str, fields: dict[str, str] | None = None, accept: str = "text/html") -> Any:
    address = f"{person.site.address}{path}"
    headers = {"Accept": accept, "X-CSRFToken": person.cookie("csrftoken"), "Referer": address}
    request = Request(address, urlencode(fields).encode() if fields else None, headers)  # noqa: S310 - our own server
    try:
        with person.web.open(request, timeout=BOUND) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read().decode()


def assert_told_to_wait(answer: tuple[int, Any, str]) -> None:
    """Try again, in words for people or for programs; of the machine's insides nothing."""
    status, headers, text = answer
    assert status == 503, text
    assert int(headers["Retry-After"]) >= 1
    if headers["Content-Type"].startswith("application/json"):
        assert json.loads(text)["code"] == "unavailable"
    else:
        assert "Not right now." in text
    assert not re.search(r"Traceback|OperationalError|sqlite|psycopg|\.py\b", text, re.IGNORECASE)


def assert_nothing_is_taken(ada: Person, bo: Person, tab: Tab) -> list[Words]:
    """By no door is anything acknowledged. What was said there, to be said again."""
    first, second, third = Words(), Words(), Words()
    answer = first.by_socket(tab, ada.room)
    assert (answer["type"], answer.get("code")) == ("error", "unavailable")
    assert answer["retry_after"] >= 1
    assert_told_to_wait(second.by_http(bo))
    assert_told_to_wait(third.by_http(bo, accept="text/html"))
    return [first, second, third]


def assert_well_again(site: Troubled, ada: Person, bo: Person, tab: Tab, said: list[Words]) -> None:
    """By itself; and the same words, sent again, are there once and reach the tab that was open all the time."""
    assert wait_until(site.is_ready, seconds=WELL_AGAIN, every=0.1)
    assert wait_until(lambda: said[0].by_socket(tab, ada.room)["type"] == "ok", seconds=WELL_AGAIN, every=0.2)
    for words in said[1:]:
        assert wait_until(lambda words=words: words.by_http(bo)[0] in {200, 201}, seconds=WELL_AGAIN, every=0.2)
    tab.say("room.open", ref="all", room=ada.room, after=tab.opened["seq"])
    while (frame := tab.next(BOUND)).get("ref") != "all":
        pass
    bodies = [message["body"] for message in frame["messages"]]
    assert [words.times_in(bodies) for words in said] == [1] * len(said)


def assert_told_once(site: Troubled, since: int = 0) -> None:
    """In the log a line for each kind of trouble, and nobody's story of it."""
    lines = site.lines(since)
    told = [line["message"] for line in lines if "the database is in trouble" in line["message"]]
    assert told, lines
    assert len(told) <= 20, told
    assert not [line for line in lines if "error" in line or line["logger"].startswith("psycopg")]
    assert "Traceback" not in site.log[since:]
