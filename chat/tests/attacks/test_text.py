"""Text that would run, mislead or take for ever."""

import re
import time
from collections.abc import Callable

import pytest

from chat import colours
from chat.formatting import ADDRESSES, GATE, LIMIT, find_handles, format_body

BUDGET = 0.05  # seconds of CPU, at the length limit
ALLOWED = re.compile(
    r"</?(?:p|br|strong|em|s|code|pre|blockquote|ul|ol|li|a|span)"
    r"(?: (?:class|href|target|rel|tabindex|start|data-user-id)=\"[^\"<>]*\")*>"
)


def cpu_seconds(body: str, read: Callable[[str], object] = format_body) -> float:
    """The best of three, so that only the text can be slow."""
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        read(body)
        best = min(best, time.thread_time() - start)
        if best < BUDGET / 2:
            break
    return best


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,AAAA",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/admin/",
        "\\\\evil",
        "blob:x",
    ],
)
@pytest.mark.parametrize("shape", ["[x]({})", "[x](<{}>)", "<{}>", "![x]({})", "{}"])
def test_only_three_schemes_become_links(shape: str, address: str) -> None:
    html = format_body(shape.format(address))

    assert not re.search(r'href="(?!https?://|mailto:)', html)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        '[x](https://e.org "onmouseover=alert(1)")',
        '[x](https://e.org"onmouseover="alert(1))',
        '```"><script>\nx\n```',
        "```py onload=x\n</code></pre><script>\n```",
        '<span class="mention" data-user-id="1">@ada</span>',
        "<p style='position:fixed'>",
        "<!--", "<![CDATA[x]]>", "<?php", "</p></li></ol>",
        "@ada<b>", "`<b>`", "**<b>**",
    ],
)  # fmt: skip
def test_markup_in_text_is_text(source: str) -> None:
    html = format_body(source)

    assert "<" not in ALLOWED.sub("", html)
    assert "data-user-id" not in "".join(ALLOWED.findall(html))


def test_the_gate_stands_alone() -> None:
    premise = '<a href="https://e.org" onclick="x" style="y">a</a><script>b</script><span class="k evil">c</span>'

    assert GATE.clean(premise) == (
        '<a href="https://e.org" rel="nofollow noopener noreferrer">a</a><span class="k">c</span>'
    )
    assert GATE.clean('<a href="javascript:x">a</a><img src=x><pre style="x">') == (
        '<a rel="nofollow noopener noreferrer">a</a><pre></pre>'
    )


@pytest.mark.parametrize("body", ["\u202eevil\u2066", "Z" + "\u0334" * 4000, "a\x07\x1b[31mb", "\ufffe\uffff", "a\0b"])
def test_strange_characters_harm_nothing(body: str) -> None:
    assert "<p>" in format_body(body)


UNITS = [
    "[", "![", "[![", "[a](", "[](", "[a](b", "[a](<", '[a](b "', "[a](((", "[*", "![*", "*[", "![`", "[[]]", "[]()",
    "*", "**a", "_a ", "*a_ ", "_*", "**_", "***a", "~~", "`", "`a", "`*", "``` a", "```\n", "~~~\n", "> ```\n",
    "<", "<a", "<a@", "<http://", "</", "<!--", "\\", "\\[", "&", "&#1;", "[a]: b\n", "|a|b\n|-|-\n",
    "> ", ">\n", "> a\n\n", "- ", "-\n", "- a\n  ", "1. ", "* - + ", "> - ", "#\n", "***\n", "===\n", "\n", " \n",
    "a\n", "http://", "http://a", "http://a.b ", "http://[", "http://%", "http://a.b/(", "(http://a.b", "://", "a://",
    "www.", "www.a", "www.a.b ", "mailto:", "mailto:a@", "a@", "a@b.c ", "@ada ", "@a", "@-", "a.", ":", "x", " ", "\t",
    "👍", "👍\u200d", "🏽", "👨‍👩‍👧‍👦", "1\ufe0f\u20e3", "🇩", "\ufe0f", "\u200b", "Z\u0334\u0335", "\u2028", "\x0b",
]  # fmt: skip
FRAMES = [("", ""), ("[", "](http://a)"), ("> ", ""), ("```py\n", "\n```"), ("- ", ""), ("[a](http://b/", ")")]


@pytest.mark.parametrize("unit", UNITS)
def test_no_repeated_pattern_is_slow(unit: str) -> None:
    for before, after in FRAMES:
        body = before + (unit * LIMIT)[: LIMIT - len(before) - len(after)] + after

        assert cpu_seconds(body) < BUDGET, (before, after)


@pytest.mark.parametrize(
    "body",
    ["[" * 10_000, "http://a " * ADDRESSES, "[" + "![" * 2000 + "http://%" * 100, "**a" * 800 + "http://[" * 199],
)
def test_slow_things_together(body: str) -> None:
    assert cpu_seconds(body[:LIMIT]) < BUDGET


CODE = [
    "a\n", "a.", "a<", "a ", " x", "/", "//", "/*", "\\\"", "\\'", "'", '"', '"""', "`", "${", "{{", "#", "#{", "# a\n",
    "a = ", "a_", "1_", "0.", "&", "&a", "<", "<a", "<a b=", '="', "<!--", "@", "@a(", "@-", "-", "--", "--[[", "[",
    "[[", "r'", "f\"{", "%w(", "<<A\n", "a: ", "- a:\n", "a!(", "'a ", "async ", "true", "operator", "\r", "\t", "é",
]  # fmt: skip


@pytest.mark.parametrize("language", sorted(colours.LANGUAGES))
def test_no_code_is_slow(language: str) -> None:
    for unit in CODE:
        assert cpu_seconds((f"```{language}\n" + unit * LIMIT)[:LIMIT]) < BUDGET, unit


def test_finding_handles_is_not_slow() -> None:
    assert cpu_seconds("@ada [" * 833, find_handles) < BUDGET
