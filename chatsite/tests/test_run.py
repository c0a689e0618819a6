"""The `run` script: which words go where, one clear line for what stops it; its helpers here are small scripts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "dirname", "grep", "id", "ls", "rm", "sh", "tail", "tee")

# A Python that answers the probes; what it is asked to run, it prints.
PYTHON = """#!/bin/sh
case "$*" in
    *hashlib*) echo "3.11 here ${4-}" ;;
    *ensurepip*version_info*) exit $(({ensurepip} | {recent})) ;;
    *ensurepip*) exit {ensurepip} ;;
    *"python%d"*) echo python3.11-venv ;;
    *version_info*) exit {recent} ;;
    --version) echo "Python {version}" ;;
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && exit {venv} ;;
    "-m pip"*) echo "Collecting django==5"; echo "ERROR: no matching hash"; exit {pip} ;;
    *) printf '%s|' "$@"; echo; env ;;
esac
"""


class Clone:
    """A copy of the script and its locks in a folder with a blank and an umlaut, and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a b ü"
        self.path = folder / "bin"
        self.folder.mkdir()
        self.path.mkdir()
        for name in ("run", "requirements.lock", "requirements-dev.lock"):
            shutil.copy2(ROOT / name, self.folder)
        for name in (*TOOLS, "mkdir", "cp", "env"):
            (self.path / name).symlink_to(shutil.which(name) or f"/bin/{name}")

    def tool(self, name: str, script: str) -> None:
        path = self.path / name
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def python(self, name: str = "python3", *, version: str = "3.11.2", **codes: int) -> None:
        script = PYTHON.replace("{version}", version)
        for probe in ("ensurepip", "recent", "venv", "pip"):
            script = script.replace(f"{{{probe}}}", str(codes.get(probe, 0)))
        self.tool(name, script)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": str(self.path), "HOME": os.environ.get("HOME", "/"), **environment}
        command = [str(self.folder / "run"), *words]
        return subprocess.run(command, cwd="/", env=own, capture_output=True, text=True, timeout=60, check=False)

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], "manage.py|serve|"),
        (["demo"], "manage.py|serve|--demo|"),
        (["dev"], "manage.py|serve|--dev|"),
        (["manage", "shell", "-c", "a b"], "manage.py|shell|-c|a b|"),
        (["test", "chat/tests", "-k", "a or b"], "-m|chatsite.testing|chat/tests|-k|a or b|"),
        (["bench", "fan200"], "-m|bench|fan200|"),
        (["chaos", "--seed", "7"], "-m|chat.tests.chaos|--seed|7|"),
        (["screens"], "manage.py|screens|"),
    ],
)
def test_each_word_goes_to_its_program(clone, words, asked):
    clone.python()
    done = clone.run(*words)
    assert done.returncode == 0, done.stderr
    assert asked in done.stdout.splitlines()


def test_the_second_time_installs_nothing(clone):
    clone.python()
    assert "Installing" in clone.run().stdout
    assert "Installing" not in clone.run().stdout
    assert "requirements-dev.lock" in clone.run("test").stdout
    assert "Installing" not in clone.run("test").stdout + clone.run().stdout


def test_a_changed_lock_is_installed_into_the_same_folder(clone):
    clone.python()
    clone.run()
    (clone.venv / "kept").touch()
    (clone.venv / "stamp-requirements.lock").write_text("3.11 here of another lock\n")
    assert "Installing" in clone.run().stdout
    assert (clone.venv / "kept").exists()


def test_a_moved_folder_or_another_python_makes_it_anew(clone):
    clone.python()
    clone.run()
    (clone.venv / "old").touch()
    (clone.venv / "stamp").write_text("3.11 elsewhere\n")
    (clone.venv / "stamp-requirements.lock").unlink()
    assert "Making .venv" in clone.run().stdout
    assert not (clone.venv / "old").exists()


def test_what_would_mislead_python_is_unset(clone):
    clone.python()
    misleading = {"PYTHONPATH": "/x", "PIP_USER": "1", "DJANGO_SETTINGS_MODULE": "other", "CDPATH": "/tmp", "KEPT": "1"}
    names = {line.partition("=")[0] for line in clone.run(**misleading).stdout.splitlines()}
    assert names & set(misleading) == {"KEPT"}


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_an_unknown_word_is_one_line(clone):
    done = clone.run("sreve")
    assert done.returncode == 2
    assert "sreve" in one_line(done)
    assert not clone.venv.exists()


def test_help_names_every_word(clone):
    done = clone.run("help")
    assert done.returncode == 0
    for word in ("demo", "dev", "manage", "test", "bench", "chaos", "screens"):
        assert f"./run {word}" in done.stdout


def test_without_python_is_one_line(clone):
    done = clone.run()
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, found none" in one_line(done)


def test_an_old_python_is_one_line(clone):
    clone.python(version="3.9.18", recent=1)
    done = clone.run()
    assert done.returncode == 1
    assert "found Python 3.9.18" in one_line(done)


def test_a_name_that_answers_nothing_is_passed_over(clone):
    clone.tool("python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    clone.python("python3.12", version="3.12.1")
    assert "Making .venv with Python 3.12.1" in clone.run().stdout


def test_debian_without_venv_says_what_to_type(clone):
    clone.python(ensurepip=1)
    clone.tool("id", "#!/bin/sh\necho 1000\n")
    clone.tool("apt-get", "#!/bin/sh\nexit 1\n")
    done = clone.run()
    assert done.returncode == 1
    assert "sudo apt-get install python3.11-venv" in one_line(done)
    assert not clone.venv.exists()


def test_debian_without_venv_as_root_installs_it(clone):
    clone.python(ensurepip=1)
    clone.tool("id", "#!/bin/sh\necho 0\n")
    clone.tool("apt-get", f"#!/bin/sh\necho \"$@\" >>'{clone.folder}/apt'\n")
    done = clone.run()
    assert done.returncode == 0, done.stderr
    assert "installing python3.11-venv" in done.stdout
    assert (clone.folder / "apt").read_text() == "update\ninstall -y python3.11-venv\n"


def test_a_half_made_folder_is_removed(clone):
    clone.python(venv=1)
    done = clone.run()
    assert done.returncode == 1
    assert "-m venv .venv failed" in one_line(done)
    assert not clone.venv.exists()


def test_a_failed_install_shows_why_and_is_tried_again(clone):
    clone.python(pip=1)
    done = clone.run()
    assert done.returncode == 1
    assert "ERROR: no matching hash" in done.stderr
    assert "could not install requirements.lock" in done.stderr
    assert "Installing" in clone.run().stdout


def test_uv_is_used_when_it_is_there(clone):
    clone.python()
    made = f"[ $1 = pip ] || {{ mkdir -p .venv/bin; cp '{clone.path}/python3' .venv/bin/python; }}"
    clone.tool("uv", f'#!/bin/sh\necho uv "$@"\n{made}\n')
    told = clone.run().stdout
    assert "uv pip install --python .venv/bin/python --require-hashes --no-deps -r requirements.lock" in told
    assert "Collecting" not in told


def test_nothing_beyond_posix_is_called():
    script = (ROOT / "run").read_text()
    assert script.startswith("#!/bin/sh\n")
    beyond = r"\b(curl|wget|timeout|realpath|readlink|setsid|flock|nproc|sed|awk|sudo -|local|source|pushd)\b|\[\[|<<<"
    found = [match.group() for match in re.finditer(beyond, script)]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_hashes_and_no_place(name):
    lock = (ROOT / name).read_text()
    assert lock.count("--hash=sha256:") > lock.count("==") > 40
    assert not re.search(r"file:|--(extra-)?index|--find-links|https?:", lock)


def test_every_direct_dependency_is_pinned_and_locked():
    for source, lock in (("requirements.txt", "requirements.lock"), ("requirements-dev.txt", "requirements-dev.lock")):
        wanted = [line for line in (ROOT / source).read_text().splitlines() if line[:1].isalpha()]
        locked = (ROOT / lock).read_text()
        for line in wanted:
            name, version = re.match(r"([\w-]+)(?:\[[\w,]+\])?==([\w.]+)", line).groups()
            assert re.search(rf"^{name}(\[.*\])?=={re.escape(version)}\s", locked, re.MULTILINE), line


def test_the_second_lock_holds_all_of_the_first():
    first, second = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert first <= second
