"""A part of the minute of chaos in the suite, and what every schedule holds."""

from unittest.mock import MagicMock

import pytest

from chat.tests.chaos.schedule import TRACKS, Strike, plan
from chat.tests.chaos.surviving import patient, survived


@pytest.mark.live
@pytest.mark.slow
@patient
def test_nothing_is_lost_on_sqlite() -> None:
    survived("sqlite", seed=6, seconds=20)


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("seed", range(20))
def test_a_minute_holds_every_kind_of_fault(name: str, seed: int) -> None:
    strikes = plan(a_stage(name), seed, 60)
    kinds = {strike.fault.kind for track in strikes for strike in track}
    assert len(kinds) == sum(len(track) for track in TRACKS[name])


def test_a_seed_is_a_schedule() -> None:
    first, second, other = (told(plan(a_stage("postgres"), seed, 60)) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def a_stage(name: str) -> MagicMock:
    servers = [MagicMock(), MagicMock()]
    for server, called in zip(servers, ("one", "two"), strict=True):
        server.name = called
    stage = MagicMock(servers=servers[: 1 if name == "sqlite" else 2])
    stage.name = name
    return stage


def told(strikes: list[list[Strike]]) -> list[str]:
    return [f"{strike.at} {strike.fault}" for track in strikes for strike in track]
