"""The measuring itself: it must see every loss, and run from end to end."""

import socket
import subprocess
import sys
from typing import Any

import pytest

from bench.client import Crowd, Failed, Reader
from bench.contestants import ROOT, Product, Raw, frame
from bench.workloads import Turn, medians, ratios

A, B, C = (b"m%08dt%019d" % (number, 7) for number in (1, 2, 3))


class Written(Product):
    """A product whose history is given."""

    stored: list[bytes]

    def history(self) -> list[str]:
        return [text.decode() + " and words" for text in self.stored]


@pytest.fixture
def crowd() -> Any:
    contestant = Written(2, None, None)
    contestant.stored = [A, B, C]
    made = Crowd(contestant, 0)
    made.sent = {A: 0, B: 1, C: 0}
    made.all = [Reader(socket.socket(), seen=[A, B, C]), Reader(socket.socket(), seen=[A, B, C])]
    yield made
    made.close()
    contestant.close()


def test_a_faultless_run_passes(crowd: Crowd) -> None:
    crowd.check()


@pytest.mark.parametrize("seen", [[A, B], [A, B, B, C], [A, B, B], [C, B, A], []])
def test_a_reader_that_lost_doubled_or_reordered_fails_the_run(crowd: Crowd, seen: list[bytes]) -> None:
    crowd.all[1].seen = seen

    with pytest.raises(Failed):
        crowd.check()


@pytest.mark.parametrize("stored", [[A, B], [A, B, C, C], [B, A, C], []])
def test_a_history_that_differs_fails_the_run(crowd: Crowd, stored: list[bytes]) -> None:
    crowd.contestant.stored = stored

    with pytest.raises(Failed):
        crowd.check()


@pytest.mark.parametrize("piece", [1, 7, 36, 37, 38, 64, 1000])
def test_markers_are_found_once_wherever_the_stream_is_cut(crowd: Crowd, piece: int) -> None:
    stream = b"".join(b'{"html":"<p>%s</p>","body":"%s and words","n":[]}' % (marker, marker) for marker in (A, B, C))
    here, there = socket.socketpair()
    reader = Reader(here)
    crowd.all.append(reader)
    crowd.listen(reader)

    for start in range(0, len(stream), piece):
        there.sendall(stream[start : start + piece])
        crowd.hear(1)

    assert reader.seen == [A, B, C]
    there.close()


def test_a_post_is_one_masked_frame() -> None:
    assert frame("x" * 5) == b"\x81\x85\0\0\0\0xxxxx"
    assert frame("x" * 200)[:4] == b"\x81\xfe\x00\xc8"


def test_ratios_are_of_the_same_round() -> None:
    ours = [Turn(100, 1, 10, 1, 1, 1), Turn(10, 1, 10, 1, 1, 1), Turn(1000, 1, 10, 1, 1, 1)]
    theirs = [Turn(10, 1, 20, 3, 1, 1), Turn(1, 1, 20, 3, 1, 1), Turn(50, 1, 20, 3, 1, 1)]

    assert ratios(ours, theirs) == {"deliveries": 10, "cpu": 2, "last99": 3}
    assert medians(ours)["deliveries"] == 100


def test_raw_leaves_nothing_behind() -> None:
    with Raw(1, size=500) as raw:
        folder, process = raw.folder, raw.process
    assert process is not None
    assert process.returncode is not None
    assert not folder.exists()


@pytest.mark.live
@pytest.mark.slow
def test_a_short_run_from_end_to_end() -> None:
    command = [sys.executable, "-m", "bench", "small10", "--against", "tutorial", "--seconds", "0.5", "--rounds", "1"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    for who in ("product", "tutorial", "raw"):
        assert f"| {who} |" in run.stdout
    assert "nothing written" in run.stdout
