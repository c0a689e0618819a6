"""The collector goes through newcomers once, and through all again when many have gone."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from chatsite.collector import CAME, GONE, Collector


class Door:
    def __init__(self) -> None:
        self.came = self.gone = 0


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _frozen_again() -> Iterator[None]:
    """As the tests' own process has it."""
    yield
    gc.freeze()


def test_newcomers_are_put_aside_and_found_again_when_many_have_gone() -> None:
    door, due = Door(), list[Callable[[], None]]()
    collector = Collector(door, lambda seconds, call: due.append(call))
    collector.begin()
    there = [Circle() for _ in range(1000)]
    last = weakref.ref(there[-1])

    def a_while_later() -> int:
        before = gc.get_freeze_count()
        due.pop()()
        return gc.get_freeze_count() - before

    door.came = CAME - 1
    assert a_while_later() < 1000, "too few for a look through them"
    door.came = CAME
    assert a_while_later() >= 1000
    assert a_while_later() < 1000, "once"
    there.clear()
    gc.collect()
    door.came = door.gone = GONE - 1
    a_while_later()
    assert last() is not None, "what is put aside is not looked through"
    door.came = door.gone = GONE
    a_while_later()
    assert last() is None


def test_the_more_there_are_the_more_must_go() -> None:
    door, due = Door(), list[Callable[[], None]]()
    collector = Collector(door, lambda seconds, call: due.append(call))
    door.came, door.gone = 12_000, 3_000  # a third of those that are left
    collector.look()
    assert (collector.came, collector.gone) == (12_000, 0)
    door.came, door.gone = 12_000, 4_000
    collector.look()
    assert collector.gone == 4_000
