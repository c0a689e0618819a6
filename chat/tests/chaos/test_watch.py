"""What is seen of servers from outside: what is too much, what stays behind, and what their logs must not hold."""

import json
from unittest.mock import MagicMock

import pytest

from chat.tests.chaos.watch import GROWTH, MOST, Size, Watch, troubles

STORY = {"level": "error", "message": "ReadMark failed", "error": ["KeyError", "chat/consumers.py:9 obey"]}
FINE = {"level": "warning", "message": "room 7 could not be read after 812; trying again"}


def watch(*sizes: Size) -> Watch:
    watched = Watch(MagicMock())
    watched.sizes = {1: list(sizes)}
    return watched


def size(**fields: float) -> Size:
    return Size(**({"age": 1.0, "memory": 10**8, "threads": 20, "files": 30, "connections": 10} | fields))


def test_ordinary_sizes_are_fine() -> None:
    assert list(watch(size(), size(age=10), size(age=60)).findings()) == []


@pytest.mark.parametrize("name", MOST)
def test_too_much_of_one_thing_is_found(name: str) -> None:
    (found,) = watch(size(), size(**{name: MOST[name] + 1}), size()).findings()
    assert name in found.words


def test_what_a_warm_process_goes_on_taking_is_found() -> None:
    start, warm, late = size(age=20, memory=1), size(age=31), size(age=60, memory=10**8 + GROWTH)
    assert list(watch(start, warm, late).findings()) == []
    (found,) = watch(start, warm, size(age=60, memory=10**8 + GROWTH + 1)).findings()
    assert "grew" in found.words


@pytest.mark.parametrize(
    ("log", "count"),
    [
        (json.dumps(FINE), 0),
        ('{"level": "error", "error": ["cut off by ki', 0),
        ("  Preparing the static files", 0),
        (json.dumps(STORY | {"error": ["OperationalError: the database restarts"]}), 0),
        (json.dumps(STORY), 1),
        ("Traceback (most recent call last):\n  File …", 1),
        ("Exception in thread doorbell:\nTraceback (most recent call last):", 1),
        ("Fatal Python error: Segmentation fault", 1),
    ],
)
def test_tracebacks_are_found_in_logs(log: str, count: int) -> None:
    server = MagicMock()
    server.log.read_text.return_value = f"{log}\n{json.dumps(FINE)}\n"
    assert len(list(troubles(MagicMock(servers=[server])))) == count
