"""`manage.py restore`: an archive of `backup` becomes the site of an empty place."""

import os
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions
from chatsite import preparation
from chatsite.backup import archive, databases, places
from chatsite.backup.archive import FILES, Damaged, Manifest
from chatsite.backup.databases import CannotCopy, Database
from chatsite.backup.progress import Progress


class Command(BaseCommand):
    help = _("Bring an archive of `backup` back, into an empty DATA_DIR and an empty database.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)

    def handle(self, **options: Any) -> None:
        try:
            with preparation.lock(settings.DATA_DIR, "restore"):
                self.restore(options["archive"], databases.current())
        except (CannotCopy, Damaged, DatabaseError, preparation.CannotStart) as reason:
            raise CommandError(" ".join(str(reason).split())) from reason
        except OSError as error:
            raise CommandError(_("The archive could not be restored: %(reason)s") % {"reason": error}) from error
        self.stdout.write(_("Restored. Start the server: open windows load their rooms anew by themselves."))

    def restore(self, path: Path, database: Database) -> None:
        require_empty(database)
        scratch = settings.DATA_DIR / places.UNFINISHED
        scratch.mkdir(mode=0o700)
        try:
            manifest = self.unpack(path, scratch)
            require_fitting(manifest, database)
            database.load(scratch / database.entry, self.stdout)
        except BaseException:
            shutil.rmtree(scratch)  # nothing has been touched yet
            raise
        self.settle(scratch)
        shutil.rmtree(scratch)

    def unpack(self, path: Path, scratch: Path) -> Manifest:
        with path.open("rb") as file:
            progress = Progress(self.stdout, _("Unpacking"), path.stat().st_size)
            manifest = archive.unpack(file, scratch, lambda _size: progress.reach(file.tell()))
        self.stdout.write(
            _("Made at %(at)s by version %(version)s, on %(server)s")
            % {"at": manifest.made_at, "version": manifest.version, "server": manifest.server}
        )
        return manifest

    def settle(self, scratch: Path) -> None:
        """The database is in its place. Until the last file is too, a server refuses to start here."""
        call_command("migrate", interactive=False, verbosity=0)
        # This log goes on otherwise than the one that clients have cursors of.
        actions.begin_epoch(actor=User.objects.get(handle="system"))
        for folder, _folders, names in os.walk(scratch / FILES):
            place = settings.DATA_DIR / Path(folder).relative_to(scratch / FILES)
            place.mkdir(mode=0o700, exist_ok=True)
            for name in names:
                os.replace(Path(folder) / name, place / name)
        connection.close()


def require_empty(database: Database) -> None:
    if (settings.DATA_DIR / places.UNFINISHED).exists():
        raise CannotCopy(_("A restore into this place was interrupted: empty DATA_DIR and the database first."))
    if not database.is_empty():
        raise CannotCopy(_("The database has tables already; a restore needs an empty one."))
    if occupied := places.occupied():
        raise CannotCopy(
            _("%(folder)s is in use: it holds %(file)s. A restore needs an empty DATA_DIR.")
            % {"folder": settings.DATA_DIR, "file": occupied[0]}
        )


def require_fitting(manifest: Manifest, database: Database) -> None:
    """The same kind of database, and no table that this version has never heard of."""
    if manifest.database != database.kind:
        raise CannotCopy(
            _("The archive is of %(server)s, DATABASE_URL names another kind of database.")
            % {"server": manifest.server}
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise CannotCopy(
            _("The archive was made by version %(version)s, which is newer (%(migration)s): upgrade first.")
            % {"version": manifest.version, "migration": unknown[0]}
        )
