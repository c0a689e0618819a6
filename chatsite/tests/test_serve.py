"""`manage.py serve` as people start it: a process, its output, its exit code."""

import asyncio
import http.client
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest
import websockets
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from accounts import demo
from chatsite import listening
from chatsite.testing.ports import bound_socket, free_port
from chatsite.tests.conftest import PATIENCE, ROOT, Site

pytestmark = [pytest.mark.live, pytest.mark.slow]


def get(port: int, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": f"localhost:{port}", "Connection": "close", **headers})
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response


def serve(site, *arguments: str, **environment: str) -> tuple[Site, int]:
    port = free_port()
    running = site(*(arguments or ["serve"]), PORT=str(port), **environment)
    running.wait_for(f"localhost:{port}")
    return running, port


def test_the_first_start_prepares_and_the_second_is_quick(site, tmp_path):
    place = {"DATA_DIR": str(tmp_path / "new")}
    running, port = serve(site, **place)
    assert running.lines[-1] == f"http://localhost:{port}"
    assert get(port).status == 200
    assert running.stop() == 0
    start = time.monotonic()
    running, port = serve(site, **place)
    assert time.monotonic() - start < 20  # 2 s on a quiet machine; the promise is 5
    assert running.said == f"http://localhost:{port}\n"
    assert running.stop(signal.SIGINT) == 0
    assert running.said == f"http://localhost:{port}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_site_says_1012_to_people_in_their_rooms(site, lived_in, number):
    running, port = await asyncio.to_thread(serve, site, "serve", DATA_DIR=str(lived_in), DEMO="1")
    await assert_clean_stop(running, await three_sockets(port, link_of_ada(lived_in, port)), number)


def link_of_ada(folder: Path, port: int) -> str:
    """The one that signs her in, made with the site's own key."""
    key, address = (folder / "secret-key").read_text().strip(), f"http://localhost:{port}"
    with override_settings(SECRET_KEY=key, SITE_URL=address, ROOT_URLCONF="accounts.tests.demo_urls"):
        return demo.link("ada")


async def three_sockets(port: int, link: str) -> list[websockets.ClientConnection]:
    """Of the person whom this link signs in, past their hello."""
    cookie = await asyncio.to_thread(cookie_of, port, link)
    options = {"origin": f"http://localhost:{port}", "additional_headers": {"Cookie": cookie}, "open_timeout": 60}
    sockets = [await websockets.connect(f"ws://localhost:{port}/ws/", **options) for _ in range(3)]
    for peer in sockets:
        assert '"hello"' in await peer.recv()
    return sockets


async def assert_clean_stop(running: Site, sockets: list[websockets.ClientConnection], number: int) -> None:
    running.process.send_signal(number)
    for peer in sockets:
        await asyncio.wait_for(peer.wait_closed(), 20)
        assert peer.close_code == 1012
    assert await asyncio.to_thread(running.stop) == 0
    assert "Traceback" not in running.output
    assert "Task was destroyed" not in running.output


def cookie_of(port: int, link: str) -> str:
    response = get(port, link.partition(f"localhost:{port}")[2])
    cookies = [value.partition(";")[0] for name, value in response.getheaders() if name == "Set-Cookie"]
    session = [cookie for cookie in cookies if cookie.startswith("sessionid=")]
    assert session, (response.status, response.body[:500])
    return session[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.6])
def test_a_stop_while_it_prepares_is_as_good(site, tmp_path, number, seconds):
    running = site("serve", PORT=str(free_port()), DATA_DIR=str(tmp_path / "new"))
    time.sleep(seconds)
    code = running.stop(number)
    # On a busy machine Python itself may not have begun; and until our handler stands, Ctrl-C is Python's own.
    is_unheard = code == -number and running.output == ""
    is_pythons = code in {-number, 1} and "KeyboardInterrupt" in running.output
    assert is_unheard or is_pythons or (code == 0 and "Traceback" not in running.output), (code, running.output)


def test_the_demonstration_leaves_nothing_behind(site, tmp_path, data_dir):
    running, port = serve(site, "serve", "--demo", TMPDIR=str(tmp_path), DATABASE_URL="postgres://x:y@127.0.0.1:1/real")
    assert list(tmp_path.glob("chatrooms-demo-*"))
    assert get(port, running.lines[-1].partition(f"localhost:{port}")[2]).status == 302
    assert running.stop() == 0
    assert not list(tmp_path.glob("chatrooms-demo-*"))


def test_one_line_for_a_second_server_a_taken_port_and_a_wrong_value(site, data_dir, tmp_path):
    running, port = serve(site)
    assert refused(DATA_DIR=data_dir, PORT=free_port()) == (
        f"chatrooms: DATA_DIR: {data_dir} is in use by the server at http://localhost:{port}"
        f" (process {running.process.pid})"
    )
    assert refused(DATA_DIR=tmp_path / "other", PORT=port) == (
        f"chatrooms: PORT: {port} is taken by another program; set PORT to a free one, such as PORT={port % 60000 + 1}"
    )
    assert not (tmp_path / "other" / "chatrooms.sqlite3").exists()  # refused before anything was migrated
    for name, value in {"PORT": "eighty", "BIND": "nowhere.invalid"}.items():
        line = refused(**{"DATA_DIR": tmp_path / "other", name: value})
        assert line.startswith(f"chatrooms: {name}: "), line


REDIS, POSTGRES = {"REDIS_URL": "redis://127.0.0.1:1/0"}, {"DATABASE_URL": "postgres://x:y@127.0.0.1:1/chat"}
TWO_WORKERS = "WORKERS: more than one process needs REDIS_URL and a PostgreSQL DATABASE_URL"


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({"SITE_URL": "chat"}, "SITE_URL: expected origins"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: expected postgres://"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL: expected redis://"),
        ({"SIGNUP": "perhaps"}, "SIGNUP: expected one of"),
        ({"POST_RATE": "fast"}, "POST_RATE: expected burst"),
        ({"WORKERS": "2"}, TWO_WORKERS),
        ({"WORKERS": "2"} | REDIS, TWO_WORKERS),
        ({"WORKERS": "2"} | POSTGRES, TWO_WORKERS),
    ],
)
def test_the_line_of_each_wrong_value(environment, begins, tmp_path, monkeypatch):
    """What manage.py makes of such an error is seen above, in a process."""
    for name, value in ({"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""} | environment).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(begins)}"):
        runpy.run_path(str(ROOT / "chatsite" / "settings.py"))


def refused(**environment: object) -> str:
    """The one line with which a server refuses to start."""
    chosen = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in environment.items()}}
    done = subprocess.run([sys.executable, "manage.py", "serve"], cwd=ROOT, env=chosen, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def test_a_database_that_is_not_there_is_one_line(tmp_path):
    url = f"postgres://somebody:secret-word@127.0.0.1:{free_port()}/chat"
    line = refused(DATA_DIR=tmp_path, PORT=free_port(), DATABASE_URL=url)
    assert line.startswith("chatrooms: DATABASE_URL: ")
    assert "secret-word" not in line


def test_a_site_in_reach_of_others_says_how_to_set_it_up(site):
    running, port = serve(site, SITE_URL="http://chat.example.org")
    assert running.lines[-1] == f"http://localhost:{port}"
    link = re.search(r"http://chat\.example\.org(/set-up/\S+)", running.lines[-2])
    assert link
    assert get(port, link[1], Host="chat.example.org").status == 200
    assert get(port, "/set-up/wrong/", Host="chat.example.org").status == 404


def test_asyncio_knows_what_it_listens_on() -> None:
    """Without the number it leaves Nagle's algorithm on: 40 ms for each small frame on other ASGI servers."""
    with listening.listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_socket_handed_over_is_served(site, data_dir, tmp_path):
    with bound_socket() as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        chosen = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), "PORT": str(port)}
        running = Site(["serve", "--fd", str(descriptor)], tmp_path / "fd", chosen, pass_fds=[descriptor])
    try:
        running.wait_for(f"http://localhost:{port}")
        assert get(port, "/healthz").status == 200
    finally:
        assert running.stop() == 0


def test_a_worker_gives_signs_of_life_for_as_long_as_its_loop_moves(data_dir, tmp_path):
    """Or its parent would kill it; started as chatsite/crew.py does."""
    chosen = {"DATA_DIR": str(data_dir)}
    line, theirs = socket.socketpair()
    heard, beat = socket.socketpair()
    with bound_socket() as listener, line, theirs, heard, beat:
        fds = [one.fileno() for one in (listener, theirs, beat)]
        words = ["serve", *chain(*zip(("--fd", "--line", "--beat"), map(str, fds), strict=True))]
        running = Site(words, tmp_path / "worker", chosen, pass_fds=fds, stdin=subprocess.PIPE)
        heard.settimeout(PATIENCE)
        signs = [heard.recv(1) for _ in range(2)]
        assert (running.stop(), signs) == (0, [b".", b"."])
        running.process.communicate()


def test_the_database_is_copied_before_it_is_migrated(tmp_path, empty_site):
    """A site of last year: its tables lack the newest migration."""
    shutil.copytree(empty_site, tmp_path, dirs_exist_ok=True)
    (tmp_path / "chatrooms.sqlite3").unlink()
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    manage(tmp_path, "migrate", "--verbosity=0", "contenttypes")
    running = Site(["serve"], tmp_path / "output", environment)
    try:
        running.wait_for(f"http://localhost:{environment['PORT']}")
        copy = next((tmp_path / "backups").glob("chatrooms-*.sqlite3"))
        assert f"Copying the database to {copy}" in running.output
    finally:
        assert running.stop() == 0


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory, town) -> Path:
    """A folder with the seed's people in it."""
    return Path(shutil.copytree(town, tmp_path_factory.mktemp("lived-in"), dirs_exist_ok=True))


def manage(folder: Path, *arguments: str, **environment: str) -> str:
    chosen = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=chosen, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("command", "number"),
    [
        (["serve", "--dev"], signal.SIGTERM),
        (["serve", "--dev"], signal.SIGINT),
        (["runserver"], signal.SIGINT),
        (["runserver", "--noreload"], signal.SIGTERM),
    ],
)
async def test_development_servers_stop_as_cleanly(site, lived_in, command, number):
    environment = {"DATA_DIR": str(lived_in), "PORT": str(free_port()), "DEMO": "1"}
    port = int(environment["PORT"])
    running = site(*command, **environment)
    await asyncio.to_thread(wait_for_page, running, port)
    await assert_clean_stop(running, await three_sockets(port, link_of_ada(lived_in, port)), number)


def wait_for_page(running: Site, port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert running.process.poll() is None, running.output
        try:
            get(port, "/healthz")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(running.output)


def test_systemd_is_told_when_it_answers(site, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        running, port = serve(site, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert ear.recv(100) == b"READY=1"
        assert get(port).status == 200
        assert running.stop() == 0
