"""What py-spy saw is told by thread, by library and by function of ours."""

from pathlib import Path

import pytest

from bench import profiling

BASE = "thread (77): commands_0;Thread.run (threading.py:982)"
COMMIT = f"{BASE};ask (chat/models/plain.py:31);Connection.wait (psycopg/connection.py:495)"
PUSH = "thread (70): MainThread;main (manage.py:9);Writer.offer (chatsite/writer.py:46)"
READ = "thread (70): MainThread;main (manage.py:9);Connection.doRead (twisted/internet/tcp.py:278)"
WAITING = "thread (78): reads_1;Thread.run (threading.py:982);_worker (concurrent/futures/thread.py:81)"


@pytest.fixture
def samples() -> list[profiling.Sample]:
    return profiling.parsed(f"{COMMIT} 30\n{PUSH} 15\n{READ} 5\n{WAITING} 900\n")


@pytest.mark.parametrize(
    ("name_of", "counted"),
    [
        (profiling.thread_of, {"commands": 30, "the event loop": 20}),
        (profiling.library, {"psycopg": 30, "ours": 15, "twisted": 5}),
        (
            profiling.ours,
            {"chat/models/plain.py `ask`": 30, "chatsite/writer.py `Writer.offer`": 15, profiling.NONE: 5},
        ),
    ],
)
def test_threads_with_nothing_to_do_are_left_out(samples, name_of, counted):
    assert profiling.counted(samples, name_of) == counted


def test_what_each_takes(samples, monkeypatch):
    monkeypatch.setattr(profiling, "SHOWN", 2)
    found = profiling.counted(samples, profiling.library)
    assert profiling.table("whose code", found).splitlines()[2:] == [
        "| psycopg | 60.0% |",
        "| ours | 30.0% |",
        "| 1 others | 10.0% |",
    ]


def test_the_latest_look_of_each_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(profiling.report, "FOLDER", tmp_path)
    for words in ("slow", "quick"):
        profiling.write("fan200", "sqlite", words)
    page = Path(profiling.write("small10", "postgres", "the other")).read_text()
    assert page.index("## fan200 on SQLite\n\nquick") < page.index("## small10 on PostgreSQL and Redis\n\nthe other")
    assert "slow" not in page
