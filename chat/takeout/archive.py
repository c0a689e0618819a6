"""Writing the copy: JSON for programs, pages for people, one entry after the other into a ZIP on disk."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.utils import timezone, translation

from accounts import pictures
from accounts.languages import of_person
from accounts.models import User
from accounts.zones import zone_of
from chat.jobs import Work
from chat.models import Message
from chat.takeout import pages, said
from chat.takeout.contents import SECTIONS
from chat.takeout.files import forget_exports, new_file

STYLE = Path(settings.BASE_DIR) / "static" / "css" / "takeout.css"


def make_export(work: Work) -> dict[str, Any]:
    """The copy as a file; the job's `done` of `total` are messages. One that was cut short is begun anew."""
    person = work.job.person
    work.begin(total=Message.objects.filter(author=person).count())
    with (
        translation.override(of_person(person) or settings.LANGUAGE_CODE),
        timezone.override(zone_of(person)),
        new_file() as (name, file),
    ):
        Archive(person, file).write(work)
        size = file.tell()
    forget_exports(person)
    return {"file": name, "size": size}


class Archive:
    def __init__(self, person: User, file: BinaryIO) -> None:
        self.person = person
        self.file = file
        self.index: list[dict[str, Any]] = []  # what the first page links to
        self.picture = pictures.read(person.picture)

    def write(self, work: Work) -> None:
        with ZipFile(self.file, "w", ZIP_DEFLATED) as self.zip:
            self.sections(work)
            self.messages(work)
            self.rest()
        self.file.flush()
        os.fsync(self.file.fileno())

    def sections(self, work: Work) -> None:
        for section in SECTIONS:
            self.text(f"{section.name}.json", as_json(section.records(self.person)))
            counted = Counted(section.records(self.person))
            self.text(f"{section.name}.html", pages.of_section(section, counted))
            self.index.append({"name": section.name, "title": section.title, "number": counted.number})
            work.step(done=0)

    def messages(self, work: Work) -> None:
        done = 0
        self.months: list[dict[str, Any]] = []
        for page in said.pages(self.person):
            self.text(f"messages/{page.name}.json", as_json(said.with_revisions(page)))
            self.text(f"messages/{page.name}.html", pages.of_messages(page))
            self.months.append({"name": page.name, "from": page.records[0]["said_at"], "number": len(page.records)})
            done += len(page.records)
            work.step(done=done)

    def rest(self) -> None:
        if self.picture:
            with self.zip.open("picture.webp", "w") as entry:
                entry.write(self.picture)
        self.text("style.css", [STYLE.read_text()])
        self.text("index.html", pages.of_everything(self.person, self.index, self.months, picture=bool(self.picture)))
        self.text("README.txt", pages.readme(self.person))

    def text(self, name: str, parts: Iterable[str]) -> None:
        with self.zip.open(name, "w") as entry:
            for part in parts:
                entry.write(part.encode())


class Counted:
    """Rows as they go by."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self.rows:
            self.number += 1
            yield row


def as_json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A list, one record a line, without ever being whole in memory; a value that is an iterator is a list, too."""
    before = "[\n"
    for row in rows:
        yield before + "{"
        for number, (name, value) in enumerate(row.items()):
            yield f"{', ' if number else ''}{json.dumps(name)}: "
            yield from as_json(value) if isinstance(value, Iterator) else [_text_of(value)]
        yield "}"
        before = ",\n"
    yield "\n]" if before != "[\n" else "[]"


def _text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
