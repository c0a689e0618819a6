"""The folder, the disk and the limits of the account."""

import resource
import shutil
import time
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from chatsite.backup.places import STAMP, UNFINISHED
from chatsite.doctor import Check, Finding, look, ok, wrong

FULL, NEARLY_FULL = 100e6, 1e9  # bytes left on the disk
FEW_FILES = 4096
BACKUP_DAYS = 7


def folder() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    told = {"folder": settings.DATA_DIR, "free": f"{free / 1e9:.1f}"}
    if free < FULL:
        yield wrong(_("The disk of DATA_DIR %(folder)s is full.") % told, _("Make room: nobody can write anything."))
    elif free < NEARLY_FULL:
        yield look(_("DATA_DIR %(folder)s has %(free)s GB left.") % told, _("Make room before it is full."))
    else:
        yield ok(_("DATA_DIR %(folder)s has %(free)s GB left.") % told)
    if (settings.DATA_DIR / UNFINISHED).exists():
        yield wrong(_("A restore was interrupted."), _("Empty DATA_DIR and the database, and restore again."))


def secret() -> Iterator[Finding]:
    path = settings.DATA_DIR / "secret-key"
    if path.exists() and path.stat().st_mode & 0o077:
        yield wrong(
            _("Others on this machine can read %(path)s, and sign in as anybody with it.") % {"path": path},
            f"chmod 600 {path}",
        )
    else:
        yield ok(_("The secret key is its owner's alone."))


def open_files() -> Iterator[Finding]:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    what = _("The server may have %(limit)s files and sockets open.") % {"limit": limit}
    if 0 <= limit < FEW_FILES:
        advice = _("Every open window is one: raise it (ulimit -n 65536, or LimitNOFILE=65536 for systemd).")
        yield look(what, advice)
    else:
        yield ok(what)


def backups() -> Iterator[Finding]:
    stamp = settings.DATA_DIR / STAMP
    if not stamp.exists():
        yield look(_("No backup was ever made."), _("./run manage backup makes one, also while the site runs."))
        return
    days = int((time.time() - stamp.stat().st_mtime) / 86_400)
    what = _("The newest backup is %(days)s days old: %(path)s") % {"days": days, "path": stamp.read_text().strip()}
    yield look(what, _("Have one made every night.")) if days > BACKUP_DAYS else ok(what)


CHECKS: tuple[Check, ...] = (folder, secret, open_files, backups)
