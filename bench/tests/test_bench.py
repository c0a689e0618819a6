"""The measuring itself: it must see every loss, and run from end to end."""

import contextlib
import socket
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest

from bench import goals, idle, judgement, plot, report
from bench.client import Crowd, Reader
from bench.contestants import Limit, Product
from bench.judgement import Failed
from bench.metrics import Turns, medians, ratio, ratios
from bench.serving import ROOT, frame

A, B, C = (b"m%08dt%019d" % (number, 7) for number in (1, 2, 3))


class Written(Product):
    """A product whose history is given."""

    stored: list[bytes]

    def history(self, number: int = 0) -> list[str]:
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
    stream = b"".join(b'{"html":"<p>%s</p>","body":"%s and words","n":[{}]}' % (marker, marker) for marker in (A, B, C))
    here, there = socket.socketpair()
    reader = Reader(here)
    crowd.all.append(reader)
    crowd.listen(reader)

    for start in range(0, len(stream), piece):
        there.sendall(stream[start : start + piece])
        crowd.hear(1)

    assert reader.seen == [A, B, C]
    here.close()
    there.close()


def test_a_message_is_there_when_the_last_of_its_room_has_it(crowd: Crowd) -> None:
    ends = [socket.socketpair() for _reader in range(2)]
    for here, _there in ends:
        crowd.listen(Reader(here))
    crowd.missing = {A: 2, B: 2}
    frame = b'{"body":"%s and words"}'

    ends[0][1].sendall(frame % A + frame % B)
    assert crowd.hear(1) == []
    ends[1][1].sendall(frame % A)
    assert crowd.hear(1) == [A]

    assert crowd.missing == {B: 1}
    for here, there in ends:
        here.close()
        there.close()


def test_rooms_are_judged_apart() -> None:
    contestant = Written(4, None, None, rooms=2)  # 0 and 2 in the one, 1 and 3 in the other
    contestant.stored = [A, B, C]
    sent = {A: 0, B: 1, C: 2}

    judgement.check(contestant, sent, [[A, C], [B], [A, C], [B]])
    with pytest.raises(Failed):
        judgement.check(contestant, sent, [[A, C], [B], [A, C], [A]])
    contestant.close()


def test_a_post_is_one_masked_frame() -> None:
    assert frame("x" * 5) == b"\x81\x85\0\0\0\0xxxxx"
    assert frame("x" * 200)[:4] == b"\x81\xfe\x00\xc8"


def test_ratios_are_of_the_same_round() -> None:
    turns = {
        "product": [{"deliveries": 100.0, "cpu": 10.0}, {"deliveries": 10, "cpu": 10}, {"deliveries": 1000, "cpu": 10}],
        "tutorial": [{"deliveries": 10.0, "cpu": 20.0}, {"deliveries": 1, "cpu": 20}, {"deliveries": 50, "cpu": 20}],
    }

    assert ratios(turns, "product", "tutorial") == {"deliveries": 10, "cpu": 2}
    assert ratio(turns, "product", "limit", "cpu") is None
    assert medians(turns["product"])["deliveries"] == 100


@pytest.mark.parametrize(("last99", "holds"), [(9.0, True), (11.0, False)])
def test_goals_that_were_measured_are_judged(last99: float, holds: bool) -> None:
    turns: Turns = {"product": [{"last99": last99, "cpu": 6.0}], "limit": [{"last99": 1.0, "cpu": 3.0}]}

    found = goals.reached("fan200", turns)

    assert [(goal["bound"], goal["reached"], goal["holds"]) for goal in found] == [
        ("≤ 2×", "2×", True),
        ("≤ 10 ms", f"{last99:g} ms", holds),
    ]


def test_a_plot_shows_everybody_and_is_well_formed() -> None:
    figures = {"deliveries": 70_000.0, "cpu": 14.0, "last99": 9.0, "messages": 350.0}
    drawn = plot.drawing({"SQLite": {"product": figures, "<tutorial>": {**figures, "deliveries": 0.0}}})

    texts = [each.text for each in ElementTree.fromstring(drawn).iter() if each.text]  # noqa: S314 (ours)
    assert {"SQLite", "product", "<tutorial>", "70,000"} <= set(texts)


def test_the_limit_keeps_rooms_apart_and_leaves_nothing_behind() -> None:
    with Limit(4, size=500, rooms=2) as limit:
        crowd = Crowd(limit, 0)
        crowd.gather()
        crowd.post(0)
        crowd.drain()
        crowd.check()
        crowd.close()
        folder, process = limit.folder, limit.process
    assert process is not None
    assert process.returncode is not None
    assert not folder.exists()


def test_quiet_sockets_that_answer_nothing_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with Limit(20, size=500) as limit, contextlib.closing(idle.Sockets(limit)) as sockets:
        assert sockets.come(range(20)) > 0
        assert sockets.rest(0.1) >= 0
        monkeypatch.setattr(idle, "PATIENCE", 0.2)
        with pytest.raises(Failed, match="20 sockets answer nothing"):
            sockets.ask()


def test_what_is_measured_is_dirty_only_where_no_figures_stand(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FOLDER", tmp_path / "docs" / "bench")
    figures, ours = tmp_path / "docs" / "bench" / "many.md", tmp_path / "hub.py"
    assert report.commit() == "no commit"
    figures.parent.mkdir(parents=True)
    for file in (figures, ours):
        file.write_text("as it was")
    for git in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *git], cwd=tmp_path, check=True)
    figures.write_text("newer")
    assert report.commit().startswith("commit ")
    assert not report.commit().endswith("-dirty")
    ours.write_text("changed")
    assert report.commit().endswith("-dirty")


@pytest.mark.live
@pytest.mark.slow
def test_a_short_run_from_end_to_end() -> None:
    command = [
        sys.executable,
        "-m",
        "bench",
        "small10",
        "--against",
        "limit",
        "--seconds",
        "0.5",
        "--rounds",
        "1",
    ]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    for who in ("product", "limit"):
        assert f"| {who} |" in run.stdout
    assert "nothing written" in run.stdout
