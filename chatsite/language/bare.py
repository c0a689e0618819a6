"""Visible words that no catalog could ever hold: written bare into templates, Python and scripts."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

LETTERS = re.compile(r"[^\W\d_]{2,}")
SAID_IN_ANY_LANGUAGE = {"JSON", "UTC", "Ada", "Bo", "Ines"}
SEEN = {
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "aria-valuetext",
    "label",
    "placeholder",
    "title",
}

# --- Templates

BLOCK = re.compile(r"{%\s*(blocktrans(?:late)?|comment)\b.*?{%\s*end\1\s*%}", re.DOTALL)
NOT_A_TEXT = re.compile(r"{%\s*block (?:body_?class|coltype|back)\s*%}.*?{%\s*endblock\s*%}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
DATE_FORMAT = re.compile(r"\|date:(['\"])(?![A-Z_]+_FORMAT\1|c\1|[HisTDl:]+\1|Y-m-d)")
NOT_SEEN = {"script", "style", "code", "kbd"}


def in_template(source: str) -> list[str]:
    """Texts and attributes that people see or hear, and dates that are written the same in every language."""
    reader = _Reader()
    reader.feed(TAG.sub("", NOT_A_TEXT.sub("", BLOCK.sub("", source))))
    reader.close()
    dates = [f"a date: {source[found.start() : found.end() + 12]}" for found in DATE_FORMAT.finditer(source)]
    return reader.found + dates


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_SEEN:
            self._inside.append(tag)
        is_button = tag == "input" and dict(attrs).get("type") in {"submit", "button"}
        for name, value in attrs:
            if name in SEEN or (is_button and name == "value"):
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._note(data)

    def _note(self, words: str) -> None:
        if set(LETTERS.findall(words)) - SAID_IN_ANY_LANGUAGE:
            self.found.append(" ".join(words.split()))


# --- Python

REFUSALS = {
    "Invalid",
    "Unauthenticated",
    "Forbidden",
    "NotFresh",
    "NotFound",
    "Conflict",
    "TooLarge",
    "RateLimited",
} | {
    *("Unavailable", "ValidationError", "PermissionDenied", "CommandError"),
}
SAYING = {"success", "error", "warning", "info"}  # of django.contrib.messages
NAMING = {
    "label",
    "help_text",
    "verbose_name",
    "verbose_name_plural",
    "empty_label",
    "description",
    "short_description",
}


def in_python(source: str) -> list[str]:
    """Refusals, messages, names of fields and models, labels of choices: literals that gettext never sees."""
    return [f"line {found.lineno}: {_words(found)}" for node in ast.walk(ast.parse(source)) for found in _said(node)]


def _said(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        yield from filter(_is_bare, [*_spoken(node), *(word.value for word in node.keywords if word.arg in NAMING)])
    elif isinstance(node, ast.Assign):
        names = {name.id for name in node.targets if isinstance(name, ast.Name)}
        if names & NAMING and _is_bare(node.value):
            yield node.value
        elif isinstance(node.value, ast.Tuple) and {name for name in names if name.isupper()}:
            yield from _choice(node.value)


def _spoken(call: ast.Call) -> list[ast.expr]:
    function = call.func
    if isinstance(function, ast.Name) and function.id in REFUSALS:
        return call.args[:1]
    if isinstance(function, ast.Attribute) and function.attr in SAYING:
        return call.args[1:2] if isinstance(function.value, ast.Name) and function.value.id == "messages" else []
    return []


def _choice(pair: ast.Tuple) -> Iterator[ast.expr]:
    """`OWNER = "owner", "Owner"` of TextChoices."""
    kinds = [isinstance(item, ast.Constant) and isinstance(item.value, str) for item in pair.elts]
    if kinds == [True, True] and str(pair.elts[1].value)[:1].isupper():  # type: ignore[attr-defined]
        yield pair.elts[1]


def _is_bare(value: ast.expr) -> bool:
    return bool(LETTERS.search(_words(value)))


def _words(value: ast.expr) -> str:
    """Its literal text: of a string, of the literal parts of an f-string, of both sides of `+` and `%`."""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    if isinstance(value, ast.JoinedStr):
        return " ".join(_words(part) for part in value.values)
    if isinstance(value, ast.BinOp):
        return _words(value.left)
    return ""


# --- Scripts

COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*", re.DOTALL)
UNSEEN = re.compile(r"(?:new \w*Error|console\.\w+)\([^\n]*")  # for developers
LITERAL = re.compile(r'(?<!=== )"([^"\n]*)"|`([^`]*)`')
SENTENCE = re.compile(r"[A-Z][a-z’']+(?:[ ,;:…][\w’'“”{}$., …-]*)?[.!?…]?")
KEY_NAMES = re.compile(
    r"Enter|Escape|Tab|Arrow\w+|Home|End|Page(?:Up|Down)|Delete|Backspace|Shift|Control|Alt|Meta|Process|Unidentified|"
    r"Accept|Cache-Control|Retry-After|Location"
)
SHOWN = re.compile(
    r"""(?:textContent|innerText|placeholder|title|ariaLabel|alt|"aria-label"|"title"|"alt"|"placeholder")\s*[:=,]\s*"""
    r"""["`](?=[^"`$]*[A-Za-z]{2})|element\("\w+",\s*\{[^}]*\},\s*"[^"]*[A-Za-z]{2}"""
)
TEXT_KEY = re.compile(r'\btext\(\s*"(\w+)"')


def in_script(source: str) -> list[str]:
    """Literals that read like a sentence or a name, and whatever is put where people read it."""
    code = UNSEEN.sub("", COMMENT.sub("", source))
    literals = [found.group(1) or found.group(2) or "" for found in LITERAL.finditer(code)]
    sentences = [words for words in literals if SENTENCE.fullmatch(words) and not KEY_NAMES.fullmatch(words)]
    return sentences + [code[found.start() : found.end() + 20] for found in SHOWN.finditer(code)]


def keys(source: str) -> set[str]:
    """The keys of page-data's strings that a script asks for by name."""
    return set(TEXT_KEY.findall(source))
