"""Which server the sites of the tests stand on: ours, or by TEST_SERVER=uvicorn one that has no writer of ours."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "TEST_SERVER"
SERVERS = {
    "daphne": [str(ROOT / "manage.py"), "serve"],
    "uvicorn": ["-m", "chatsite.testing.on_uvicorn"],
}


def chosen() -> str:
    """The name of the server of this run. Raises KeyError for one that nobody knows."""
    name = os.environ.get(VARIABLE) or "daphne"
    SERVERS[name]
    return name


def command(*options: str, server: str | None = None) -> list[str]:
    """What prepares a site and serves it; run from the project's folder. `server`: whatever is chosen."""
    return [sys.executable, *SERVERS[server or chosen()], *options]
