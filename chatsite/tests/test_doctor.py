"""`manage.py doctor`: each thing that is misconfigured is said in plain words, and nothing else is."""

import asyncio
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from chatsite import doctor
from chatsite.doctor import Level, addresses, place, servers, site
from chatsite.testing.ports import bound_socket, free_port
from chatsite.tests.conftest import ROOT
from chatsite.tests.places import Place
from chatsite.tests.test_backup import start

PUBLIC, LOCAL = "https://chat.example.org", "http://localhost:8000"


def said(check, level: Level) -> list[str]:
    return [f"{one.what} {one.advice}" for one in check() if one.level is level]


@pytest.mark.parametrize(
    ("check", "level", "words", "changes"),
    [
        (addresses.proxies, Level.WRONG, "TRUSTED_PROXIES=1", {"HTTPS": True, "TRUSTED_PROXIES": 0}),
        (addresses.proxies, Level.LOOK, "BIND=127.0.0.1", {"TRUSTED_PROXIES": 1, "BIND": "192.168.1.5"}),
        (addresses.proxies, Level.OK, "fits", {"HTTPS": True, "TRUSTED_PROXIES": 1, "BIND": "127.0.0.1"}),
        (addresses.names, Level.WRONG, "Set SITE_URL", {"SITE_URLS": [LOCAL], "BIND": "192.168.1.5"}),
        (addresses.names, Level.WRONG, "the same port", {"SITE_URLS": [LOCAL], "SITE_URL": LOCAL, "PORT": 9000}),
        (addresses.names, Level.OK, PUBLIC, {"SITE_URLS": [PUBLIC], "BIND": "127.0.0.1"}),
        (addresses.rights, Level.LOOK, "POST_RATE=0", {"POST_RATE": None}),
        (addresses.rights, Level.LOOK, "everybody", {"METRICS_ALLOW": [ipaddress.ip_network("0.0.0.0/0")]}),
        (addresses.django_itself, Level.WRONG, "chatsite.E003", {"SECRET_KEY": "short"}),
        (servers.bell, Level.WRONG, "correct REDIS_URL", {"REDIS_URLS": ["redis://127.0.0.1:1/0"]}),
        (servers.post_office, Level.WRONG, "Correct EMAIL_URL", {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1}),
        (servers.post_office, Level.LOOK, "Set EMAIL_URL", {"EMAIL_HOST": ""}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_the_settings_say(check, level, words, changes, settings):
    if "EMAIL_HOST" in changes:
        changes["EMAIL_BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
    for name, value in changes.items():
        setattr(settings, name, value)
    found = said(check, level)
    assert any(words in one for one in found), found


def test_the_place(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    assert "No backup" in said(place.backups, Level.LOOK)[0]
    (tmp_path / "backup.stamp").write_text("/elsewhere/chatrooms-1.tar.gz\n")
    assert "0 days old: /elsewhere/chatrooms-1.tar.gz" in said(place.backups, Level.OK)[0]
    os.utime(tmp_path / "backup.stamp", (0, 0))
    assert "days old" in said(place.backups, Level.LOOK)[0]
    (tmp_path / "secret-key").write_text("secret")
    (tmp_path / "secret-key").chmod(0o644)
    assert "chmod 600" in said(place.secret, Level.WRONG)[0]
    (tmp_path / "secret-key").chmod(0o600)
    assert said(place.secret, Level.OK)
    (tmp_path / "restore.unfinished").mkdir()
    assert "interrupted" in said(place.folder, Level.WRONG)[0]
    monkeypatch.setattr(place, "FULL", 1e18)
    assert "is full" in said(place.folder, Level.WRONG)[0]
    monkeypatch.setattr(place, "FEW_FILES", 2**40)
    assert "LimitNOFILE" in said(place.open_files, Level.LOOK)[0]


@pytest.mark.django_db
def test_the_database(monkeypatch):
    assert [one for one in servers.database() if one.level is Level.WRONG] == []

    def down() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("chatsite.preparation.reach_database", down)
    (only,) = servers.database()
    assert only.what == "The database does not answer: OperationalError: connection refused"


def test_a_password_that_everybody_on_the_way_can_read(settings):
    settings.REDIS_URLS = ["redis://:word@redis.invalid/0"]
    found = said(servers.bell, Level.LOOK)
    assert "rediss://" in found[0]
    assert "word" not in found[0].replace("password", "")


def test_a_check_that_fails_is_a_finding_and_keeps_no_other_out(monkeypatch):
    def odd_thing() -> Iterator[doctor.Finding]:
        raise KeyError("somebody's words")

    for module in (addresses, servers, site):
        monkeypatch.setattr(module, "CHECKS", ())
    monkeypatch.setattr(place, "CHECKS", (odd_thing, place.open_files))
    first, second = doctor.examine()
    assert (first.level, first.what) == (Level.WRONG, "“odd thing” could not be checked: KeyError")
    assert "sockets open" in second.what


# --- What stands in front --------------------------------------------------------------------------------------------


@contextmanager
def proxy(answer: bytes) -> Iterator[int]:
    """Something that answers each request with this, whatever was asked."""
    with bound_socket() as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(4096)
                    peer.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("status", "pages", "sockets"),
    [
        (b"502 Bad Gateway", "the proxy does not reach the server", "WebSockets do not come through"),
        (b"403 Forbidden", "answers 403", "another SITE_URL"),
        (b"200 OK", None, "/ws/ answers 200"),
    ],
    ids=["502", "403", "200"],
)
def test_a_proxy_that_is_set_up_wrong(status, pages, sockets, settings, monkeypatch):
    monkeypatch.setattr(site, "is_worth_asking", lambda: True)
    with proxy(b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status) as port:
        settings.SITE_URL = f"http://127.0.0.1:{port}"
        found = said(site.pages, Level.WRONG)
        assert (pages is None and not found) or pages in found[0]
        assert sockets in said(site.sockets, Level.WRONG)[0]


def test_an_address_nobody_answers_at(settings, monkeypatch):
    monkeypatch.setattr(site, "is_worth_asking", lambda: True)
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    assert "cannot be reached from here" in said(site.pages, Level.LOOK)[0]
    assert list(site.sockets()) == []


def test_a_certificate_that_browsers_refuse(settings, monkeypatch):
    def refuse(path: str) -> None:
        error = ssl.SSLCertVerificationError("certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(site, "is_worth_asking", lambda: True)
    monkeypatch.setattr(site, "ask", refuse)
    assert "self-signed certificate" in said(site.pages, Level.WRONG)[0]


# --- As an operator types it -----------------------------------------------------------------------------------------


@pytest.mark.live
@pytest.mark.slow
async def test_a_healthy_site(site, tmp_path, empty_site):
    """The database checks, the pages and the sockets of a server that runs."""
    town = Place(tmp_path / "town").fill(empty_site)
    port = str(free_port())
    await asyncio.to_thread(start, site, town, {"PORT": port})
    told = await asyncio.to_thread(town.manage, "doctor", PORT=port)
    assert "WRONG" not in told
    assert told.endswith("Nothing is wrong.\n")
    for words in ("A server runs", "answers in", "WebSockets come through", "SQLite is whole", "Nobody has set"):
        assert words in told


@pytest.mark.slow
def test_what_is_wrong_ends_it_with_1(tmp_path):
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "SITE_URL": "https://chat.invalid"}
    environment["DATABASE_URL"] = f"postgres://x:secret-word@127.0.0.1:{free_port()}/chat"
    command = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "WRONG  The database does not answer" in done.stdout
    assert "TRUSTED_PROXIES=1" in done.stdout
    assert "secret-word" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.endswith("things are wrong.\n")
