"""Which fault strikes when: chance's order of all kinds, in tracks that go on beside one another."""

import random
from dataclasses import dataclass

from chat.tests.chaos import faults, lines
from chat.tests.chaos.failpoints import SPOTS
from chat.tests.chaos.faults import Fault, Kind
from chat.tests.chaos.stage import Stage

GAP = (0.2, 1.2)  # seconds of quiet between two faults of a track
SERVERS: list[Kind] = [
    faults.server_killed,
    faults.all_servers_killed,
    faults.server_told_to_stop,
    faults.server_frozen,
    *(faults.failpoint(spot) for spot in SPOTS),
]
REDIS: list[Kind] = [faults.redis_killed, faults.redis_restarted, faults.redis_flushed, faults.redis_frozen]
POSTGRES: list[Kind] = [faults.database_restarted, faults.database_crashed]
TRACKS: dict[str, list[list[Kind]]] = {
    "sqlite": [SERVERS, [faults.database_locked, *lines.OF_PEOPLE]],
    "postgres": [SERVERS, REDIS + POSTGRES + lines.OF_SERVERS, lines.OF_PEOPLE],
}


@dataclass(frozen=True)
class Strike:
    at: float  # seconds from the beginning; later if the one before it in its track took longer than planned
    fault: Fault


def plan(stage: Stage, seed: int, seconds: float) -> list[list[Strike]]:
    """For each track its strikes, in order. The same for the same seed."""
    chance = random.Random(f"{seed} {stage.name}")
    return [_track(stage, kinds, chance, seconds) for kinds in TRACKS[stage.name]]


def _track(stage: Stage, kinds: list[Kind], chance: random.Random, seconds: float) -> list[Strike]:
    """Every kind once before any comes again."""
    strikes: list[Strike] = []
    at = chance.uniform(*GAP)
    while True:
        for kind in chance.sample(kinds, len(kinds)):
            fault = kind(stage, chance)
            if at + fault.seconds + fault.rise > seconds:
                return strikes
            strikes.append(Strike(at, fault))
            at += fault.seconds + fault.rise + chance.uniform(*GAP)
