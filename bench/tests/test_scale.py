"""The sums behind docs/scale.md, and that the page is what they give."""

import contextlib
import json
import socket

import pytest

from bench import costs, scale
from bench.costs_gathering import Counting
from bench.scale import HOUSES, ONE, SIZES, TEN, Costs, House


def act(name: str, *µs: float) -> dict[str, float]:
    return {f"{name}.{process}": value for process, value in zip(costs.PROCESSES, µs, strict=True)}


MEASURED = {
    **act("nobody", 1000, 5, 400, 20),
    **act("closed", 1000, 300, 500, 25),
    **act("few", 1000, 650, 600, 25),
    **act("many", 1000, 1600, 600, 25),
    **act("arrival", 0, 5000, 1000, 10),
    **act("page", 0, 20000, 2000, 10),
    **act("quiet", 0, 10000, 1000, 100),
    "process": 100.0,
    "socket": 40.0,
}
COSTS = Costs.measured(MEASURED)


def test_the_page_is_what_the_costs_give() -> None:
    """After `./run bench costs`, and when the words change: `./run bench scale`."""
    assert scale.PAGE.read_text() == scale.page(json.loads(scale.COSTS.read_text()))


def test_the_measured_are_taken_apart() -> None:
    assert pytest.approx(5e-6) == COSTS.delivery
    assert COSTS.said == pytest.approx({"process": 1000e-6, "database": 400e-6, "redis": 20e-6})
    assert COSTS.beside == pytest.approx({"process": 300e-6, "database": 100e-6, "redis": 5e-6})
    assert COSTS.opened == pytest.approx({"process": 600e-6, "database": 200e-6, "redis": 5e-6})
    assert COSTS.page["process"] == pytest.approx(20e-3)


@pytest.mark.parametrize(("people", "processes", "found"), [(7, 1, 1), (1, 64, 1), (2, 2, 1.5), (9999, 6, 6)])
def test_in_how_many_processes_people_are(people: int, processes: int, found: float) -> None:
    assert scale.touched(people, processes) == pytest.approx(found)


def test_a_message_in_one_process_and_in_two() -> None:
    alone, two = House("", 1, 1), House("", 2, 1)
    assert scale.message(COSTS, alone, 100, "process") == pytest.approx((1000 + 600 + 100 * 5) / 1e6)
    assert scale.message(COSTS, two, 1, "process") == pytest.approx(
        (1000 + 600 + 5 + (2 * (1 - 0.5**5) - 1) * 300) / 1e6
    )
    assert scale.message(COSTS, two, 1, "database") == pytest.approx((400 + 200 + (2 * (1 - 0.5**5) - 1) * 100) / 1e6)


def test_larger_rooms_and_smaller_houses_carry_fewer() -> None:
    for house in HOUSES:
        carried = [min(scale.carried(COSTS, house, size).values()) for size in SIZES]
        assert carried == sorted(carried, reverse=True)
    for size in SIZES:
        carried = [min(scale.carried(COSTS, house, size).values()) for house in HOUSES]
        assert carried == sorted(carried)
    assert scale.returning(COSTS, ONE, 20, 1) > scale.returning(COSTS, TEN, 20, 1)


@pytest.mark.parametrize(("number", "words"), [(3.14, "3.1"), (31.4, "31"), (31_415.9, "31,000"), (314_159, "310,000")])
def test_two_digits_are_enough(number: float, words: str) -> None:
    assert scale.rounded(number) == words


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_what_is_counted_is_counted_once_wherever_it_is_cut(piece: int) -> None:
    people = Counting()
    here, there = socket.socketpair()
    people.listen(here, b'"body":"m')
    with contextlib.closing(people), there:
        stream = b'{"body":"m1"},{"html":"body"},{"body":"m2"}'
        for start in range(0, len(stream), piece):
            there.sendall(stream[start : start + piece])
            people.hear(1)
        assert list(people.counts.values()) == [2]
