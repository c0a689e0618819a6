"""The documents say what the code does: commands, events, codes, settings."""

import json
import re
from pathlib import Path

from django.conf import settings

from chat import errors
from chat.live import protocol
from chat.management.screens import CHOSEN, SCENES
from chatsite.providers import KINDS

DOCS = Path(settings.BASE_DIR) / "docs"
CONTRACT = (DOCS / "protocol.md").read_text()


def first_cells(heading: str) -> list[str]:
    """The code words in the first column of the table whose head starts with this cell."""
    table = CONTRACT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [word for line in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_commands() -> None:
    assert first_cells("type | fields | reply") == list(protocol.COMMANDS)
    for name, shape in protocol.COMMANDS.items():
        row = re.search(rf"^\| `{re.escape(name)}` \|(.*?)\|", CONTRACT, re.MULTILINE)
        assert row is not None
        known = {field for field in shape.__dataclass_fields__ if field not in {"ref", "reply_to", "attachments"}}
        assert set(re.findall(r"`([a-z_]+)`", row[1])) == known, name


def test_events() -> None:
    source = Path(protocol.__file__).read_text().split("# --- Frames out", 1)[1]
    sent = set(re.findall(r'_frame\("([a-z.]+)"', source)) | set(re.findall(r'"type": "([a-z.]+)"', source))
    assert set(first_cells("type | fields | who gets it")) | {"hello", "room.changes"} == sent


def test_codes() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", CONTRACT, re.MULTILINE))
    assert rows == {kind.code: str(kind.status) for kind in errors.ChatError.__subclasses__()}


def test_close_codes() -> None:
    written = set(re.findall(r"^\| (\d{4}) \|", CONTRACT, re.MULTILINE))
    live = [Path(settings.BASE_DIR) / "chat" / "consumers.py", *(Path(settings.BASE_DIR) / "chat/live").glob("*.py")]
    live += [Path(settings.BASE_DIR) / "accounts/sessions.py"]
    sent = {code for path in live for code in re.findall(r"\b(4[04]\d\d)\b", path.read_text())}
    assert {code for code in written if code.startswith("4")} == sent


def test_settings() -> None:
    source = (Path(settings.BASE_DIR) / "chatsite/settings.py").read_text()
    read = set(re.findall(r'read\(\s*"([A-Z_]+)"', source))
    read |= {name for kind in KINDS for name in kind.variables} | {"GITHUB_URL", "OIDC_NAME"}
    rows = re.findall(r"^\| (`[^|]+) \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == read


def test_figures_of_the_readme_come_from_the_bench() -> None:
    readme = (Path(settings.BASE_DIR) / "README.md").read_text()
    rows = []
    for name in ("fan200", "small10"):
        runs = json.loads((DOCS / f"bench/{name}.json").read_text())
        for run in (runs["sqlite"], runs["postgres"]):
            ours, ratio = run["medians"]["product"], run["product_against"]["tutorial"]["deliveries"]
            figures = f"{ours['deliveries']:,.0f} | {ours['cpu']:.1f} µs | {ours['last99']:.1f} ms | {ratio:.1f}×"
            rows.append(figures)
    assert [row for row in rows if row in readme] == rows


def test_the_gallery_has_every_chosen_picture_and_no_other() -> None:
    chosen = {f"{scene}-{width}-{theme}.webp" for scene, width, theme in CHOSEN}
    pictures = {path.name: path.stat().st_size for path in (DOCS / "screens").iterdir()}
    assert pictures.keys() == chosen
    assert max(pictures.values()) < 100_000
    assert set(re.findall(r"\(screens/([^)]+)\)", (DOCS / "design.md").read_text())) == chosen
    taken = {(scene.name, width) for scene in SCENES for width in scene.widths}
    assert {(scene, width) for scene, width, _theme in CHOSEN} <= taken
