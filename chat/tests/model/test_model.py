"""The design, tried out whole: no order of things loses, doubles or forgets; each guard is there for a reason."""

import os

import pytest

from chat.tests.model.search import explore

ONE, TWO = ("a",), ("a", "b")
THOROUGH = os.environ.get("MODEL_THOROUGH")  # any value: a third of a million worlds more, and longer stories


@pytest.mark.parametrize(("said", "faults"), [(TWO, 1), (ONE, 3), *([(TWO, 2), (ONE, 5)] if THOROUGH else [])])
def test_nothing_is_lost_doubled_or_stuck_whatever_the_order(said: tuple[str, ...], faults: int) -> None:
    found = explore(said, faults_at_most=faults)
    assert found.trace == (), found.complaint
    assert found.worlds > 10_000, "the search must not have become trivial"


@pytest.mark.parametrize(
    ("guard", "said", "faults", "complaint", "last"),
    [
        ("dedupe key", ONE, 1, "doubled", "commit a as 2"),
        ("position check", ONE, 1, "stuck", "the bell is lost"),
        ("attach before read", ONE, 0, "stuck", "own read"),
        ("head before rows", ONE, 0, "a hole in the list", "own read"),
        ("number under lock", TWO, 0, "a hole in the list", "commit a as 1"),
    ],
)
def test_without_a_guard_there_is_a_story_in_which_it_is_missed(
    guard: str, said: tuple[str, ...], faults: int, complaint: str, last: str
) -> None:
    assert explore(said, faults_at_most=faults).complaint is None, "with it there is none"
    found = explore(said, faults_at_most=faults, without=guard)
    assert (found.complaint, found.trace[-1]) == (complaint, last), found.trace
