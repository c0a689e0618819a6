"""The judgement over a storm: it must see every loss. chat/tests/live/test_storm.py raises some."""

from collections.abc import Iterator

import pytest

from bench.contestants import Product
from bench.judgement import Failed
from bench.windows import Windows


class Written(Product):
    """A product whose record is given, and nobody serves."""

    stored = ("one", "two", "three")

    def history(self, number: int = 0) -> list[str]:
        return ["before", *self.stored]


@pytest.fixture
def windows() -> Iterator[Windows]:
    product = Written(1, None, None)
    product.sessions = ["none"]
    made = Windows(product, 2)
    made.said = list(Written.stored)
    for window in made.all:
        window.texts = list(Written.stored)
    yield made
    made.close()
    product.close()


def test_a_faultless_storm_passes(windows: Windows) -> None:
    windows.check()


@pytest.mark.parametrize(
    "texts", [["one", "two"], ["one", "two", "two", "three"], ["two", "one", "three"], ["one", "two", "four"]]
)
def test_a_window_that_lost_doubled_or_reordered_fails_it(windows: Windows, texts: list[str]) -> None:
    windows.all[1].texts = texts
    with pytest.raises(Failed):
        windows.check()


@pytest.mark.parametrize("stored", [("one", "two"), ("one", "two", "two"), ("one", "three", "two")])
def test_a_record_that_differs_fails_it(windows: Windows, stored: tuple[str, ...]) -> None:
    windows.site.stored = stored
    with pytest.raises(Failed):
        windows.check()


def test_a_gap_and_a_refusal_fail_it(windows: Windows) -> None:
    window = windows.all[0]
    window.cursor = 7
    changes = {"type": "room.changes", "seq": 9, "more": False, "messages": []}
    window._take({**changes, "after": 7})
    assert window.cursor == 9
    with pytest.raises(Failed):
        window._take({**changes, "after": 10, "seq": 11})
    with pytest.raises(Failed):
        window._take({"type": "error", "code": "unavailable", "ref": "x"})
