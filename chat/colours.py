"""Source code to pieces with a class, in one pass whose time grows with the length alone, whatever stands in it.

Pygments was measured first: on 5,000 characters its lexers for C#, C, Java and TypeScript took 0.3 to 9 seconds
(`a\\na\\na…` is enough), and any poster can send that. So every pattern here either consumes what it has looked at, or
fails within a few characters: possessive repeats, and no closing mark is demanded.

Classes, named as in Pygments so that its style sheets fit: c comment, k keyword, s string, m number or constant,
nf function, nc type, class or tag, nb builtin, attribute, variable or decorator, gd and gi deleted and inserted line
of a diff, gh its headings.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

CLASSES = frozenset({"c", "k", "s", "m", "nf", "nc", "nb", "gd", "gi", "gh"})

SLASHES = r"//[^\n]*+|/\*[\s\S]*?(?:\*/|\Z)"
STARRED = r"/\*[\s\S]*?(?:\*/|\Z)"
HASH = r"(?<!\S)#[^\n]*+"
DOUBLE = r'"(?:\\[\s\S]|[^"\\\n])*+"?'
SINGLE = r"'(?:\\[\s\S]|[^'\\\n])*+'?"
BACKTICK = r"`(?:\\[\s\S]|[^`\\])*+`?"
QUOTED = f"{DOUBLE}|{SINGLE}"
THREE = r'"""[\s\S]*?(?:"""|\Z)'
AT = r"@[\w.]++"
PREPROCESSOR = r"^[ \t]*+#[^\n]*+"
VALUES = r"(?<!\w)(?:\d[\w.]*+|(?:true|false|null|None|True|False|nil|undefined|NaN|nullptr|NULL)\b)"


class Language(NamedTuple):
    """What a language calls things: patterns by class, tried in this order, and its words."""

    patterns: dict[str, str]
    keywords: str = ""
    builtins: str = ""
    flags: int = 0


_C = (
    "auto break case const continue default do else enum extern for goto if inline register return sizeof static "
    "struct switch typedef union volatile while"
)
_C_TYPES = "bool char double float int long short signed size_t unsigned void int8_t int32_t int64_t uint8_t uint32_t"
_JAVA = (
    "abstract assert break case catch class const continue default do else enum extends final finally for if "
    "implements import instanceof interface native new package private protected public record return sealed static "
    "switch synchronized throw throws transient try var volatile while yield"
)
_SCRIPT = (
    "as async await break case catch class const continue debugger default delete do else export extends finally for "
    "from function get if import in instanceof let new of return set static switch throw try typeof var void while "
    "with yield"
)
_SCRIPT_NAMES = "Array Boolean Date Error JSON Map Math Number Object Promise Set String Symbol console document window"
_MARKUP = {
    "c": r"<!--[\s\S]*?(?:-->|\Z)|<![^>\n]*+>?|<\?[^>\n]*+>?",
    "nc": r"</?[A-Za-z][\w:.-]*+|/?>",
    "s": r'(?<==)"[^"]*+"?|(?<==)\'[^\']*+\'?',
    "nb": r"(?<![\w:@.-])[\w:@.-]++(?==)",
    "m": r"&#?\w{1,31};",
}

LANGUAGES: dict[str, Language] = {
    "bash": Language(
        {"c": HASH, "s": r'"(?:\\[\s\S]|[^"\\])*+"?|' + r"'[^']*+'?", "nb": r"\$(?:\w++|\{[^}\n]*+\}?|[@#?*!$-])"},
        "case do done elif else esac export fi for function if in local readonly return select then until while",
        "alias cat cd chmod chown cp curl docker echo eval exec exit find git grep kill ls make mkdir mv pip printf "
        "pwd python read rm sed set shift source sudo tar test touch trap unset",
    ),
    "c": Language({"c": SLASHES, "s": QUOTED, "nb": PREPROCESSOR}, _C, _C_TYPES),
    "cpp": Language(
        {"c": SLASHES, "s": QUOTED, "nb": PREPROCESSOR},
        f"{_C} catch class constexpr concept co_await co_return delete explicit export final friend mutable namespace "
        "new noexcept operator override private protected public requires template throw try typename using virtual",
        f"{_C_TYPES} std string vector map unique_ptr shared_ptr",
    ),
    "csharp": Language(
        {"c": SLASHES, "s": rf'@"[^"]*+"?|\$?{DOUBLE}|{SINGLE}', "nb": PREPROCESSOR},
        f"{_JAVA} as async await base checked delegate event explicit extern fixed foreach get goto implicit in "
        "internal is lock namespace operator out override params partial readonly ref set sizeof struct unsafe using "
        "virtual when where",
        "bool byte char decimal double dynamic float int long object sbyte short string uint ulong ushort void",
    ),
    "css": Language(
        {
            "c": STARRED,
            "s": QUOTED,
            "k": r"@[\w-]++|!important",
            "m": r"#[0-9a-fA-F]{3,8}\b|\d[\w.%]*+",
            "nb": r"--[\w-]++|(?<![\w-])[A-Za-z-]++(?=:)",
            "nc": r"[.#][A-Za-z][\w-]*+",
        }
    ),
    "diff": Language(
        {
            "gh": r"^(?:diff |index |--- |\+\+\+ |@@ )[^\n]*+",
            "gi": r"^\+[^\n]*+",
            "gd": r"^-[^\n]*+",
        }
    ),
    "docker": Language(
        {"c": HASH, "s": QUOTED, "nb": r"\$(?:\w++|\{[^}\n]*+\}?)"},
        "ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME "
        "WORKDIR",
    ),
    "go": Language(
        {"c": SLASHES, "s": f"{QUOTED}|`[^`]*+`?"},
        "break case chan const continue default defer else fallthrough for func go goto if import interface map "
        "package range return select struct switch type var",
        "any append bool byte cap close copy delete error float32 float64 int int32 int64 len make new panic print "
        "println recover rune string uint uint8 uint32 uint64",
    ),
    "html": Language(_MARKUP),
    "ini": Language(
        {"c": r"(?<!\S)[#;][^\n]*+", "nc": r"^\[[^\]\n]*+\]?", "nb": r"(?<![\w.-])[\w.-]++(?= ?[=:])", "s": DOUBLE}
    ),
    "java": Language(
        {"c": SLASHES, "s": f"{THREE}|{QUOTED}", "nb": AT}, _JAVA, "boolean byte char double float int long short void"
    ),
    "javascript": Language({"c": SLASHES, "s": f"{QUOTED}|{BACKTICK}", "nb": AT}, _SCRIPT, _SCRIPT_NAMES),
    "json": Language({"nb": r'"(?:\\[\s\S]|[^"\\\n])*+"(?= ?:)', "s": DOUBLE, "c": SLASHES}),
    "kotlin": Language(
        {"c": SLASHES, "s": f"{THREE}|{QUOTED}", "nb": AT},
        "abstract as break by catch class companion constructor continue data do else enum finally for fun if import "
        "in init inline interface internal is lateinit object open operator override package private protected public "
        "return sealed suspend throw try typealias val var when where while",
        "listOf mapOf print println",
    ),
    "lua": Language(
        {"c": r"--\[\[[\s\S]*?(?:\]\]|\Z)|--[^\n]*+", "s": rf"\[\[[\s\S]*?(?:\]\]|\Z)|{QUOTED}"},
        "and break do else elseif end for function goto if in local not or repeat return then until while",
        "assert error ipairs next pairs pcall print require select setmetatable string table tonumber tostring type",
    ),
    "python": Language(
        {
            "c": r"#[^\n]*+",
            "s": rf"(?:\b[rbfuRBFU]{{1,2}})?(?:{THREE}|'''[\s\S]*?(?:'''|\Z)|{QUOTED})",
            "nb": r"^[ \t]*+@[\w.]++",
        },
        "and as assert async await break case class continue def del elif else except finally for from global if "
        "import in is lambda match nonlocal not or pass raise return try while with yield",
        "Exception KeyError TypeError ValueError all any bool bytes dict enumerate filter float frozenset getattr int "
        "isinstance iter len list map max min next object open print range repr reversed set sorted str sum tuple "
        "type zip",
    ),
    "ruby": Language(
        {"c": HASH, "s": rf"{QUOTED}|(?<![\w:]):\w++", "nb": r"@{1,2}\w++|\$\w++"},
        "alias and begin break case class def do else elsif end ensure for if in module next not or redo rescue retry "
        "return then undef unless until when while yield",
        "attr_accessor attr_reader extend include lambda loop new p private proc protected public puts raise require "
        "require_relative",
    ),
    "rust": Language(
        {
            "c": SLASHES,
            "s": rf"b?{DOUBLE}|'(?:\\[^\n]|[^'\\\n])'",
            "nb": r"#!?\[[^\]\n]*+\]?|'\w++|\b\w{1,40}+!(?=[(\[{])",
        },
        "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut "
        "pub ref return static struct trait type unsafe use where while",
        "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize",
    ),
    "sql": Language(
        {"c": rf"--[^\n]*+|{STARRED}", "s": r"'[^']*+'?", "nb": r'"[^"\n]*+"?'},
        "add all alter and as asc begin between by case check column commit constraint create cross default delete "
        "desc distinct drop else end exists explain foreign from full group having if in index inner insert into is "
        "join key left like limit not null offset on or order outer primary references returning right rollback "
        "select set table then transaction union unique update using values view when where with",
        "avg bigint boolean coalesce count date integer int max min now numeric serial sum text timestamp varchar",
        re.IGNORECASE,
    ),
    "toml": Language(
        {"c": r"#[^\n]*+", "nc": r"^\[[^\]\n]*+\]*+", "s": f"{THREE}|{QUOTED}", "nb": r"(?<![\w.-])[\w.-]++(?= ?=)"}
    ),
    "typescript": Language(
        {"c": SLASHES, "s": f"{QUOTED}|{BACKTICK}", "nb": AT},
        f"{_SCRIPT} abstract declare enum implements infer interface is keyof namespace private protected public "
        "readonly satisfies type",
        f"{_SCRIPT_NAMES} any bigint boolean never number object string symbol unknown",
    ),
    "xml": Language(_MARKUP),
    "yaml": Language(
        {"c": HASH, "nb": r"(?<![\w./-])[\w./-]++(?=:\s)", "s": QUOTED, "k": r"^---$", "nc": r"[&*!][\w!-]++"}
    ),
}

OTHER_NAMES = {
    "bash": "console sh shell zsh",
    "c": "h",
    "cpp": "c++ cc hpp",
    "csharp": "c# cs",
    "diff": "patch",
    "docker": "dockerfile",
    "go": "golang",
    "html": "django htm svg vue",
    "ini": "cfg conf env",
    "javascript": "js jsx mjs",
    "json": "json5 jsonl",
    "kotlin": "kt",
    "python": "py python3",
    "ruby": "rb",
    "rust": "rs",
    "typescript": "ts tsx",
    "yaml": "yml",
}
_BY_NAME = {name: name for name in LANGUAGES} | {n: name for name, names in OTHER_NAMES.items() for n in names.split()}


def language_of(name: str) -> str | None:
    """The language that a fence's first word means, or None: then the code stays one colour."""
    return _BY_NAME.get(name.lower())


def colour(language: str, code: str) -> Iterator[tuple[str, str]]:
    """The whole code in order as (class or "", text)."""
    position = 0
    for found in _pattern(language).finditer(code):
        css = found.lastgroup or ""
        if css == "w":
            css = _word_class(language, found.group(), code[found.end() : found.end() + 1])
        if not css:
            continue
        if found.start() > position:
            yield "", code[position : found.start()]
        yield css, found.group()
        position = found.end()
    if position < len(code):
        yield "", code[position:]


def _word_class(language: str, word: str, following: str) -> str:
    keywords, builtins = _words(language)
    if LANGUAGES[language].flags & re.IGNORECASE:
        word = word.lower()
    if word in keywords:
        return "k"
    if word in builtins:
        return "nb"
    if following == "(":
        return "nf"
    return "nc" if word[0].isupper() and not word.isupper() else ""


@cache
def _words(language: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(LANGUAGES[language].keywords.split()), frozenset(LANGUAGES[language].builtins.split())


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """Its own patterns, then values, then words where it has keywords."""
    patterns, keywords, _, flags = LANGUAGES[language]
    patterns = dict(patterns)
    if language not in {"diff", "html", "xml"}:
        patterns.setdefault("m", VALUES)
    if keywords:
        patterns["w"] = r"[^\W\d]\w*+"
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items()), re.MULTILINE | flags)
