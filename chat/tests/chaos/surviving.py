"""What the suite asks of a run: it took place, people talked, and nothing was found."""

import pytest

from chat.tests.chaos.__main__ import play
from chatsite.testing.finding import Missing

# In place of pytest.ini's: standing up and settling take long on a busy machine.
patient = pytest.mark.timeout(400)
# A machine that is slow leaves out the end of a schedule.
LEAST_KINDS = {"sqlite": 5, "postgres": 12}


def survived(name: str, *, seed: int, seconds: float) -> None:
    try:
        played = play(name, seed, seconds)
    except Missing as reason:
        pytest.skip(str(reason))
    assert played.findings == []
    assert len({one.strike.fault.kind for one in played.struck}) >= LEAST_KINDS[name]
    acked = sum(len(list(diary.acked)) for diary in played.diaries)
    assert acked > seconds / 2, "hardly anybody said anything"
