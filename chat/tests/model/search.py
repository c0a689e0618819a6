"""All worlds of the model that can come of one, nearest first."""

from typing import NamedTuple

from chat.tests.model.model import GUARDS, World, faults, steps

Trail = dict[World, tuple[str, World | None]]  # world -> the step that led there first, and from where


class Explored(NamedTuple):
    """How many worlds were seen; with a complaint, the shortest way to it."""

    worlds: int
    complaint: str | None = None
    trace: tuple[str, ...] = ()


def explore(said: tuple[str, ...], *, faults_at_most: int, without: str | None = None) -> Explored:
    """Every interleaving of what people say and what goes wrong, up to the first complaint."""
    start = World(said, faults_at_most)
    guards, trail, queue = GUARDS - {without}, Trail({start: ("", None)}), [start]
    for world in queue:
        usual = list(steps(world, guards))
        stuck = None if usual or is_at_rest(world) else "stuck"
        if found := complaint(world, frozenset(said)) or stuck:
            return Explored(len(trail), found, _trace(trail, world))
        for name, after in [*usual, *(faults(world) if world.faults else ())]:
            if after not in trail:
                trail[after] = name, world
                queue.append(after)
    return Explored(len(trail))


def complaint(world: World, said: frozenset[str]) -> str | None:
    """What must not be at any moment, of these words."""
    stored = [words for _seq, words in world.rows]
    if len(stored) != len(set(stored)):
        return "doubled"
    if said - set(stored) - set(world.outbox):
        return "acknowledged and lost"
    if world.shown != {words for seq, words in world.rows if seq <= world.cursor}:
        return "a hole in the list"
    return None


def is_at_rest(world: World) -> bool:
    """How it all has to end: nothing waits, and the reader has what is stored."""
    return not world.outbox and world.cursor == world.head


def _trace(trail: Trail, world: World) -> tuple[str, ...]:
    name, former = trail[world]
    return (*_trace(trail, former), name) if former is not None else ()
