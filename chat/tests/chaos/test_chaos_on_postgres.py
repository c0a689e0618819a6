"""The other part of the minute of chaos in the suite: two processes on PostgreSQL and Redis."""

import pytest

from chat.tests.chaos.surviving import patient, survived

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow, patient]


def test_nothing_is_lost_between_two_processes() -> None:
    survived("postgres", seed=6, seconds=40)
