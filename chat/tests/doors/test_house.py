"""System checks and static files."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings
from pytest_django import Settings

from chatsite import checks


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_one_process_needs_nothing(settings: Settings) -> None:
    settings.WORKERS = 1
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": checks.IN_MEMORY}}
    assert checks.processes(None) == []


def test_several_need_redis_and_postgresql(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORKERS = 2
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": checks.IN_MEMORY}}
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "chatsite.sqlite")
    assert ids(checks.processes(None)) == ["chatsite.E001", "chatsite.E002"]
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.processes(None) == []


def test_secrets(settings: Settings) -> None:
    settings.SECRET_KEY = "short"
    settings.DEBUG, settings.REACHABLE = True, True
    assert ids(checks.secrets(None)) == ["chatsite.E003", "chatsite.E004"]
    settings.SECRET_KEY = "long" * 10
    settings.REACHABLE = False
    assert checks.secrets(None) == []


@pytest.mark.parametrize(("https", "reachable", "found"), [(False, True, 1), (True, True, 0), (False, False, 0)])
def test_plain_http(https: bool, reachable: bool, found: int, settings: Settings) -> None:
    settings.HTTPS, settings.REACHABLE = https, reachable
    assert len(checks.transport(None)) == found


# Static files, and whether pages name them.
NAMED_AND_NOT = {"js/main.js": True, "css/app.css": True, "css/plain.css": True, "js/socket.js": False}


@pytest.mark.slow
def test_every_static_file_finds_what_it_names(settings: Settings, tmp_path: Path) -> None:
    """The hashed copy: what a page names is one file, and each import of another module leads to one that is there."""
    settings.STATIC_ROOT = tmp_path
    hashed = {"BACKEND": "chatsite.storage.HashedStaticFiles"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": hashed}):
        call_command("collectstatic", interactive=False, verbosity=0)
        stored = {name: tmp_path / str(staticfiles_storage.stored_name(name)) for name in NAMED_AND_NOT}
    for name, is_named in NAMED_AND_NOT.items():
        assert stored[name].name != Path(name).name
        imports = re.findall(r'^@?import [^;]*?"([^"]+)";$', stored[name].read_text(), re.MULTILINE)
        assert bool(imports) is not is_named, name
        for path in imports:
            assert (stored[name].parent / path).exists(), path
            assert path.count(".") >= 3, "the import names a hashed file"
