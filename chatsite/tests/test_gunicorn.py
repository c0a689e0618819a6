"""Pages from gunicorn, beside the process that serves sockets."""

import os
import re

import pytest

from chatsite.testing.ports import bound_socket, free_port
from chatsite.tests.conftest import Running
from chatsite.tests.test_serve import get

pytestmark = [pytest.mark.live, pytest.mark.slow]


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
