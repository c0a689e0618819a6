"""The grown-up frame: pages from gunicorn, sockets from two Daphne processes, PostgreSQL, a Redis that may die."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from chatsite.testing.servers import Redis, bound_socket, wait_until
from chatsite.testing.steps import SETTINGS

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"
AT_ONCE, HEALED = 1.0, 5.0  # seconds


class Process:
    """One server process on a port of its own; it stands in a group that is ended by id."""

    def __init__(self, frame: "Site", name: str, *command: str) -> None:
        self.frame, self.name, self.command = frame, name, command
        with bound_socket() as sock:
            self.port = sock.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self.frame.folder / self.name
        folder.mkdir(exist_ok=True)
        log = (folder / "log").open("ab")
        environment = self.frame.environment | {"DATA_DIR": str(folder), "PORT": str(self.port)}
        command = [part.format(port=self.port) for part in self.command]
        self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0)
        log.close()
        assert wait_until(self.answers, seconds=30), (folder / "log").read_text()

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self, number: int) -> int:
        assert self.popen is not None
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, number)
        return self.popen.wait(20)


class Site:
    def __init__(self, folder: Path, database_url: str, redis: Redis) -> None:
        self.folder, self.redis = folder, redis
        serve = (sys.executable, "manage.py", "serve")
        gunicorn = (sys.executable, "-m", "gunicorn", "chatsite.wsgi", "--bind", "127.0.0.1:{port}", "--threads", "2")
        self.sockets = [Process(self, "one", *serve), Process(self, "two", *serve)]
        self.pages = Process(self, "pages", *gunicorn)
        own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        self.environment = own | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
            "SECRET_KEY": "of these tests only " * 3,
            "SITE_URL": ",".join(process.url for process in (self.pages, *self.sockets)),
            "POST_RATE": "0",
        }

    def manage(self, *words: str) -> None:
        environment = self.environment | {"DATA_DIR": str(self.folder / "pages")}
        subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True, capture_output=True
        )

    def start(self) -> None:
        self.manage("migrate", "--verbosity=0")
        self.manage("collectstatic", "--noinput", "--verbosity=0")
        self.manage("seed", f"--password={PASSWORD}", "--messages=20")
        for process in (*self.sockets, self.pages):
            process.start()

    def stop(self) -> list[int]:
        return [process.end(signal.SIGTERM) for process in (self.pages, *self.sockets) if process.popen is not None]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = os.environ["TEST_DATABASE_URL"]
    name = f"processes_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin, Redis() as redis:
        admin.execute(f"CREATE DATABASE {name}")
        frame = Site(tmp_path_factory.mktemp("site"), re.sub(r"/[^/]*$", f"/{name}", server), redis)
        try:
            frame.start()
            yield frame
        finally:
            codes = frame.stop()
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert set(codes) <= {0, -signal.SIGKILL}, "a server did not end in order"


@pytest.fixture
def people(site: Site) -> Iterator[tuple["Person", "Person"]]:
    with ExitStack() as open_tabs:
        yield Person(site, open_tabs, "ada"), Person(site, open_tabs, "bo")


class Person:
    """Signs in on the WSGI pages; posts there, listens elsewhere."""

    def __init__(self, site: Site, open_tabs: ExitStack, handle: str) -> None:
        self.site, self.open_tabs, self.jar = site, open_tabs, CookieJar()
        self.web: OpenerDirector = build_opener(HTTPCookieProcessor(self.jar))
        form = self._page("/accounts/login/")
        self._send("/accounts/login/", {"login": handle, "password": PASSWORD, **self._token(form)})
        self.room = int(re.search(r'id="messages"[^>]*data-room-id="(\d+)"', self._page("/rooms/harbour/"))[1])  # type: ignore[index]

    def post(self, body: str) -> dict[str, Any]:
        fields = {"body": body, "client_id": str(uuid.uuid4())}
        headers = {"Accept": "application/json", "X-CSRFToken": self._cookie("csrftoken")}
        return dict(json.loads(self._send("/rooms/harbour/messages/", fields, headers)))

    def tab(self, process: Process, **fields: Any) -> "Tab":
        cookie = f"sessionid={self._cookie('sessionid')}"
        url = f"ws://localhost:{process.port}/ws/"
        tab = Tab(
            self.open_tabs.enter_context(
                connect(url, origin=Origin(process.url), additional_headers={"Cookie": cookie})
            )
        )
        assert tab.expect("hello")["user"]["handle"]
        tab.say("room.open", room=self.room, **fields)
        tab.opened = tab.expect("room.changes")
        return tab

    def _page(self, path: str) -> str:
        with self.web.open(f"{self.site.pages.url}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def _send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> str:
        own = {"Referer": f"{self.site.pages.url}{path}", **(headers or {})}
        request = Request(f"{self.site.pages.url}{path}", urlencode(fields).encode(), own)  # noqa: S310
        with self.web.open(request, timeout=10) as answer:
            return str(answer.read().decode())

    def _token(self, form: str) -> dict[str, str]:
        return {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]}  # type: ignore[index]

    def _cookie(self, name: str) -> str:
        return str(next(cookie.value for cookie in self.jar if cookie.name == name))


class Tab:
    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.opened: dict[str, Any] = {}

    def say(self, kind: str, **fields: Any) -> None:
        self.wire.send(json.dumps({"type": kind, **fields}))

    def expect(self, kind: str, seconds: float = 10) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while True:
            frame = json.loads(self.wire.recv(timeout=max(0.01, until - time.monotonic())))
            if frame["type"] == kind:
                return dict(frame)

    def hears(self, body: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            frame = self.expect("room.changes", until - time.monotonic())
            if any(message["body"] == body for message in frame["messages"]):
                return


def test_a_post_through_wsgi_reaches_two_daphne_processes(site: Site, people: tuple["Person", "Person"]) -> None:
    ada, bo = people
    tabs = [ada.tab(site.sockets[0]), bo.tab(site.sockets[1])]
    assert ada.post("Through the pages")["seq"] > tabs[0].opened["seq"]
    for tab in tabs:
        tab.hears("Through the pages", AT_ONCE)
    bo.post("And back")
    for tab in tabs:
        tab.hears("And back", AT_ONCE)


def test_words_of_one_process_reach_the_other(site: Site, people: tuple["Person", "Person"]) -> None:
    ada, bo = people
    hers, his = ada.tab(site.sockets[0]), bo.tab(site.sockets[1])
    hers.say("message.post", ref="1", room=ada.room, client_id=str(uuid.uuid4()), body="Over the bridge")
    his.hears("Over the bridge", AT_ONCE)


def test_redis_down_costs_seconds_and_no_message(site: Site, people: tuple["Person", "Person"]) -> None:
    ada, bo = people
    tabs = [ada.tab(site.sockets[0]), bo.tab(site.sockets[1])]
    site.redis.kill()
    try:
        ada.post("While Redis is down")
        for tab in tabs:
            tab.hears("While Redis is down", HEALED)
        late = bo.tab(site.sockets[0], after=tabs[0].opened["seq"])  # opening a room needs no Redis either
        assert "While Redis is down" in [message["body"] for message in late.opened["messages"]]
    finally:
        site.redis.start()
    time.sleep(1)  # a process notices within a second that it hears again
    bo.post("The first after its return")
    for tab in tabs:
        tab.hears("The first after its return", AT_ONCE)


def test_people_of_a_killed_process_are_gone_within_20_s(site: Site, people: tuple["Person", "Person"]) -> None:
    ada, bo = people
    his = bo.tab(site.sockets[1])
    hers = ada.tab(site.sockets[0])
    while not (joined := [one for one in his.expect("presence", 3)["joined"] if one["handle"] == "ada"]):
        pass  # his own coming is told too
    hers.say("message.post", ref="last", room=ada.room, client_id=str(uuid.uuid4()), body="Last words")
    seq = hers.expect("ok")["seq"]
    site.sockets[0].end(signal.SIGKILL)
    begun = time.monotonic()
    assert his.expect("presence", 20)["left"] == [joined[0]["id"]]
    assert time.monotonic() - begun < 20
    assert "Last words" in [m["body"] for m in bo.tab(site.sockets[1], after=seq - 1).opened["messages"]]
    site.sockets[0].start()
    again = ada.tab(site.sockets[0], after=seq - 1)
    assert "Last words" in [message["body"] for message in again.opened["messages"]]
