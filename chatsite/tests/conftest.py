"""Server processes for these tests: around a small application, and the whole site."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from chatsite.testing.ports import bound_socket

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120.0  # of a machine that runs the other tests beside


class Running:
    """A server process with its output in a file, so that nobody has to read along."""

    def __init__(self, command: list[str], output: Path, **options: Any) -> None:
        self.output_file = output
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, **options
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    def wait_for(self, words: str, count: int = 1) -> None:
        end = time.monotonic() + PATIENCE
        while self.output.count(words) < count:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, f"no {words!r} in {self.output!r}"
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


class SmallServer(Running):
    """`chatsite.tests.small_server` around one of its applications."""

    def __init__(self, application: str, output: Path) -> None:
        with bound_socket() as listener:
            self.port: int = listener.getsockname()[1]
            command = ["-m", "chatsite.tests.small_server", str(listener.fileno()), application]
            super().__init__(command, output, pass_fds=[listener.fileno()])

    def connect(self, **options: Any) -> Any:
        return websockets.connect(f"ws://127.0.0.1:{self.port}/ws/", max_size=None, open_timeout=PATIENCE, **options)


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[Callable[[str], SmallServer]]:
    started: list[SmallServer] = []

    def start(application: str) -> SmallServer:
        started.append(SmallServer(application, tmp_path / f"output-{len(started)}"))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            assert server.stop() == 0, server.output


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory, empty_site: Path) -> Path:
    """One folder for the servers of the session."""
    return Path(shutil.copytree(empty_site, tmp_path_factory.mktemp("site"), dirs_exist_ok=True))


class Site(Running):
    """`manage.py` with a command that serves, in an environment of its own."""

    def __init__(self, arguments: list[str], output: Path, environment: dict[str, str], **options: Any) -> None:
        inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        self.environment = environment
        super().__init__(["manage.py", *arguments], output, env=inherited | environment, **options)

    @property
    def said(self) -> str:
        """Without the lines about requests that took long, as on a busy machine they do."""
        lines = self.output.splitlines(keepends=True)
        return "".join(line for line in lines if '"logger": "chat.trail"' not in line)

    @property
    def lines(self) -> list[str]:
        return self.said.splitlines()


@pytest.fixture
def site(tmp_path: Path, data_dir: Path) -> Iterator[Callable[..., Site]]:
    started: list[Site] = []

    def start(*arguments: str, **environment: str) -> Site:
        chosen = {"DATA_DIR": str(data_dir), **environment}
        started.append(Site(list(arguments or ["serve"]), tmp_path / f"site-{len(started)}", chosen))
        return started[-1]

    yield start
    for each in started:
        each.stop()
