"""Several processes: on one listening socket through WORKERS, and pages from gunicorn beside them."""

import asyncio
import os
import re
import signal

import psutil
import pytest

from chatsite.testing.ports import bound_socket, free_port
from chatsite.testing.servers import PostgreSQL, Redis, wait_until
from chatsite.tests.conftest import Running
from chatsite.tests.test_serve import assert_clean_stop, get, manage, three_sockets

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def servers():
    with PostgreSQL() as database, Redis() as bell:
        yield {"DATABASE_URL": database.url, "REDIS_URL": bell.url}


def test_workers_share_the_socket_and_stop_together(site, servers, data_dir):
    port = free_port()
    environment = {"DEMO": "1", "PORT": str(port), **servers}
    running = site("serve", WORKERS="2", **environment)
    running.wait_for(f"http://localhost:{port}")
    assert len(psutil.Process(running.process.pid).children()) == 2
    manage(data_dir, "seed", "--messages=20", **environment)
    link = manage(data_dir, "shell", "-v0", "-c", "from accounts import demo; print(demo.link('ada'))", **environment)

    async def sit_and_stop() -> None:
        await assert_clean_stop(running, await three_sockets(port, link.strip()), signal.SIGTERM)

    asyncio.run(sit_and_stop())


def test_when_a_worker_dies_the_server_says_so_by_ending(site, servers):
    port = free_port()
    running = site("serve", WORKERS="2", PORT=str(port), **servers)
    running.wait_for(f"http://localhost:{port}")
    first, second = psutil.Process(running.process.pid).children()
    first.kill()
    assert running.process.wait(60) not in {0, None}
    assert wait_until(lambda: not second.is_running())


def test_gunicorn_serves_the_same_pages(data_dir, tmp_path, site):
    port = free_port()
    prepared = site("serve", PORT=str(port))
    prepared.wait_for(f"http://localhost:{port}")
    page = get(port)
    with bound_socket() as listener:
        pages_port = listener.getsockname()[1]
        environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), "PORT": str(port)}
        command = ["-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "--threads", "2", "chatsite.wsgi"]
        pages = Running(command, tmp_path / "gunicorn", env=environment, pass_fds=[listener.fileno()])
    try:
        pages.wait_for("Booting worker")
        same = get(pages_port, Host=f"localhost:{port}")
        assert same.status == 200
        assert without_tokens(same.body) == without_tokens(page.body)
        told = get(pages_port, "/metrics").body.decode()
        assert len(set(re.findall(r'chatrooms_process_info{pid="(\d+)"', told))) == 2, "each tells of both"
    finally:
        pages.stop()


def without_tokens(page: bytes) -> list[bytes]:
    return [line for line in page.splitlines() if b"csrf" not in line]
