"""The catalogs under locale/: brought up to date with the sources, compiled, and read for what is missing in them."""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.conf import settings

from chatsite.language.sources import messages

WIDTH = 118
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w+\}|</?[a-z]+\b[^>]*>")


def languages() -> list[str]:
    """Those that are translated; the sources themselves are English."""
    return [code for code, _name in settings.LANGUAGES if code != "en"]


def po_file(language: str) -> Path:
    return settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")


def read(language: str) -> Catalog:
    return read_po(BytesIO(po_file(language).read_bytes()), locale=language)


def update(language: str) -> Catalog:
    """What the sources say now, with the translations there are; what they say no more goes. The head stays."""
    head = po_file(language).read_text().partition("\n\n")[0]
    catalog = read(language)
    catalog.update(messages(), no_fuzzy_matching=True)
    body = BytesIO()
    write_po(
        body, catalog, width=WIDTH, omit_header=True, ignore_obsolete=True, sort_by_file=True, include_lineno=False
    )
    po_file(language).write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n")
    return read(language)


def compiled(language: str) -> bytes:
    """The catalog as gettext reads it: its head, then every message that has its words, sorted; the same each time."""
    head = read_head(language)
    pairs = {b"": head.encode()} | {_key(entry): _value(entry) for entry in entries(read(language)) if is_done(entry)}
    keys, values, text = [], [], b""
    start = 28 + 16 * len(pairs)
    for key in sorted(pairs):
        keys.append((len(key), start + len(text)))
        text += key + b"\0"
    for key in sorted(pairs):
        values.append((len(pairs[key]), start + len(text)))
        text += pairs[key] + b"\0"
    table = b"".join(struct.pack("<II", *place) for place in keys + values)
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start) + table + text


def read_head(language: str) -> str:
    """`Plural-Forms: …` and the like, a line each."""
    quoted = po_file(language).read_text().partition("\n\n")[0].partition('msgstr ""\n')[2]
    return "".join(line[1:-1].replace("\\n", "\n") for line in quoted.splitlines())


def entries(catalog: Catalog) -> Iterator[Message]:
    return (entry for entry in catalog if entry.id)


def is_done(entry: Message) -> bool:
    return bool(all(forms(entry.string)) and not entry.fuzzy)


def forms(words: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [words or ""] if words is None or isinstance(words, str) else list(words)


def faults(catalog: Catalog, expected: Catalog) -> Iterator[str]:
    """What keeps the catalog from being complete, a line each."""
    there = {(entry.context, entry.id): entry for entry in entries(catalog)}
    for entry in entries(expected):
        found = there.pop((entry.context, entry.id), None)
        if found is None:
            yield f"not in the catalog: {entry.id!r} ({entry.locations[0][0]})"
        elif not is_done(found) or len(forms(found.string)) != _count(catalog, found):
            yield f"not translated: {entry.id!r} ({entry.locations[0][0]})"
        else:
            yield from _differences(found)
    yield from (f"said nowhere any more: {entry.id!r}" for entry in there.values())


def _differences(entry: Message) -> Iterator[str]:
    for original, words in zip(_originals(entry), forms(entry.string), strict=True):
        if sorted(PLACEHOLDER.findall(original)) != sorted(PLACEHOLDER.findall(words)):
            yield f"other placeholders: {original!r} and {words!r}"
        if _edges(original) != _edges(words):
            yield f"other spaces around it: {original!r} and {words!r}"


def _originals(entry: Message) -> list[str]:
    """The form that each translated form stands for: the singular for the first, the plural for the others."""
    one, *more = forms(entry.id)
    return [one, *more * (len(forms(entry.string)) - 1)]


def _edges(words: str) -> tuple[str, str]:
    return words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]


def _count(catalog: Catalog, entry: Message) -> int:
    return catalog.num_plurals if entry.pluralizable else 1


def _key(entry: Message) -> bytes:
    words = "\0".join(forms(entry.id))
    return (f"{entry.context}\4{words}" if entry.context else words).encode()


def _value(entry: Message) -> bytes:
    return "\0".join(forms(entry.string)).encode()
