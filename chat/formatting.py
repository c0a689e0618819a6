"""Source text to safe HTML: the only place that marks safe.

What people type is Markdown as chat knows it. Left out on purpose: raw HTML; images (they become links: no reader's
browser asks a stranger's server for anything by itself); headings and rules (a message is part of a page whose
headings are its days, and "# list files" or "---" in a chat is meant as typed); reference definitions, indented code
and HTML entities (each would make typed words vanish or change).

Classes that the stylesheet knows: `emoji-only` on a lone `<p>`, `mention` on `<span>`, `language-<name>` on
`<pre><code>`, and in code those listed in chat/colours.py.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import nh3
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt, rules_core, rules_inline
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from chat import colours
from chat.errors import Invalid, TooLarge

logger = logging.getLogger(__name__)

VERSION = 1  # stored with each message: raise it when the same source would give other HTML
LIMIT = 5_000  # code points of a body
PATIENCE = 20_000  # characters looked at for brackets that open no link; then no bracket of that body opens one
ADDRESSES = 200  # with more bare addresses in a body, none becomes a link
DEPTH = 12  # levels of quotes (one each) and lists (two each) inside each other; deeper ones stay text

MENTION = re.compile(r"(?<![\w@/])@([a-z0-9_-]{2,32})(?![\w@-])", re.IGNORECASE | re.ASCII)

_PICTURE = (
    "[\U0001f000-\U0001f3fa\U0001f400-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693"
    "\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b"
    "\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55]"
    "|[\u00a9\u00ae\u203c-\u3299](?=\ufe0f)"
)
_EMOJI = (
    rf"(?>[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{2}}"
    rf"|(?:{_PICTURE})[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
    rf"(?:\u200d(?:{_PICTURE}|[\u2600-\u27bf])[\ufe0f\U0001f3fb-\U0001f3ff]*){{0,6}})"
)
EMOJI_ONLY = re.compile(rf"(?:{_EMOJI}\s*+){{1,12}}+")

# One line that begins with a letter and holds nothing that any rule looks at: most of what is said needs no parser.
PLAIN = re.compile(r"(?!.*[Ww]{3}\.)[^\W\d_](?:[^\W_]|[ ,.;?!'\"%/()–—…-])*+")

# Characters that show nothing though Unicode does not count them as spaces or formats.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


def normalise(body: str) -> str:
    """The source as it is compared and stored: as typed, line ends made LF. Raises Invalid, TooLarge."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    if len(body) > LIMIT:
        raise TooLarge(_("The message is longer than %(limit)d characters.") % {"limit": LIMIT})
    if re.search("[\0\ud800-\udfff]", body):
        raise Invalid(_("The message holds characters that are no text."))
    if not any(map(_shows, body)):
        raise Invalid(_("The message is empty."))
    return body


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Zs", "Zl", "Zp"} and character not in BLANKS


def find_handles(body: str) -> set[str]:
    """The lower-case handles after an @ that stand outside code and links, whether anybody has them or not."""
    tokens = _parse(body) if "@" in body else ()
    texts = (child.content for token in tokens for child in token.children or () if child.type == "mention")
    return {text[1:].lower() for text in texts}


def format_body(body: str, mentions: Mapping[str, int] = {}) -> SafeString:
    """Safe HTML of a normalised body; `mentions` gives the user ids of the handles in it that exist."""
    if PLAIN.fullmatch(body):
        return stored(f"<p>{body.rstrip()}</p>")
    try:
        tokens = _parse(body)
        shown = any(piece.content.strip() for token in tokens for piece in token.children or [token])
        html = MARKUP.renderer.render(tokens, MARKUP.options, {"mentions": mentions}) if shown else as_typed(body)
    except Exception as error:  # a parser's bug must not cost anybody a message; the text is not logged
        logger.error("A message of %d characters was not formatted: %s", len(body), type(error).__name__)
        html = as_typed(body)
    return stored(GATE.clean(html).strip())


def stored(html: str) -> SafeString:
    """HTML that `format_body` made, back from the database."""
    return mark_safe(html)  # noqa: S308 - every path to here went through the gate


def as_typed(body: str) -> str:
    return f"<p>{escape(body.strip()).replace(chr(10), '<br>')}</p>"


def _parse(body: str) -> list[Token]:
    return MARKUP.parse(body, {"patience": PATIENCE, "addresses": body.count("://") <= ADDRESSES})


# --- Links -----------------------------------------------------------------------------------------------------------

NO_START = frozenset(".-/:@_")
SCHEMES = ("http://", "https://", "mailto:")


class Markup(MarkdownIt):
    """markdown-it that links only where a browser may go, and shows an address as it was typed."""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return url.lower().startswith(SCHEMES)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _linkifier() -> LinkifyIt:
    """Finds http, https, mailto, www. and e-mail addresses; "README.md" and "run.sh" are no links."""
    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": True})
    for scheme in ("ftp:", "//"):
        finder.add(scheme, None)
    host = re.compile(finder.re["src_host_port_strict"] + finder.re["src_path"], re.IGNORECASE)

    def length(_finder: LinkifyIt, text: str, position: int) -> int:
        if text[: position - 4][-1:] in NO_START:  # "www.www.www." is tried once, not at every dot
            return 0
        return len(found.group()) if (found := host.match(text, position)) else 0

    def complete(_finder: LinkifyIt, match: Match) -> None:
        match.url = f"https://{match.url}"

    return finder.add("www.", {"validate": length, "normalize": complete})


def _bracket(state: StateInline, silent: bool) -> bool:
    """`[text](address)`, as long as the patience lasts: each bracket that leads nowhere is paid for in characters."""
    start = state.pos
    if not state.src.startswith("[", start) or state.env["patience"] < 0:
        return False
    end = state.md.helpers.parseLinkLabel(state, start, True)
    if end >= 0 and state.src.startswith("(", end + 1):
        if rules_inline.link(state, silent):
            return True
        end = -1
    state.env["patience"] -= (end if end >= 0 else state.posMax) - start
    return False


def _address(state: StateInline, silent: bool) -> bool:
    return bool(state.env["addresses"]) and rules_inline.linkify(state, silent)


def _addresses(state: StateCore) -> None:
    if state.env["addresses"]:
        rules_core.linkify(state)


def _image(state: StateInline, silent: bool) -> bool:
    """`![text](address)` becomes a link; inside a link only its text stays."""
    start = state.pos
    if not state.src.startswith("![", start):
        return False
    state.pos = start + 1
    if not _bracket(state, silent or state.linkLevel > 0):
        state.pos = start
        return False
    if state.linkLevel > 0 and not silent:
        end = state.pos
        state.pending += state.src[start + 2 : state.md.helpers.parseLinkLabel(state, start + 1)]
        state.pos = end
    return True


def _aim(token: Token) -> str:
    """A way out opens beside the room; one to our own pages stays in it. Returns the address, "" when there is none."""
    href = str(token.attrGet("href") or "")
    token.attrs = {"href": href}
    ours = any(href == site or href.startswith(f"{site}/") for site in settings.SITE_URLS)
    if not ours and href.startswith("http"):
        token.attrSet("target", "_blank")
    return href


# --- Rules -----------------------------------------------------------------------------------------------------------


def _shallow(
    rule: Callable[[StateBlock, int, int, bool], bool], state: StateBlock, start: int, end: int, silent: bool
) -> bool:
    """A quote or list only so deep: markdown-it itself drops what lies deeper than its limit."""
    return state.level < DEPTH and rule(state, start, end, silent)


def _finish(state: StateCore) -> None:
    """After parsing: link targets, mentions, large emoji."""
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_finish_inline(token.children))
    if len(state.tokens) == 3 and EMOJI_ONLY.fullmatch(state.tokens[1].content):
        state.tokens[0].attrSet("class", "emoji-only")


def _finish_inline(children: Sequence[Token]) -> Iterator[Token]:
    """No mention in a link, no link without an address, no link without a text."""
    href: str | None = None
    before = ""
    for token in children:
        if token.type == "link_open":
            href = _aim(token)
        if token.type == "link_close" and href and before == "link_open":
            yield Token("text", "", 0, content=href)
        if token.type == "text" and href is None:
            yield from _split_mentions(token.content)
        elif href != "" or token.type not in {"link_open", "link_close"}:
            yield token
        if token.type == "link_close":
            href = None
        before = token.type


def _split_mentions(text: str) -> Iterator[Token]:
    position = 0
    for found in MENTION.finditer(text):
        yield Token("text", "", 0, content=text[position : found.start()])
        yield Token("mention", "", 0, content=found.group())
        position = found.end()
    yield Token("text", "", 0, content=text[position:])


# --- What becomes HTML -----------------------------------------------------------------------------------------------


class Renderer(RendererHTML):
    """Adds mentions and coloured code; everything it writes still has to pass the gate."""

    def mention(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        typed = tokens[idx].content
        person = env["mentions"].get(typed[1:].lower())
        return escape(typed) if person is None else f'<span class="mention" data-user-id="{person:d}">{typed}</span>'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        language = colours.language_of(token.info.split(maxsplit=1)[0]) if token.info.strip() else None
        attribute = f' class="language-{language}"' if language else ""
        pieces = colours.colour(language, token.content) if language else [("", token.content)]
        code = "".join(f'<span class="{css}">{escape(text)}</span>' if css else escape(text) for css, text in pieces)
        return f'<pre tabindex="0"><code{attribute}>{code}</code></pre>\n'


def _markup() -> Markup:
    markup = Markup(
        "js-default", {"linkify": True, "breaks": True, "html": False, "typographer": False}, renderer_cls=Renderer
    )
    markup.disable(["table", "code", "hr", "reference", "heading", "lheading", "html_block", "html_inline", "entity"])
    markup.linkify = _linkifier()
    for name in ("blockquote", "list"):
        rule = next(rule for rule in markup.block.ruler.__rules__ if rule.name == name)
        markup.block.ruler.at(name, partial(_shallow, rule.fn), {"alt": rule.alt})
    markup.inline.ruler.at("linkify", _address)
    markup.inline.ruler.at("link", _bracket)
    markup.inline.ruler.at("image", _image)
    markup.core.ruler.at("linkify", _addresses)
    markup.core.ruler.push("finish", _finish)
    return markup


def _gate() -> nh3.Cleaner:
    tags = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"}
    return nh3.Cleaner(
        tags=tags,
        attributes={"a": {"href"}, "span": {"data-user-id"}, "ol": {"start"}},
        tag_attribute_values={"a": {"target": {"_blank"}}, "pre": {"tabindex": {"0"}}},
        allowed_classes={
            "p": {"emoji-only"},
            "span": {"mention", *colours.CLASSES},
            "code": {f"language-{language}" for language in colours.LANGUAGES},
        },
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
    )


MARKUP = _markup()
GATE = _gate()
