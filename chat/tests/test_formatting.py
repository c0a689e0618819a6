"""What typed text looks like: Markdown as chat knows it."""

import re
from typing import Any

import pytest
from django.utils.safestring import SafeString
from hypothesis import example, given
from hypothesis import strategies as st

from chat import colours, formatting
from chat.errors import Invalid, TooLarge
from chat.formatting import LIMIT, find_handles, format_body, normalise, stored

OUT = 'target="_blank" rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("```\na  < b\n```", '<pre tabindex="0"><code>a  &lt; b\n</code></pre>'),
        ("```klingon\nx\n```", '<pre tabindex="0"><code>x\n</code></pre>'),
        (
            "```py\nreturn 1\n```",
            '<pre tabindex="0"><code class="language-python"><span class="k">return</span> <span class="m">1</span>\n'
            "</code></pre>",
        ),
    ],
)
def test_what_markdown_gives(source: str, html: str) -> None:
    assert format_body(source) == html


PROSE = st.text(st.one_of(st.sampled_from(" ,.;?!'\"%/()–—…-019wW"), st.characters(categories=["L", "N"])), max_size=40)


@given(st.characters(categories=["L"]), PROSE)
@example("a", " 1. b  ")
@example("W", 'ww. is no "address" ')
def test_plain_words_need_no_parser(first: str, rest: str) -> None:
    """They look as the parser would have them."""
    plain = format_body(first + rest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formatting, "PLAIN", re.compile("(?!)"))
        assert plain == format_body(first + rest)


def test_what_is_plain() -> None:
    assert formatting.PLAIN.fullmatch("See you at 7, at the harbour (north side); don't wait!")
    for body in (
        "1. one",
        "- one",
        "www.example.org",
        "a@b.example",
        "@ada",
        "*a*",
        "a\nb",
        "a<b",
        "a & b",
        "a\u00a0b",
    ):
        assert not formatting.PLAIN.fullmatch(body), body


@pytest.mark.parametrize(
    "source",
    ["# no heading", "a\n---\nb", "a\n===", "&copy; &lt;", "[a]: b", "<b>x</b>", "-", "1.", ">", "```", "****"],
)
def test_what_stays_as_typed(source: str) -> None:
    html = format_body(source)
    assert (
        html.replace("<br>\n", "\n").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        == f"<p>{source}</p>"
    )


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[x](https://e.org/?a=1&b=2)", f'<a href="https://e.org/?a=1&amp;b=2" {OUT}>x</a>'),
        ("http://e.org/a_b_c, yes", f'<a href="http://e.org/a_b_c" {OUT}>http://e.org/a_b_c</a>, yes'),
        ("<https://e.org>", f'<a href="https://e.org" {OUT}>https://e.org</a>'),
        ("www.e.org/x", f'<a href="https://www.e.org/x" {OUT}>www.e.org/x</a>'),
        ("ada@e.org", '<a href="mailto:ada@e.org" rel="nofollow noopener noreferrer">ada@e.org</a>'),
        ("README.md and run.sh", "README.md and run.sh"),
        ("![cat](https://e.org/c.png)", f'<a href="https://e.org/c.png" {OUT}>cat</a>'),
        ("![](https://e.org/c.png)", f'<a href="https://e.org/c.png" {OUT}>https://e.org/c.png</a>'),
        ("[![cat](https://e.org/c.png)](https://e.org)", f'<a href="https://e.org" {OUT}>cat</a>'),
        ("[x]()", "x"),
        ("[x](/rooms/a/)", "[x](/rooms/a/)"),
    ],
)
def test_links(source: str, html: str) -> None:
    assert format_body(source) == f"<p>{html}</p>"


def test_a_link_into_our_own_pages_opens_in_place(settings: Any) -> None:
    settings.SITE_URLS = ("https://chat.example",)

    assert "target" not in format_body("https://chat.example/rooms/a/messages/3/")
    assert "target" in format_body("https://chat.example.evil.org/")


def test_mentions_of_known_people_outside_code_and_links() -> None:
    source = "@Ada, (@bob) __@ada__ `@ada` [@ada](https://e.org) x@ada.org @nobody https://e.org/@ada @ada@e.social"

    html = format_body(source, {"ada": 7, "bob": 8})

    assert html.count('<span class="mention" data-user-id="7">') == 2
    assert '<span class="mention" data-user-id="8">@bob</span>)' in html
    assert " @nobody " in html
    assert find_handles(source) == {"ada", "bob", "nobody"}
    assert find_handles("```\n@ada\n```") == set()


@pytest.mark.parametrize("source", ["👍", " 👍 🎉\n❤️ ", "👨‍👩‍👧‍👦🇩🇪1️⃣👍🏽"])
def test_only_emoji_are_large(source: str) -> None:
    assert format_body(source).startswith('<p class="emoji-only">')


@pytest.mark.parametrize("source", ["👍 yes", "1", "#", "👍" * 13, "👍\n\n👍", "> 👍"])
def test_other_text_is_not_large(source: str) -> None:
    assert "emoji-only" not in format_body(source)


def test_the_source_is_kept_as_typed_but_for_line_ends() -> None:
    assert normalise("  a\r\nb\rc  \n") == "  a\nb\nc  \n"
    assert normalise("x" * LIMIT) == "x" * LIMIT
    assert normalise("\r\n" * (LIMIT - 1) + "x").count("\n") == LIMIT - 1


@pytest.mark.parametrize("body", ["", " \n\t", "\u200b\u2060", "\u3164", "\u2800\ufe0f", "a\0b", "\ud800", "a\udfffb"])
def test_no_text(body: str) -> None:
    with pytest.raises(Invalid):
        normalise(body)


def test_too_long_is_its_own_refusal() -> None:
    with pytest.raises(TooLarge):
        normalise("x" * (LIMIT + 1))
    with pytest.raises(TooLarge):
        normalise(" " * 1_000_000)


def test_deep_quotes_lose_no_word() -> None:
    assert "deep" in format_body("> " * 60 + "deep")
    assert "deep" in format_body("- " * 60 + "deep")


def test_formatted_html_is_safe_and_stays_so() -> None:
    assert isinstance(format_body("x"), SafeString)
    assert isinstance(stored("<p>x</p>"), SafeString)


@pytest.mark.parametrize("language", sorted(colours.LANGUAGES))
def test_colours_keep_every_character(language: str) -> None:
    code = 'def f(a: int) -> \'x\':  # c\n\t// é\n"""open\n+ 1 <a b="c">&amp;</a>\n-x: y\n[z]\n`${1}` @d #e'

    pieces = list(colours.colour(language, code))

    assert "".join(text for _, text in pieces) == code
    assert {css for css, _ in pieces if css} <= colours.CLASSES
    assert any(css for css, _ in pieces)


def test_every_other_name_means_a_language() -> None:
    assert colours.language_of("JS") == "javascript"
    assert set(colours.OTHER_NAMES) <= set(colours.LANGUAGES)
    assert colours.language_of("klingon") is None
