"""The borders of the house: which module may import which, and the doors there is only one of."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for app in ("accounts", "chat", "chatsite")
    for path in (ROOT / app).rglob("*.py")
    if not {"tests", "testing", "migrations"} & set(path.parts)
}


def imported(path: Path) -> Iterator[str]:
    """Full names of what a module imports anywhere in it, but for type checking."""
    tree = ast.parse(path.read_text())
    skipped = {node for part in ast.walk(tree) if _is_type_checking(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


MAY_IMPORT_OF_OURS = {
    "chat.errors": (),
    "chat.metrics": (),
    "chat.models": ("chat.models", "accounts.models"),
    "chat.permissions": ("accounts.models", "chat.models"),
    "chat.live.doorbell": ("chat.metrics",),
    "chat.actions": (
        "accounts.languages",
        "accounts.models",
        "accounts.names",
        "accounts.pictures",
        "accounts.reset_tokens",
        "accounts.zones",
        "chat.actions",
        "chat.errors",
        "chat.formatting",
        "chat.limits",
        "chat.live.doorbell",
        "chat.metrics",
        "chat.models",
        "chat.overview",
        "chat.permissions",
    ),
    "chat.changes": ("accounts.models", "chat.errors", "chat.models", "chat.permissions", "chat.rendering"),
    "chat.formatting": ("chat.colours", "chat.errors"),
    "accounts.models": ("accounts.names",),
}


@pytest.mark.parametrize("place", MAY_IMPORT_OF_OURS)
def test_imports_point_one_way(place: str) -> None:
    modules = {name: path for name, path in SOURCES.items() if within(name, place)}
    assert modules
    for name, path in modules.items():
        ours = {module for module in imported(path) if within(module, "accounts", "chat", "chatsite")}
        strangers = {module for module in ours if not _allowed(module, MAY_IMPORT_OF_OURS[place])}
        assert not strangers, f"{name} imports {strangers}"


def _allowed(module: str, places: tuple[str, ...]) -> bool:
    # `from chat import formatting` reads as chat.formatting, `from chat.live import doorbell` as chat.live.doorbell.
    return within(module, *places)


def test_the_live_path_never_writes_messages() -> None:
    for name, path in SOURCES.items():
        if within(name, "chat.live"):
            assert not [m for m in imported(path) if within(m, "chat.actions", "chat.views", "chat.models.message")], (
                name
            )
            models = {m for m in imported(path) if within(m, "chat.models")}
            assert models <= {"chat.models.Connection", "chat.models.ProcessLease"}, name


def test_accounts_reaches_rooms_only_by_actions_and_the_ban_check() -> None:
    for name, path in SOURCES.items():
        if within(name, "accounts"):
            chat = {module for module in imported(path) if within(module, "chat")}
            allowed = {m for m in chat if within(m, "chat.actions", "chat.errors", "chat.overview", "chat.views")}
            ban_check = {"chat.models.Restriction"} if name == "accounts.sessions" else set()
            site = {"chat.models.Installation", "chat.models.prepared.Prepared"}  # the latter knows of no rooms
            assert chat - allowed - ban_check - site == set(), name


LOCKING = ("accounts", "erasing", "exporting", "invites", "jobs", "log", "members", "people", "profile", "restrictions")
LOCKING_ACCOUNTS = ("accounts.connections", "accounts.factors", "accounts.views.factors")
LOCKING = (
    *("accounts", "erasing", "exporting", "invites", "jobs", "log"),
    *("members", "people", "profile", "restrictions"),
)
ONLY_IN = [
    (r"\bmark_safe\b|\bSafeString\(|\bSafeData\b", {"chat.formatting"}),
    (r"chat/_message\.html", {"chat.rendering"}),
    (
        r"get_channel_layer|\bgroup_(send|add|discard)\(",
        {"chat.live.doorbell", "chat.live.ear", "chatsite.layer"},  # the last is the layer itself
    ),
    (r"async_to_sync|database_sync_to_async", set()),
    (r"@receiver|\.connect\(\s*\w+,\s*sender", set()),
    (r"csrf_exempt", set()),
    (r"\bplain\.say\(|\bMessage\.objects\.(bulk_)?create\(", {"chat.actions.drafts"}),
    (r"select_for_update", {*LOCKING_ACCOUNTS, *(f"chat.actions.{name}" for name in LOCKING)}),
]


@pytest.mark.parametrize(("pattern", "places"), ONLY_IN, ids=[pattern for pattern, _places in ONLY_IN])
def test_single_doors(pattern: str, places: set[str]) -> None:
    found = {name for name, path in SOURCES.items() if re.search(pattern, path.read_text())}
    assert found <= places


def test_no_template_marks_anything_safe() -> None:
    for path in TEMPLATES.rglob("*"):
        if path.suffix == ".html":
            assert not re.search(r"\|\s*safe\b|autoescape\s+off", path.read_text()), path


def test_no_inline_script_style_or_foreign_host() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text), path
        assert not re.search(r"<style", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), path
        assert not re.search(r"(src|href)=[\"'](https?:)?//", text), path


WRITES = {"save", "create", "bulk_create", "update_or_create", "get_or_create", "update", "bulk_update", "delete"}
DOORS = ("chat.views", "chat.consumers", "chat.admin", "chat.forms", "chat.management", "chat.live", "chat.api")
WRITERS = {"chat.live.leases", "chat.management.commands.seed"}  # presence rows; the people of the town


def test_doors_write_only_through_actions() -> None:
    for name, path in SOURCES.items():
        if not within(name, *DOORS) or name in WRITERS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
                owner = ast.unparse(node.func.value)
                assert ".objects" not in owner, f"{name}: {ast.unparse(node)}"


def test_no_model_overrides_save_or_delete() -> None:
    for name, path in SOURCES.items():
        if within(name, "chat.models", "accounts.models") and name != "chat.models.audit":  # a book nobody rewrites
            methods = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
            assert not methods & {"save", "delete"}, name


def test_no_person_of_a_room_is_ever_deleted() -> None:
    from django.apps import apps

    User = apps.get_model(settings.AUTH_USER_MODEL)
    pointing = [field for model in apps.get_app_config("chat").get_models() for field in model._meta.get_fields()]
    for field in pointing:
        if field.concrete and field.is_relation and field.related_model is User:
            assert field.remote_field.on_delete.__name__ == "PROTECT", field
