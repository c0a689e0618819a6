"""The product as its users run it: `manage.py serve` in a process (or TEST_SERVER), with a data folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from chatsite.testing import serving
from chatsite.testing.servers import bound_socket, wait_until
from chatsite.testing.steps import SETTINGS

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"
PATIENCE = 60


class Product:
    """Keeps its port and its data over stop(), kill() and start()."""

    def __init__(self, folder: Path, data: Path | None = None, **settings: str) -> None:
        """Empty, or on a copy of `data`."""
        self.folder = folder
        self.settings = {"POST_RATE": "0", "DJANGO_SETTINGS_MODULE": "chatsite.testing.journey_settings", **settings}
        self.data = folder / "data"
        if data is None:
            self.data.mkdir()
        else:
            shutil.copytree(data, self.data)
        with bound_socket() as sock:
            self.port: int = sock.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.states: dict[str, object] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def seed(self) -> None:
        for command in (["migrate", "--verbosity=0"], ["seed", f"--password={PASSWORD}"]):
            subprocess.run(self._manage(*command), env=self._environment(), check=True, capture_output=True)

    def start(self) -> None:
        """Returns once it answers. The listening socket is the server's alone, so that a dead one refuses."""
        with self.listener() as sock, (self.folder / "log").open("ab") as log:
            command = self.command(str(sock.fileno()))
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdout=log,
                stderr=log,
                pass_fds=[sock.fileno()],
                process_group=0,
            )
        assert wait_until(lambda: self._answers() or not self.running, seconds=PATIENCE), self.log
        assert self.running, self.log

    def listener(self) -> socket.socket:
        return bound_socket(port=self.port)

    def command(self, descriptor: str) -> list[str]:
        return serving.command("--fd", descriptor)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As a crash would end it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        """As an administrator would: it must end in order, sockets open or not."""
        if self.process is None or self.process.returncode == -signal.SIGKILL:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
        assert self.process.returncode == 0, self.log[-4000:]
        assert "Traceback" not in self.log, self.log[-4000:]

    def back_up(self) -> Path:
        """A copy of the stopped server's database."""
        return Path(shutil.copytree(self.data, self.folder / "backup"))

    def restore(self, backup: Path) -> None:
        """The copy replaces the stopped server's data, with a new epoch, as an administrator restores a backup."""
        shutil.rmtree(self.data)
        shutil.copytree(backup, self.data)
        self.shell("import uuid; from chat.models import Installation; Installation.objects.update(epoch=uuid.uuid4())")

    def shell(self, words: str) -> None:
        """Beside the server, as an administrator may."""
        subprocess.run(self._manage("shell", "-c", words), env=self._environment(), check=True, capture_output=True)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _manage(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *words]

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        return {**own, "DATA_DIR": str(self.data), "PORT": str(self.port), "PYTHONUNBUFFERED": "1", **self.settings}
