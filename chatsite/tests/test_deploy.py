"""What deploy/ says is what the site knows: settings, ports, commands, files; units as far as systemd judges unseen."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

from chatsite.testing.steps import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
EXAMPLES = ("chatrooms.env.example", "container/settings.env.example")
MOST_EXPOSED = 20  # tenths: systemd's own scale ends at 100; below 20 it says OK

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")


def text(name: str) -> str:
    return (DEPLOY / name).read_text()


def values(name: str) -> dict[str, str]:
    """The settings of an example, those in comments included."""
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text(name), re.MULTILINE))


# --- Settings


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_setting_of_an_example_is_one(name):
    known = set(SETTINGS) | {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
    assert set(values(name)) <= known
    assert {"SITE_URL", "TRUSTED_PROXIES", "DATABASE_URL", "REDIS_URL"} <= set(values(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_as_it_stands_passes_djangos_list_for_production(name, tmp_path):
    own = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    chosen = {key: value for key, value in values(name).items() if value and key != "EMAIL_URL"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        command, cwd=ROOT, env=own | chosen | {"DATA_DIR": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_both_examples_ask_for_the_same():
    first, second = (values(name) for name in EXAMPLES)
    shared = {"SITE_URL", "TRUSTED_PROXIES", "SIGNUP"}
    assert {key: first[key] for key in shared} == {key: second[key] for key in shared}


# --- Ports and commands


def test_units_nginx_and_containers_name_the_same_ports():
    upstreams = text("nginx/chatrooms-upstreams.conf")
    pages, sockets = re.findall(r"upstream \w+ \{(.*?)\}", upstreams, re.DOTALL)
    served = set(re.findall(r"127\.0\.0\.1:(\d+)", sockets))
    assert served == set(re.findall(r"chatrooms-sockets@(\d+)", text("systemd/chatrooms.target")))
    (own,) = re.findall(r"server 127\.0\.0\.1:(\d+) max_fails=0;", pages)
    assert f"--bind 127.0.0.1:{own} " in text("systemd/chatrooms-pages.service")
    assert set(re.findall(r"127\.0\.0\.1:(\d+) max_fails=0 backup;", pages)) == served
    compose = text("container/compose.yaml")
    assert set(re.findall(r'PORT: "(\d+)"', compose)) == {own, *served}
    places = re.findall(r"server ([\w-]+):(\d+)", text("container/upstreams.conf"))
    assert {port for _, port in places} == {own, *served}
    for service, port in places:
        assert re.search(rf'^  {service}:\n(?:    .*\n)*?    environment: {{PORT: "{port}"}}', compose, re.MULTILINE)


def test_a_reload_takes_new_code():
    """SIGHUP is that for gunicorn and for several workers of ours."""
    for name in ("chatrooms-pages.service", "chatrooms-sockets@.service"):
        assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in text(f"systemd/{name}")


def test_containers_wait_for_the_same_upstreams_as_units():
    """The two files differ in names only."""
    unit = re.sub(r"127\.0\.0\.1:", "", text("nginx/chatrooms-upstreams.conf"))
    container = re.sub(r"(pages|sockets-\d):", "", text("container/upstreams.conf"))
    assert unit.splitlines()[1:] == container.splitlines()[1:]


def test_every_command_that_is_run_exists():
    every = [*UNITS, DEPLOY / "container" / "compose.yaml", DEPLOY / "container" / "Containerfile"]
    run = set(re.findall(r'manage\.py[ ",]+(\w+)', "\n".join(path.read_text() for path in every)))
    assert run == {"backup", "prepare", "serve"}
    assert run <= set(get_commands())


def test_the_image_copies_all_that_the_site_imports_and_nothing_of_the_owners():
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", text("container/Containerfile"), re.MULTILINE))
    code = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench"}
    assert copied == {"requirements.lock", "manage.py", "locale", "static", "templates", *code}
    let_in = set(re.findall(r"^!(\S+)", text("container/Containerfile.dockerignore"), re.MULTILINE))
    assert let_in == copied


def test_nothing_runs_as_root():
    assert re.search(r"^USER chatrooms$", text("container/Containerfile"), re.MULTILINE)
    for unit in UNITS:
        assert "\nUser=chatrooms\n" in unit.read_text(), unit.name


def test_units_share_their_hardening():
    """Written out in each, since systemd has no include: word for word the same, but for the rights of new files."""
    parts = [re.sub(r"UMask=\d+", "", unit.read_text().split("# It reads its code")[1]) for unit in UNITS]
    assert len(parts) == 3
    assert len({part.strip() for part in parts}) == 1


def test_operations_tells_of_every_file():
    told = (ROOT / "docs" / "operations.md").read_text()
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.parent.name != "errors":
            assert path.name.removesuffix(".dockerignore") in told, path.name


# --- What systemd says without running them


@pytest.fixture
def units(tmp_path) -> list[Path]:
    """As installed, with this folder for /srv/chatrooms: systemd looks whether what they start is there.

    By links, since a unit cannot name a path with spaces and this folder's may have some.
    """
    (tmp_path / "site").symlink_to(ROOT)
    (tmp_path / "python").symlink_to(sys.executable)
    (tmp_path / "units").mkdir()
    for path in (DEPLOY / "systemd").iterdir():
        if path.suffix in {".service", ".target", ".timer"}:
            name = path.name.replace("@", "@8002")
            words = path.read_text().replace("/srv/chatrooms/.venv/bin/python", str(tmp_path / "python"))
            (tmp_path / "units" / name).write_text(words.replace("/srv/chatrooms", str(tmp_path / "site")))
    return sorted((tmp_path / "units").iterdir())


@needs_systemd
@pytest.mark.slow
def test_systemd_finds_no_fault_in_the_units(units):
    known = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=one", "--man=no", *units],
        env=known,
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "chatrooms" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@needs_systemd
def test_systemd_calls_their_exposure_low(units):
    for unit in (unit for unit in units if unit.suffix == ".service"):
        command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit]
        done = subprocess.run(command, capture_output=True, text=True)
        if "unrecognized option" in done.stderr:
            pytest.skip("this systemd-analyze judges running units only")
        assert done.returncode == 0, done.stdout[-300:]
