"""Two versions of a text side by side: which words went, which came."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter

WORD = re.compile(r"\s+|\w+|[^\w\s]")
COMPARED = 120_000  # pairs of words: difflib's time grows with them, to seconds for texts of 5,000 characters


@dataclass(frozen=True)
class Run:
    """Text that is the same on both sides, or is on one side only."""

    text: str
    is_changed: bool


@dataclass(frozen=True)
class Comparison:
    before: list[Run]
    after: list[Run]


def compare(before: str, after: str) -> Comparison:
    """Word by word; what lies between the first and the last difference of very long texts counts as changed."""
    old, new = WORD.findall(before), WORD.findall(after)
    head = _same_length(old, new)
    tail = _same_length(old[head:][::-1], new[head:][::-1])
    parts = [
        (False, old[:head], new[:head]),
        *_middle(old[head : len(old) - tail], new[head : len(new) - tail]),
        (False, old[len(old) - tail :], new[len(new) - tail :]),
    ]
    left = _side((is_changed, words) for is_changed, words, _after in parts)
    right = _side((is_changed, words) for is_changed, _before, words in parts)
    return Comparison(left, right)


Part = tuple[bool, Sequence[str], Sequence[str]]


def _middle(old: list[str], new: list[str]) -> Iterator[Part]:
    if len(old) * len(new) > COMPARED:
        yield True, old, new
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        # A space between two changed words is no island: their marks join over it.
        is_changed = kind != "equal" or "".join(old[i1:i2]).isspace()
        yield is_changed, old[i1:i2], new[j1:j2]


def _same_length(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    return next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _side(parts: Iterable[tuple[bool, Sequence[str]]]) -> list[Run]:
    texts = [(is_changed, "".join(words)) for is_changed, words in parts if words]
    return [
        Run("".join(text for _is_changed, text in run), is_changed)
        for is_changed, run in groupby(texts, key=itemgetter(0))
    ]
