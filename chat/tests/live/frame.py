"""The grown-up frame in processes of its own: gunicorn, two Daphnes, PostgreSQL, Redis, and nginx in front if asked."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request, build_opener, urlopen

import psycopg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from chatsite.testing import seeded, serving
from chatsite.testing.front import Front
from chatsite.testing.ports import free_port
from chatsite.testing.servers import PostgreSQL, Redis, provided, wait_until
from chatsite.testing.steps import SETTINGS

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"

Frame = dict[str, Any]


class Row(NamedTuple):
    id: int
    seq: int
    body: str


class Process:
    """One server process on a port of its own; it stands in a group that is ended by id."""

    def __init__(self, site: "Site", name: str, *command: str) -> None:
        self.site, self.name, self.command = site, name, command
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.popen: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.site.folder / f"{self.name}.log"

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        environment = self.site.environment | {"PORT": str(self.port)}
        command = [part.format(port=self.port) for part in self.command]
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0)

    def wait(self) -> None:
        """Until it answers."""
        assert wait_until(lambda: self.answers() or not self.running, seconds=90), self.log.read_text()
        assert self.running, self.log.read_text()

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=10) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def tell(self, number: int) -> None:
        """To the process alone, as systemd's reload would."""
        assert self.popen is not None
        self.popen.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.popen is not None
        if self.running:
            os.killpg(self.popen.pid, number)
        return self.popen.wait(60)


class Site:
    """Pages and sockets on ports of their own; `address` is where people go."""

    trust: ssl.SSLContext | None = None

    def __init__(self, folder: Path, database_url: str, redis: Redis) -> None:
        self.folder, self.redis = folder, redis
        self.data = folder / "data"
        self.data.mkdir()
        serve = serving.command()
        options = ("--bind", "127.0.0.1:{port}", "--threads", "2", "--no-control-socket")
        gunicorn = (sys.executable, "-m", "gunicorn", "chatsite.wsgi", *options)
        self.sockets = [Process(self, "one", *serve), Process(self, "two", *serve)]
        self.pages = Process(self, "pages", *gunicorn)
        self.address = self.pages.url
        own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        self.environment = own | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
            "DATA_DIR": str(self.data),
            "SITE_URL": ",".join(process.url for process in (self.pages, *self.sockets)),
            "POST_RATE": "0",
            "DJANGO_SETTINGS_MODULE": "chatsite.testing.journey_settings",
        }

    def start(self) -> None:
        made = seeded.grown_up()
        shutil.copytree(made / "data", self.data, dirs_exist_ok=True)
        seeded.load(made, self.environment["DATABASE_URL"])
        every = (*self.sockets, self.pages)
        for process in every:
            process.launch()
        for process in every:
            process.wait()

    def record(self) -> list["Row"]:
        """Every message of the site, as the database has it."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as database:
            return [Row(*row) for row in database.execute("SELECT id, seq, body FROM chat_message ORDER BY id")]

    def count(self, name: str) -> float:
        """The sum over its processes of what they count under this name."""
        with urlopen(f"{self.pages.url}/metrics", timeout=30) as answer:  # noqa: S310 - our own server
            found = re.findall(rf"^chatrooms_{name}{{.*}} (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found, name
        return sum(map(float, found))

    def stop(self) -> list[int]:
        return [process.end() for process in (self.pages, *self.sockets) if process.popen is not None]


class Fronted(Site):
    """The same behind the nginx of deploy/, and known by its address alone."""

    def __init__(self, folder: Path, database_url: str, redis: Redis, instead: dict[str, str] | None = None) -> None:
        super().__init__(folder, database_url, redis)
        ports = [process.port for process in self.sockets]
        self.front = Front(pages=self.pages.port, sockets=ports, data=self.data, instead=instead)
        self.address = self.url = self.front.url
        self.trust = self.front.trust()
        self.states: dict[str, object] = {}  # of the windows of browser tests
        self.environment |= {"SITE_URL": self.address, "TRUSTED_PROXIES": "1"}

    def start(self) -> None:
        super().start()
        self.front.start()

    def stop(self) -> list[int]:
        self.front.close()
        return super().stop()


@contextmanager
def running(kind: type[Site], folder: Path) -> Iterator[Any]:
    """A site of this kind over a database of its own, which goes with it. Raises Missing."""
    with ExitStack() as stack:
        server = stack.enter_context(provided("TEST_DATABASE_URL", PostgreSQL))
        redis = stack.enter_context(Redis())
        admin = stack.enter_context(psycopg.connect(server, autocommit=True))
        name = f"frame_{uuid.uuid4().hex[:8]}"
        admin.execute(f"CREATE DATABASE {name}")
        stack.callback(admin.execute, f"DROP DATABASE {name} WITH (FORCE)")
        site = kind(folder, re.sub(r"/[^/]*$", f"/{name}", server), redis)
        try:
            site.start()
            yield site
        finally:
            codes = site.stop()
    assert set(codes) <= {0, -signal.SIGKILL}, "a server did not end in order"


class Person:
    """Signs in on the pages, posts there, listens on sockets."""

    def __init__(self, site: Site, open_tabs: ExitStack, handle: str) -> None:
        self.site, self.open_tabs, self.handle, self.jar = site, open_tabs, handle, CookieJar()
        trust = [HTTPSHandler(context=site.trust)] if site.trust else []
        self.web: OpenerDirector = build_opener(HTTPCookieProcessor(self.jar), *trust)
        form = self.page("/accounts/login/")
        self._send("/accounts/login/", {"login": handle, "password": PASSWORD, **self._token(form)})
        self.room = int(re.search(r'id="messages"[^>]*data-room-id="(\d+)"', self.page("/rooms/harbour/"))[1])  # type: ignore[index]

    def post(self, body: str) -> Frame:
        fields = {"body": body, "client_id": str(uuid.uuid4())}
        headers = {"Accept": "application/json", "X-CSRFToken": self.cookie("csrftoken")}
        return dict(json.loads(self._send("/rooms/harbour/messages/", fields, headers)))

    def give(self, path: str, fields: dict[str, str]) -> str:
        """What a form of a page posts; the page it leads to."""
        return self._send(path, fields, {"X-CSRFToken": self.cookie("csrftoken")})

    def tab(self, process: Process | None = None, **fields: Any) -> "Tab":
        """With the room open; on this process, or where the site's own address leads."""
        address = process.url if process else self.site.address
        wire = connect(
            address.replace("http", "ws", 1) + "/ws/",
            open_timeout=30,
            ssl=None if process else self.site.trust,
            origin=Origin(address),
            additional_headers={"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)},
        )
        tab = Tab(self.open_tabs.enter_context(wire))
        assert tab.expect("hello")["user"]["handle"] == self.handle
        tab.say("room.open", room=self.room, **fields)
        tab.opened = tab.expect("room.changes")
        return tab

    def page(self, path: str) -> str:
        with self.web.open(f"{self.site.address}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def _send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> str:
        own = {"Referer": f"{self.site.address}{path}", **(headers or {})}
        request = Request(f"{self.site.address}{path}", urlencode(fields).encode(), own)  # noqa: S310
        with self.web.open(request, timeout=30) as answer:
            return str(answer.read().decode())

    def _token(self, form: str) -> dict[str, str]:
        return {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]}  # type: ignore[index]

    def cookie(self, name: str) -> str:
        return str(next(cookie.value for cookie in self.jar if cookie.name.endswith(name)))


class Tab:
    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.opened: Frame = {}

    def say(self, kind: str, **fields: Any) -> None:
        self.wire.send(json.dumps({"type": kind, **fields}))

    def next(self, seconds: float = 20) -> Frame:
        """The next frame. Raises TimeoutError, ConnectionClosed."""
        return dict(json.loads(self.wire.recv(timeout=max(0.01, seconds))))

    def expect(self, kind: str, seconds: float = 20) -> Frame:
        until = time.monotonic() + seconds
        while True:
            frame = self.next(until - time.monotonic())
            if frame["type"] == kind:
                return frame

    def hears(self, body: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            frame = self.expect("room.changes", until - time.monotonic())
            if body in bodies(frame["messages"]):
                return


def bodies(messages: Sequence[Frame]) -> list[str]:
    return [str(message["body"]) for message in messages]
