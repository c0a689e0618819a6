"""`backup` and `restore` as an operator types them: the same site in an empty place, and nothing in any other."""

import asyncio
import io
import json
import re
import sqlite3
import tarfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import websockets
from psycopg import sql

from chatsite.testing import seeded
from chatsite.testing.ports import free_port
from chatsite.testing.servers import PostgreSQL
from chatsite.tests.conftest import PATIENCE, Site
from chatsite.tests.places import Place
from chatsite.tests.test_serve import cookie_of, link_of_ada

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as started:
        yield started


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def two_places(request, tmp_path_factory) -> tuple[Place, Callable[[], Place]]:
    """A full place, and a maker of empty ones for the same kind of database."""
    root = tmp_path_factory.mktemp("places")

    def empty() -> Place:
        name = f"place_{uuid.uuid4().hex[:8]}"
        if request.param == "sqlite":
            return Place(root / name)
        started = request.getfixturevalue("server")
        with psycopg.connect(started.url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return Place(root / name, re.sub(r"/[^/]*$", f"/{name}", started.url))

    full = empty()
    if request.param == "sqlite":
        return full.fill(request.getfixturevalue("town")), empty
    made = request.getfixturevalue("grown_up")
    seeded.load(made, full.database_url)
    return full.fill(made / "data"), empty


@pytest.fixture(scope="module")
def archive(two_places, tmp_path_factory) -> Path:
    full, _empty = two_places
    folder = tmp_path_factory.mktemp("archive")
    said = full.manage("backup", folder / "site.tar.gz")
    assert "Copying the database: 100 %" in said
    assert f"Written: {folder}/site.tar.gz" in said
    assert [path.name for path in folder.iterdir()] == ["site.tar.gz"]
    return folder / "site.tar.gz"


def test_the_same_site_in_an_empty_place(two_places, archive):
    full, empty = two_places
    assert archive.stat().st_mode & 0o077 == 0
    place = empty()
    assert "Restored." in place.manage("restore", archive)
    was, now = full.rows(), place.rows()
    assert len(was["chat_message"]) > 50
    old, new = was.pop("chat_installation"), now.pop("chat_installation")
    assert now == was
    assert (old[0][0], old[0][2:]) == (new[0][0], new[0][2:])
    assert old[0][1] != new[0][1], "the epoch is the old one"
    assert place.files() == full.files()
    assert "secret-key" in place.files()
    assert not (place.folder / "static").exists()
    assert (place.folder / "secret-key").stat().st_mode & 0o077 == 0


def test_what_is_refused_changes_nothing(two_places, archive, tmp_path):
    full, empty = two_places
    assert "has tables already" in full.refuses("restore", archive)
    other = "postgresql" if full.database_url == "" else "sqlite"
    changed(archive, tmp_path / "kind", database=other)
    assert "another kind of database" in empty().refuses("restore", tmp_path / "kind")


@pytest.mark.parametrize("two_places", ["sqlite"], indirect=True)
def test_what_is_refused_whatever_the_database(two_places, archive, tmp_path):
    _full, empty = two_places
    place = empty()
    whole = archive.read_bytes()
    (tmp_path / "bent").write_bytes(whole[:3000] + bytes([whole[3000] ^ 255]) + whole[3001:])
    assert place.refuses("restore", tmp_path / "bent").startswith("CommandError: ")
    changed(archive, tmp_path / "later", migrations=["chat.0001_initial", "chat.9999_later"])
    assert "upgrade first" in place.refuses("restore", tmp_path / "later")
    (place.folder / "mail").mkdir()
    (place.folder / "mail" / "mine").write_text("words")
    assert "mail/mine" in place.refuses("restore", archive)


def changed(source: Path, target: Path, **fields: Any) -> None:
    """The same archive with another manifest."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            content = old.extractfile(member).read()
            if member.name == "manifest.json":
                content = json.dumps(json.loads(content) | fields).encode()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))


# --- While people talk, and what they see after it -------------------------------------------------------------------


@pytest.fixture
def full(tmp_path: Path, town: Path) -> Place:
    return Place(tmp_path / "full").fill(town)


async def test_it_runs_beside_the_site_and_clients_load_anew_after_a_restore(full, site, tmp_path):
    port = free_port()
    environment = {"PORT": str(port), "DEMO": "1", "POST_RATE": "0"}
    running = await asyncio.to_thread(start, site, full, environment)
    cookie = await asyncio.to_thread(cookie_of, port, link_of_ada(full.folder, port))
    tab = await Tab.connect(port, cookie)
    before = await tab.post("Before the copy")
    talking = asyncio.create_task(tab.talk())
    await asyncio.to_thread(full.manage, "backup", tmp_path / "site.tar.gz")
    talking.cancel()
    said = await asyncio.gather(talking, return_exceptions=True)
    assert isinstance(said[0], asyncio.CancelledError)
    assert tab.posted > 3, "nobody could write during the copy"
    last = await tab.post("After the copy")
    assert await asyncio.to_thread(running.stop) == 0

    copy = Place(tmp_path / "copy")
    await asyncio.to_thread(copy.manage, "restore", tmp_path / "site.tar.gz")
    assert_one_moment(copy, tab.room, before, last)
    await asyncio.to_thread(start, site, copy, environment)
    # The session is in the archive, the key that signed its cookie too.
    again = await Tab.connect(port, cookie)
    assert again.hello["epoch"] != tab.hello["epoch"]
    for cursor in (before, last):
        answer = await again.ask("room.open", room=tab.room, after=cursor, epoch=tab.hello["epoch"])
        assert answer["type"] == "room.resync"
    await again.wire.close()


def start(site: Callable[..., Site], place: Place, environment: dict[str, str]) -> Site:
    running = site("serve", **environment, DATA_DIR=str(place.folder))
    running.wait_for(f"http://localhost:{environment['PORT']}")
    return running


def assert_one_moment(place: Place, room: int, before: int, last: int) -> None:
    with closing(sqlite3.connect(place.folder / "chatrooms.sqlite3")) as database:
        (head,) = database.execute("SELECT seq FROM chat_room WHERE id = ?", [room]).fetchone()
        (newest,) = database.execute("SELECT max(seq) FROM chat_message WHERE room_id = ?", [room]).fetchone()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert before <= newest == head < last


class Tab:
    """A socket in one room."""

    def __init__(self, wire: Any, hello: dict[str, Any]) -> None:
        self.wire, self.hello = wire, hello
        self.room = next(room["id"] for room in hello["rooms"] if room["name"] == "Harbour")
        self.posted = 0

    @classmethod
    async def connect(cls, port: int, cookie: str) -> "Tab":
        own = {"Cookie": cookie}
        options = {"origin": f"http://localhost:{port}", "additional_headers": own, "open_timeout": PATIENCE}
        wire = await websockets.connect(f"ws://localhost:{port}/ws/", **options)
        return cls(wire, json.loads(await wire.recv()))

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        ref = uuid.uuid4().hex
        await self.wire.send(json.dumps({"type": kind, "ref": ref, **fields}))
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = json.loads(await self.wire.recv())
                if answer.get("ref") == ref:
                    return dict(answer)

    async def post(self, body: str) -> int:
        answer = await self.ask("message.post", room=self.room, client_id=str(uuid.uuid4()), body=body)
        self.posted += 1
        return int(answer["seq"])

    async def talk(self) -> None:
        while True:
            await self.post("While it is copied")


def test_an_interrupted_restore_keeps_the_server_from_starting(tmp_path):
    place = Place(tmp_path / "half")
    (place.folder / "restore.unfinished").mkdir()
    done = place.run("serve", PORT=str(free_port()))
    assert done.returncode == 1
    assert done.stderr == (
        f"chatrooms: DATA_DIR: a restore into {place.folder} was interrupted; empty it, and restore again\n"
    )


def test_a_running_server_keeps_a_restore_out(full, site, tmp_path):
    running = start(site, full, {"PORT": str(free_port())})
    assert f"(process {running.process.pid})" in full.refuses("restore", tmp_path / "any.tar.gz")
