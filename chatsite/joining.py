"""Fewer requests: a script with all it imports becomes one file, a stylesheet takes in those it imports.

Only `collectstatic` does this, on the way to the hashed copies; in development browsers load each file by itself.
Every module keeps a scope of its own. They run in the order in which they need each other, as modules do.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

Read = Callable[[str], str]

FROM = re.compile(r'^import\s*(?:\{(?P<names>[^}]*)\}\s*from\s*)?"(?P<path>\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?P<kind>(?:async )?function\*?|class|const) (?P<name>\w+)", re.MULTILINE)
OTHERWISE = re.compile(r"^(?:import|export|await)\b|\bimport\.meta\b", re.MULTILINE)
STYLE = re.compile(r'^@import "(?P<path>[^"]+)";\n', re.MULTILINE)
REMARK = re.compile(r"^[ \t]*(?:/\*(?!!)(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


class CannotJoin(ValueError):
    """The script is written in a way that this does not know."""


def entries(names: Iterable[str], read: Read) -> list[str]:
    """The scripts that import others and that no other imports: what pages name."""
    needs = {name: _needs(name, read(name)) for name in names}
    needed = {path for paths in needs.values() for path in paths}
    return [name for name, paths in needs.items() if paths and name not in needed]


def join_script(name: str, read: Read) -> str:
    return "".join(_wrapped(each, read(each)) for each in _in_order(name, read))


def join_style(name: str, read: Read) -> str:
    def taken_in(found: re.Match[str]) -> str:
        return join_style(_beside(name, found["path"]), read)

    return STYLE.sub(taken_in, without_remarks(read(name)))


def without_remarks(words: str) -> str:
    """Without comments that have their lines for themselves; licences (`/*!`) stay."""
    return REMARK.sub("", words)


def _in_order(name: str, read: Read) -> list[str]:
    """All that `name` needs, each after what it needs itself, `name` last."""
    order: list[str] = []

    def visit(each: str, above: tuple[str, ...]) -> None:
        if each in above:
            raise CannotJoin(f"{each} needs itself")
        if each not in order:
            for path in _needs(each, read(each)):
                visit(path, (*above, each))
            order.append(each)

    visit(name, ())
    return order


def _needs(name: str, words: str) -> list[str]:
    return [_beside(name, found["path"]) for found in FROM.finditer(words)]


def _beside(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _wrapped(name: str, words: str) -> str:
    """The module as a function that is called once; what it exports is what this gives back."""

    def brought_in(found: re.Match[str]) -> str:
        names = re.sub(r"\s+as\s+", ": ", found["names"] or "")
        return f"const {{{names}}} = {_variable(_beside(name, found['path']))};\n" if names else ""

    body = FROM.sub(brought_in, without_remarks(words))
    given = ", ".join(found["name"] for found in EXPORT.finditer(body))
    body = EXPORT.sub(r"\g<kind> \g<name>", body)
    if OTHERWISE.search(body):
        raise CannotJoin(f"{name} imports or exports in another way")
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {given} }};\n}})();\n"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
