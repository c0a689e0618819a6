"""Finds the programs the tests need: on PATH, inside a wheel, and Chromium also by installing it."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class Missing(RuntimeError):
    """The part cannot be had on this machine; the text says why in one line."""


def first_that_answers(
    candidates: Iterable[str | Path], what: str, *, ask: str = "--version", account: str | None = None
) -> str:
    """The first that runs: a name on PATH may be a dead shim, a file in a closed folder is out of `nobody`'s reach."""
    for candidate in candidates:
        path = shutil.which(str(candidate))
        if path and runs([path, ask], account=account):
            return path
    raise Missing(f"{what} is neither installed nor there as a wheel")


def runs(command: Sequence[str], *, account: str | None = None, seconds: float = 20, **environment: str) -> bool:
    """Whether the command ends well, by itself and in time; its output is dropped."""
    try:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
            timeout=seconds,
            user=account,
            group=group_of(account),
            extra_groups=[] if account else None,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, LookupError):
        return False
    return done.returncode == 0


def group_of(account: str | None) -> int | None:
    import pwd  # no such module on Windows

    return pwd.getpwnam(account).pw_gid if account else None


def inside_wheel(package: str, pattern: str) -> list[Path]:
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    return [path for folder in folders for path in sorted(Path(folder).glob(pattern))]


def find_chromium(*, install: bool = True) -> str | None:
    """A Chromium or Chrome that runs; with `install`, one from Debian's or Playwright's store if there is none."""
    if (named := os.environ.get("CHROMIUM")) and runs([named, "--version"]):
        return named
    if found := _chromium_here():
        return found
    if not install:
        return None
    if _install_from_debian() and (found := _chromium_here()):
        return found
    return _install_from_playwright()


def _chromium_here() -> str | None:
    for candidates in (lambda: CHROMIUM_NAMES, _playwright_binary):
        with contextlib.suppress(Missing):
            return first_that_answers(candidates(), "Chromium")
    return None


def _install_from_debian() -> bool:
    # Ubuntu's package of this name is a stub for snap, so it is asked for on Debian alone.
    if os.geteuid() != 0 or not shutil.which("apt-get") or "ID=debian" not in _os_release():
        return False
    print("Installing chromium and fonts-noto-color-emoji with apt-get", flush=True)
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-color-emoji"]
    return runs(["apt-get", "update"], seconds=120) and runs(install, seconds=300, DEBIAN_FRONTEND="noninteractive")


def _install_from_playwright() -> str | None:
    print("Downloading Chromium with Playwright", flush=True)
    if not runs([sys.executable, "-m", "playwright", "install", "chromium"], seconds=180):
        return None
    return _chromium_here()


def _playwright_binary() -> Sequence[str]:
    """Where Playwright keeps its own download, if it has one; asked in a process of its own, for its event loop."""
    script = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [done.stdout.strip()] if done.returncode == 0 else []


def _os_release() -> list[str]:
    path = Path("/etc/os-release")
    return path.read_text().splitlines() if path.exists() else []
