"""Every message that the sources give to gettext: in Python, and in templates by Django's own reading of them."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.conf import settings
from django.utils.translation import templatize

PACKAGES = ("accounts", "chat", "chatsite")
APART = {"tests", "testing", "migrations", "__pycache__"}
# `counted` (chat/words.py) has the plural forms of what scripts say.
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "counted": (1, 2),
}


def messages() -> Catalog:
    """What there is to translate, each with the files that say it."""
    found = Catalog(fuzzy=False)
    for path, code in sources():
        place = path.relative_to(settings.BASE_DIR).as_posix()
        for _line, words, comments, context in extract("python", BytesIO(code.encode()), KEYWORDS):
            found.add(words, locations=[(place, 0)], user_comments=comments, context=context)
    for entry in found:
        entry.locations.sort()  # as they are written
    return found


def sources() -> Iterator[tuple[Path, str]]:
    """Each file with its code, or what stands for it: templates become calls of gettext in one line."""
    for path in python_files():
        yield path, path.read_text()
    for path in template_files():
        yield path, templatize(path.read_text()).replace("\n", " ")


def python_files() -> list[Path]:
    return [path for name in PACKAGES for path in _files(settings.BASE_DIR / name, "*.py")]


def template_files() -> list[Path]:
    return _files(settings.BASE_DIR / "templates", "*.html") + _files(settings.BASE_DIR / "templates", "*.txt")


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.rglob(pattern) if not APART & set(path.relative_to(folder).parts))
