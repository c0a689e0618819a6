"""One step of `./run test`: a command with a name, run beside others or watched, timed, its verdict in one line."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import IO

import psutil

# What the person at the keyboard has set for his own server must not reach the checks.
SETTINGS = (
    *("PORT", "BIND", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "WORKERS", "SITE_URL", "SECRET_KEY", "SIGNUP"),
    "DATABASE_POOL",
    "SECRET_KEY_FALLBACKS",
    *("EMAIL_URL", "TRUSTED_PROXIES", "METRICS_ALLOW", "LOG_FORMAT", "POST_RATE", "ADDRESS_SOCKETS", "DEBUG", "DEMO"),
    "SITE_LANGUAGE",
    *("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_URL"),
    *("OIDC_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"),
)
CLOSING = re.compile(r"^=+ (.*\b(?:passed|failed|errors?|skipped|deselected|ran)\b.* in [\d.]+s.*?) =+$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[\d;]*m")

PATIENCE = 20 * 60.0  # seconds for a step: one that hangs is ended, as nobody may be looking


class StepFailed(Exception):
    """Its text is the name of the step."""


@dataclass
class Step:
    """`environment` is added to the person's own, without the settings of a running server."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    closing: str = ""  # pytest's last line, once it ran
    seconds: float = 0.0

    def launch(self, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        environment = {**own, "PYTHONUNBUFFERED": "1", **self.environment}
        return subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )

    def verdict(self) -> str:
        return f"  {self.name:<44}{self.seconds:7.1f} s  {self.closing or 'ok'}"


def side_by_side(steps: Sequence[Step]) -> None:
    """Runs them at once and tells each as it ends. Raises StepFailed at the first failure, after showing its output."""
    started = time.monotonic()
    with ExitStack() as stack:
        running = [_in_the_background(step, stack) for step in steps]
        while running:
            running = [entry for entry in running if not _ended(*entry, started)]
            time.sleep(0.02)


def _in_the_background(step: Step, stack: ExitStack) -> tuple[Step, subprocess.Popen[bytes], IO[bytes]]:
    output = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    process = stack.enter_context(step.launch(output))
    stack.callback(process.terminate)  # does nothing to one that has ended
    return step, process, output


def _ended(step: Step, process: subprocess.Popen[bytes], output: IO[bytes], started: float) -> bool:
    if process.poll() is None:
        return False
    step.seconds = time.monotonic() - started
    if process.returncode != 0:
        output.seek(0)
        sys.stdout.buffer.write(output.read())
        raise StepFailed(step.name)
    print(step.verdict(), flush=True)
    return True


def watched(step: Step) -> None:
    """Runs it with its output passed on as it comes. Raises StepFailed."""
    print(f"  {step.name}", flush=True)
    started = time.monotonic()
    process = step.launch(subprocess.PIPE)
    watch = threading.Timer(PATIENCE, _end, [process, step.name])
    watch.start()
    try:
        text = _pass_on(process)
    except BaseException:
        process.wait()  # Ctrl-C reached it too: let it close its servers
        raise
    finally:
        watch.cancel()
    step.seconds = time.monotonic() - started
    closings = CLOSING.findall(COLOUR.sub("", text))
    step.closing = closings[-1] if closings else ""
    if process.returncode != 0:
        raise StepFailed(step.name)


def _end(process: subprocess.Popen[bytes], name: str) -> None:
    """With what it started, which holds its output open."""
    print(f"\nrun test: {name} takes more than {PATIENCE / 60:.0f} minutes and is ended", flush=True)
    started: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
    process.kill()  # first: one that waits for a child would go on when that is gone, and may end well
    for child in started:
        with suppress(psutil.NoSuchProcess):
            child.kill()


def _pass_on(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    parts: list[bytes] = []
    with process.stdout as output:
        while part := os.read(output.fileno(), 65536):
            parts.append(part)
            sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
    process.wait()
    return b"".join(parts).decode(errors="replace")
