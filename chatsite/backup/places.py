"""What of DATA_DIR belongs in an archive, and what may lie in a place that still counts as empty."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

STAMP = "backup.stamp"  # when the newest backup was made, by the file's time, and where it is
UNFINISHED = "restore.unfinished"  # the folder a restore works in; while it is there nothing else may start
# Made anew by themselves, of one process or one machine, or the copies themselves.
LEFT_OUT = {
    *(
        "static",
        "static.stamp",
        "server.lock",
        "prepare.lock",
        "metrics",
        "backups",
        "screens",
        "bench",
        "exports",
        STAMP,
        UNFINISHED,
    ),
    *("chatrooms.sqlite3", "chatrooms.sqlite3-wal", "chatrooms.sqlite3-shm", "chatrooms.sqlite3-journal"),
}
# Any command makes one when it finds none.
MADE_BY_ANY_COMMAND = {"secret-key"}


def files() -> list[Path]:
    """Every plain file of DATA_DIR that nothing else makes anew, relative to it; links are not followed."""
    return sorted(_files(settings.DATA_DIR))


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if here == root:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            names = [name for name in names if name not in LEFT_OUT]
        for name in names:
            path = here / name
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root)


def occupied() -> list[Path]:
    """Files that a restore would have to overwrite."""
    return [path for path in files() if str(path) not in MADE_BY_ANY_COMMAND]
