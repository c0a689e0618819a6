"""Two versions side by side: what is marked, and that no pair of texts takes long to compare."""

import random
import time

import pytest

from chat.admin.log_words import Run, compare


def marked(runs: list[Run]) -> str:
    return "".join(f"[{run.text}]" if run.is_changed else run.text for run in runs)


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("the quick fox", "the slow fox", "the [quick] fox", "the [slow] fox"),
        ("the fox", "the red fox", "the fox", "the [red ]fox"),
        ("one two three", "four five three", "[one two] three", "[four five] three"),
        ("same", "same", "same", "same"),
        ("", "new", "", "[new]"),
        ("gone", "", "[gone]", ""),
        ("a\nb", "a\nc", "a\n[b]", "a\n[c]"),
        ("図書館", "図書室", "[図書館]", "[図書室]"),
        ("well, yes", "well; yes", "well[,] yes", "well[;] yes"),
    ],
)
def test_words_that_went_and_came(before: str, after: str, left: str, right: str) -> None:
    compared = compare(before, after)
    assert (marked(compared.before), marked(compared.after)) == (left, right)


def test_both_sides_hold_every_letter() -> None:
    chance = random.Random(3)
    for _turn in range(50):
        before, after = ("".join(chance.choices("ab .,\n", k=chance.randint(0, 60))) for _side in range(2))
        compared = compare(before, after)
        assert "".join(run.text for run in compared.before) == before
        assert "".join(run.text for run in compared.after) == after


@pytest.mark.parametrize("letters", [".,", ".,;:!?+-", "a ", "ab,. ", "abcdefghijklmnop "])
@pytest.mark.parametrize("size", [300, 700, 5000])
def test_hard_texts_are_compared_quickly(letters: str, size: int) -> None:
    chance = random.Random(5)
    before, after = ("".join(chance.choices(letters, k=size)) for _side in range(2))
    best = min(_seconds(before, after) for _turn in range(3))
    assert best < 0.05


def _seconds(before: str, after: str) -> float:
    began = time.thread_time()  # what others take of the processor is not counted
    compare(before, after)
    return time.thread_time() - began
