"""`manage.py backup`: the whole site in one archive, while it runs."""

import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from chatsite import __version__
from chatsite.backup import databases, places
from chatsite.backup.archive import FILES, Manifest, Writer
from chatsite.backup.databases import CannotCopy, Database
from chatsite.backup.progress import Progress


class Command(BaseCommand):
    help = _("Copy the database and all files into one archive, while the site runs.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target", nargs="?", type=Path, help=_("The archive, or the folder for it; default: DATA_DIR/backups.")
        )

    def handle(self, **options: Any) -> None:
        target = archive_path(options["target"])
        try:
            with unfinished(target) as file:
                self.write(file, target.parent)
        except (CannotCopy, DatabaseError) as reason:
            raise CommandError(" ".join(str(reason).split())) from reason
        except OSError as error:
            raise CommandError(_("The archive could not be written: %(reason)s") % {"reason": error}) from error
        except KeyboardInterrupt:
            raise CommandError(_("Stopped; nothing is left of it."), returncode=130) from None
        (settings.DATA_DIR / places.STAMP).write_text(f"{target}\n")
        size = f"{target.stat().st_size / 1e6:.1f} MB"
        self.stdout.write(_("Written: %(archive)s (%(size)s)") % {"archive": target, "size": size})

    def write(self, file: IO[bytes], folder: Path) -> None:
        """The database first: every file that its rows name is there by then."""
        database = databases.current()
        writer = Writer(file, manifest_of(database))
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as scratch:
            copy = Path(scratch) / database.entry
            database.dump(copy, self.stdout)
            progress = Progress(self.stdout, _("Packing the database"), copy.stat().st_size)
            writer.add(database.entry, copy, progress.add)
        self.pack_files(writer)
        writer.close()

    def pack_files(self, writer: Writer) -> None:
        paths = places.files()
        progress = Progress(self.stdout, _("Packing the files"), len(paths), "files")
        for path in paths:
            try:
                writer.add(f"{FILES}/{path.as_posix()}", settings.DATA_DIR / path, lambda _size: None)
            except FileNotFoundError:
                self.stdout.write(_("Gone meanwhile: %(path)s") % {"path": path})
            progress.add(1)


def archive_path(given: Path | None) -> Path:
    if given is not None and not given.is_dir():
        return given.absolute()
    folder = settings.DATA_DIR / "backups" if given is None else given.absolute()
    return folder / f"chatrooms-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"


@contextmanager
def unfinished(target: Path) -> Iterator[IO[bytes]]:
    """A file under another name, for its owner's eyes, that becomes the target when all went well, and goes if not."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def manifest_of(database: Database) -> Manifest:
    applied = MigrationRecorder(connection).applied_migrations()
    return Manifest(
        database=database.kind,
        server=database.server(),
        version=__version__,
        migrations=sorted(f"{app}.{name}" for app, name in applied),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
