"""The throw-away servers are real, private, survive a restart on their port, and leave nothing behind."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest
import redis

from chatsite.testing import finding, servers
from chatsite.testing.nginx import Nginx


@pytest.fixture(params=[servers.Redis, servers.PostgreSQL], ids=lambda kind: kind.name)
def server(request):
    try:
        with request.param() as started:
            yield started
    except servers.Missing as reason:
        pytest.skip(str(reason))


pytestmark = pytest.mark.live


def test_starts_stops_and_starts_again_on_its_port(server):
    port, process = server.port, server.process
    assert server.answers()
    server.stop()
    assert process.returncode == 0
    assert not server.answers()
    server.start()
    assert server.answers()
    assert (server.port, server.process.pid != process.pid) == (port, True)


def test_survives_its_own_crash(server):
    server.kill()
    assert not server.answers()
    server.start()
    assert server.answers()


def test_frozen_is_there_and_silent(server):
    server.freeze()
    with socket.create_connection(("127.0.0.1", server.port), timeout=1):
        pass  # the kernel still takes connections, as for a hung machine
    if isinstance(server, servers.Redis):  # of PostgreSQL only new connections hang
        assert not server.answers()
    server.thaw()
    assert server.answers()


def test_leaves_nothing_behind(server):
    folder, process = server.folder, server.process
    assert folder.is_dir()
    server.close()
    assert not folder.exists()
    assert process.poll() is not None
    assert not server.answers()


def test_postgres_knows_letters_outside_ascii():
    try:
        with servers.PostgreSQL() as server, psycopg.connect(server.url) as connection:
            words = connection.execute("SELECT current_setting('server_encoding'), lower('ÄÉØ')").fetchone()
    except servers.Missing as reason:
        pytest.skip(str(reason))
    assert words == ("UTF8", "äéø")


def test_postgres_wants_its_password():
    try:
        with servers.PostgreSQL() as server:
            stranger = server.url.replace(server.password, "guess")
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(stranger)
    except servers.Missing as reason:
        pytest.skip(str(reason))


def test_redis_listens_on_loopback_and_keeps_nothing(tmp_path):
    try:
        with servers.Redis() as server:
            client = redis.Redis.from_url(server.url)
            client.set("a", "b")
            assert client.config_get("bind")["bind"] == "127.0.0.1"
            client.close()
            server.stop()
            server.start()
            client = redis.Redis.from_url(server.url)
            assert client.get("a") is None
            client.close()
    except servers.Missing as reason:
        pytest.skip(str(reason))


def test_nginx_serves_its_block():
    try:
        with Nginx('server { listen 127.0.0.1:{port}; location / { return 200 "through"; } }') as server:
            assert urllib.request.urlopen(server.url, timeout=5).read() == b"through"  # noqa: S310 - our own address
    except servers.Missing as reason:
        pytest.skip(str(reason))


def test_a_server_that_cannot_start_says_why():
    with servers.bound_socket() as taken:
        try:
            server = Nginx("server { listen 127.0.0.1:{port}; }", port=taken.getsockname()[1])
        except servers.Missing as reason:
            pytest.skip(str(reason))
        with pytest.raises(servers.Missing, match="could not bind"), server:
            pass
        assert not server.folder.exists()


def test_the_environment_names_a_server(monkeypatch):
    def never():
        raise AssertionError("one was given")

    monkeypatch.setenv("TEST_REDIS_URL", "redis://example.invalid/3")
    with servers.provided("TEST_REDIS_URL", never) as url:
        assert url == "redis://example.invalid/3"


def test_a_name_on_path_that_does_not_run_is_passed_over(tmp_path, monkeypatch):
    for folder, code in (("dead", 127), ("alive", 0)):
        path = tmp_path / folder / "chromium"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
    dead, alive = tmp_path / "dead/chromium", tmp_path / "alive/chromium"
    assert finding.first_that_answers([dead, tmp_path / "none", alive], "it") == str(alive)
    with pytest.raises(servers.Missing, match="it is neither installed"):
        finding.first_that_answers([dead], "it")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another account")
def test_what_nobody_cannot_reach_is_passed_over(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "postgres"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert finding.first_that_answers([program], "it") == str(program)
    with pytest.raises(servers.Missing):
        finding.first_that_answers([program], "it", account="nobody")


def test_the_environment_names_a_chromium(tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert servers.find_chromium(install=False) == str(mine)


def test_loads_without_django():
    script = "import sys, chatsite.testing.servers; print('django' in sys.modules)"
    folder = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
