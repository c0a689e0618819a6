"""The borders between the scripts, held by reading them: what may know the page, and what may parse HTML."""

import re

import pytest

from chat.tests.browser.modules import SCRIPTS

MODULES = {path.stem: path.read_text() for path in SCRIPTS.glob("*.js")}
PURE = (
    "addresses",
    "backoff",
    "cursor",
    "grouping",
    "keys",
    "outbox",
    "ranking",
    "signals",
    "times",
    "unread",
    "uuid",
    "window",
)
IMPORT = re.compile(r'^import [^;]* from "\./([a-z-]+)\.js";$', re.MULTILINE)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_short_and_says_what_it_is(name: str) -> None:
    words = MODULES[name]
    assert len(words.splitlines()) <= 200
    assert words.startswith(("/** ", "/*\n")), "its first line says its one concern"


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_no_page(name: str) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", MODULES[name], flags=re.DOTALL)
    assert not re.search(r"\b(document|window|location|navigator|localStorage|fetch|WebSocket)\s*[.(]", code)
    assert set(IMPORT.findall(code)) <= set(PURE)


def test_html_is_parsed_in_one_place() -> None:
    parsing = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser|createContextualFragment|document\.write")
    assert {name for name, words in MODULES.items() if parsing.search(words)} == {"dom"}


def test_nothing_needs_a_secure_context_or_runs_text() -> None:
    refused = (r"randomUUID\(", r"navigator\.locks", r"serviceWorker\.", r"\beval\(", "new Function", r"\.style\b")
    pattern = re.compile("|".join(refused))
    assert not {name for name, words in MODULES.items() if pattern.search(words)}


def test_only_the_timeline_puts_and_drops_message_rows() -> None:
    parsers = {name for name, words in MODULES.items() if "fromServer(" in words}
    assert parsers == {"dom", "http", "timeline"}, "http parses a history answer, whose rows the timeline takes"


def test_every_import_is_there_and_none_goes_in_a_circle() -> None:
    imports = {name: set(IMPORT.findall(words)) for name, words in MODULES.items()}
    left = dict(imports)
    while left:
        leaves = {name for name, needs in left.items() if not needs & left.keys()}
        assert leaves, f"these import each other: {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in leaves}
    assert set().union(*imports.values()) <= MODULES.keys()
    pages = (path.read_text() for path in (SCRIPTS.parents[1] / "templates").rglob("*.html"))
    named = {name for page in pages for name in re.findall(r"'js/([a-z-]+)\.js'", page)}
    assert MODULES.keys() - set().union(*imports.values()) == named, "all of it is used"


def test_every_text_the_scripts_show_is_given_to_them() -> None:
    from chat.words import words

    asked = {key for script in MODULES.values() for key in re.findall(r'\btext\("(\w+)"', script)}
    asked |= {"left", "over", "retry", "copy", "discard", "typing_one", "typing_two", "typing_many"}
    asked |= {"today", "yesterday", "edited", "deleted_by", "hidden_by"}  # view.js asks for them by a list
    assert asked == set(words())
