"""Static files under hashed names, those that belong together in one file."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from chatsite import joining

Paths = Mapping[str, tuple[Storage, str]]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """A changed file has a new address, so browsers may keep each one for ever."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        yield from super().post_process({**paths, **_joined(paths)}, dry_run, **options)


class _Words(Storage):
    """A file that is only in memory."""

    def __init__(self, words: str) -> None:
        self.words = words

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(self.words.encode(), name)


def _joined(paths: Paths) -> dict[str, tuple[Storage, str]]:
    """Our own scripts and stylesheets, as they are served."""

    @cache
    def read(name: str) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            return file.read().decode()

    scripts = [name for name in paths if name.startswith("js/") and name.endswith(".js")]
    found = {name: joining.join_style(name, read) for name in paths if name.startswith("css/")}
    found |= {name: joining.without_remarks(read(name)) for name in scripts}
    for name in joining.entries(scripts, read):
        with suppress(joining.CannotJoin):  # it works as it is, only slower
            found[name] = joining.join_script(name, read)
    return {name: (_Words(words), name) for name, words in found.items()}
