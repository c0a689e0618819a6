"""Every language is complete, and nothing visible is written past it; `./run words` brings the catalogs up to date."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils import translation

from chat.words import counted, words
from chatsite.language import bare, catalogs, sources
from chatsite.language.__main__ import main

SCRIPTS = sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))


def told(files: list[Path], look: Callable[[str], list[str]]) -> list[str]:
    found = [(path, words) for path in files for words in look(path.read_text())]
    return [f"{path.relative_to(settings.BASE_DIR)}: {words}" for path, words in found]


@pytest.fixture(scope="module")
def expected() -> Catalog:
    return sources.messages()


@pytest.mark.parametrize("language", catalogs.languages())
def test_every_message_is_translated(language: str, expected: Catalog) -> None:
    """With its placeholders, its links and all its plural forms; if not: `./run words`, then write what it names."""
    assert len(expected) > 1000
    assert list(catalogs.faults(catalogs.read(language), expected)) == []


@pytest.mark.parametrize("language", catalogs.languages())
def test_what_the_site_reads_is_what_was_written(language: str) -> None:
    assert catalogs.mo_file(language).read_bytes() == catalogs.compiled(language), "./run words compiles it"
    with translation.override(language):
        assert translation.gettext("Sign in") != "Sign in"
        assert translation.ngettext("{count} new message", "{count} new messages", 2) != "{count} new messages"


def test_the_command_adds_what_is_new_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], expected: Catalog
) -> None:
    whole, torn = catalogs.po_file("de").read_text(), tmp_path / "django.po"
    entry = '#: templates/404.html\nmsgid "Not found"\nmsgstr "Nicht gefunden"\n\n'
    assert entry in whole
    torn.write_text(whole.replace(entry, '#: nowhere.py\nmsgid "Said no more"\nmsgstr "Vorbei"\n\n'))
    monkeypatch.setattr(catalogs, "po_file", lambda language: torn)
    monkeypatch.setattr(catalogs, "messages", lambda: expected)
    assert main() == 1
    assert "de: not translated: 'Not found' (templates/404.html)" in capsys.readouterr().out
    assert torn.read_text() == whole.replace("Nicht gefunden", ""), "in its place, and nothing else is touched"
    assert torn.with_suffix(".mo").exists()


def test_templates_say_nothing_bare() -> None:
    files = sources.template_files()
    assert len(files) > 100
    assert told(files, bare.in_template) == []


def test_python_says_nothing_bare() -> None:
    files = sources.python_files()
    assert len(files) > 100
    assert told(files, bare.in_python) == []


def test_scripts_say_nothing_bare() -> None:
    assert len(SCRIPTS) > 40
    assert told(SCRIPTS, bare.in_script) == []


def test_scripts_and_the_page_know_the_same_words() -> None:
    """A key that no script names is a text that nobody reads; a key that the page lacks is shown as it stands."""
    code = "\n".join(path.read_text() for path in SCRIPTS)
    given = set(words())
    assert bare.keys(code) - given == set()
    assert {key for key in given if not re.search(rf"\b{key}\b", code)} == set()


@pytest.mark.parametrize(
    ("look", "wrong", "right"),
    [
        (bare.in_template, "<p>Hello</p>", '<p>{% translate "Hello" %}</p>'),
        (bare.in_template, '<a title="Go on">›</a>', "<a title=\"{% translate 'Go on' %}\">›</a>"),
        (bare.in_template, '<input type="submit" value="Go">', '<input type="hidden" value="Go">'),
        (bare.in_template, '{{ at|date:"j M Y" }}', '{{ at|date:"DATE_FORMAT" }}'),
        (bare.in_template, "{% if a %}Now{% endif %}", "{% blocktranslate %}Now{% endblocktranslate %}"),
        (bare.in_python, 'raise Invalid("No such thing.")', 'raise Invalid(_("No such thing."))'),
        (bare.in_python, 'raise Conflict(f"{name} is gone.")', 'raise Conflict(f"{name}: {detail}")'),
        (bare.in_python, 'messages.success(request, "Kept.")', 'messages.success(request, _("Kept."))'),
        (bare.in_python, 'forms.CharField(label="Name")', 'forms.CharField(label=_("Name"))'),
        (bare.in_python, 'OWNER = "owner", "Owner"', 'OWNER = "owner", _("Owner")'),
        (bare.in_python, 'verbose_name = "room"', 'verbose_name = _("room")'),
        (bare.in_script, 'box.title = "press here"', 'box.title = text("press")'),
        (bare.in_script, 'say("Not sent.")', 'say(text("not_sent"))'),
        (bare.in_script, "say(`Not sent by ${name}`)", 'throw new Error("Not sent")'),
        (bare.in_script, 'element("p", {}, "and more")', 'element("p", {}, name)'),
    ],
)
def test_the_search_finds_what_is_bare(look: Callable[[str], list[str]], wrong: str, right: str) -> None:
    assert look(wrong)
    assert not look(right)


def test_scripts_get_every_form_a_language_tells_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted("{count} room", "{count} rooms") == {"one": "{count} room", "other": "{count} rooms"}
    assert counted("{count} left", "{count} left") == {"other": "{count} left"}
    polish = ["pokój", "pokoje", "pokoi"]
    rule = lambda n: 0 if n == 1 else 1 if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else 2  # noqa: E731
    monkeypatch.setattr("chat.words.ngettext", lambda one, other, number: polish[rule(number)])
    assert counted("room", "rooms") == {"one": "pokój", "two": "pokoje", "few": "pokoje", "other": "pokoi"}


def test_a_catalog_with_holes_is_seen() -> None:
    whole, torn = Catalog(locale="de"), Catalog(locale="de")
    for words_ in ("%(name)s is here", "Gone", "Fuzzy", "Missing", ("{count} room", "{count} rooms")):
        whole.add(words_, locations=[("chat/words.py", 0)])
    torn.add("%(name)s is here", "Hier ist %(nmae)s")
    torn.add("Gone", "")
    torn.add("Fuzzy", "Unscharf", flags=["fuzzy"])
    torn.add(("{count} room", "{count} rooms"), ("{count} Raum", ""))
    torn.add("Nobody says this", "Das sagt niemand")
    faults = "\n".join(catalogs.faults(torn, whole))
    for word in ("nmae", "'Gone'", "'Fuzzy'", "'Missing'", "{count} room", "'Nobody says this'"):
        assert word in faults
