"""Scripts and stylesheets joined into one file; that they work as before is what every journey shows."""

import re

import pytest

from chatsite import joining
from chatsite.tests.conftest import ROOT

STATIC = ROOT / "static"
FILES = {
    "js/main.js": '/** The entry. */\n\nimport { text as words } from "./page.js";\nimport { Line } from "./line.js";\n'
    'import "./side.js";\n\nnew Line(words("x"));\n',
    "js/line.js": 'import {\n  page,\n  text,\n} from "./page.js";\n\nexport class Line {\n  // Alone on its line.\n'
    '  words = text(page.title); // beside code\n}\nexport async function draw() {}\nexport const HIGH = "a // b";\n',
    "js/page.js": "export const page = {};\nexport function text() {}\n",
    "js/side.js": "/*! Licence */\nconst own = 1;\n",
    "js/alone.js": "const nothing = 0;\n",
    "css/app.css": '/* All. */\n@import "one.css";\n@import "deep/two.css";\n.three { color: red; }\n',
    "css/one.css": "/* One,\n   at length. */\n.one { color: red; /* stays */ }\n",
    "css/deep/two.css": '@import "../one.css";\n.two { color: red; }\n',
}
JOINED = """const $js_page = (() => {
const page = {};
function text() {}
return { page, text };
})();
const $js_line = (() => {
const {
  page,
  text,
} = $js_page;

class Line {
  words = text(page.title); // beside code
}
async function draw() {}
const HIGH = "a // b";
return { Line, draw, HIGH };
})();
const $js_side = (() => {
/*! Licence */
const own = 1;
return {  };
})();
const $js_main = (() => {

const { text: words } = $js_page;
const { Line } = $js_line;

new Line(words("x"));
return {  };
})();
"""


def from_disk(name: str) -> str:
    return (STATIC / name).read_text()


def test_a_script_takes_in_what_it_needs_each_once_and_before_it_is_needed() -> None:
    assert joining.join_script("js/main.js", FILES.__getitem__) == JOINED


def test_the_scripts_that_pages_name_are_those_that_nobody_imports() -> None:
    scripts = [name for name in FILES if name.startswith("js/")]
    assert joining.entries(scripts, FILES.__getitem__) == ["js/main.js"]


@pytest.mark.parametrize(
    "words",
    [
        "export default class {}",
        'export { a } from "./page.js";',
        'import * as all from "./page.js";',
        'import one from "./page.js";',
        "await ready;",
        "const here = import.meta.url;",
    ],
)
def test_what_it_does_not_know_it_leaves_alone(words: str) -> None:
    with pytest.raises(joining.CannotJoin):
        joining.join_script("js/odd.js", {**FILES, "js/odd.js": f"{words}\n"}.__getitem__)


def test_what_needs_itself_is_left_alone() -> None:
    files = {"js/a.js": 'import { b } from "./b.js";\n', "js/b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(joining.CannotJoin):
        joining.join_script("js/a.js", files.__getitem__)


def test_a_stylesheet_takes_in_those_it_imports() -> None:
    one, two, three = ".one { color: red; /* stays */ }\n", ".two { color: red; }\n", ".three { color: red; }\n"
    assert joining.join_style("css/app.css", FILES.__getitem__) == one + one + two + three


# --- Ours


def test_all_of_ours_can_be_joined() -> None:
    names = [f"js/{path.name}" for path in (STATIC / "js").glob("*.js")]
    entries = joining.entries(names, from_disk)
    assert "js/main.js" in entries
    for entry in entries:
        joined = joining.join_script(entry, from_disk)
        assert not re.search(r"^\s*(import|export)\b", joined, re.MULTILINE)


def test_no_words_that_span_lines_look_like_remarks() -> None:
    """Which are taken out by the line, without a look at where they stand."""
    for path in (STATIC / "js").glob("*.js"):
        kept = joining.without_remarks(path.read_text())
        assert kept.count("`") % 2 == 0, path.name
        for inside in kept.split("`")[1::2]:
            assert not re.search(r"\n[ \t]*(//|/\*)", inside), path.name


def test_every_stylesheet_of_ours_is_in_a_sheet_or_named_by_a_page() -> None:
    sheets = {path.name: path.read_text() for path in (STATIC / "css").glob("*.css")}
    imported = {name for words in sheets.values() for name in re.findall(r'^@import "([^"]+)";$', words, re.MULTILINE)}
    pages = (path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    named = {name for page in pages for name in re.findall(r"'css/([a-z-]+\.css)'", page)}
    assert imported <= sheets.keys()
    assert sheets.keys() - imported - named == {"takeout.css"}, "which goes into copies of one's data"
