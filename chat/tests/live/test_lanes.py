"""The threads that database work is done in: nobody waits for them for ever."""

import threading

import pytest

from chat.errors import Unavailable
from chat.live import lanes


async def test_a_database_that_hangs_is_told_of_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 0.2)
    lane, release, done = lanes.Lane("reads", 1), threading.Event(), list[str]()

    def hang() -> None:
        release.wait(30)
        done.append("begun in time")

    for job in (hang, lambda: done.append("never begun")):
        with pytest.raises(Unavailable) as refusal:
            await lane.run(job)
        assert refusal.value.retry_after
    release.set()
    monkeypatch.setattr(lanes, "PATIENCE", 30)
    await lane.run(lambda: done.append("afterwards"))
    await lane.close()
    assert done == ["begun in time", "afterwards"], "what was refused before it began does not happen later"


async def test_a_job_may_itself_say_that_time_is_up() -> None:
    lane = lanes.Lane("reads", 1)

    def late() -> None:
        raise TimeoutError("of the job")

    with pytest.raises(TimeoutError, match="of the job"):
        await lane.run(late)
    await lane.close()
