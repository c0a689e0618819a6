"""Whether a run counts: every reader and the history must have each message once, and in order."""

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.contestants import Contestant

MARKER_LENGTH = 29  # m, 8 digits, t, 19 digits


class Failed(Exception):
    """A message was lost, doubled or reordered, or the history differs: whatever the speed, the run does not count."""


def check(contestant: "Contestant", sent: dict[bytes, int], seen: list[list[bytes]]) -> None:
    """Raises Failed. `sent`: each marker's poster; `seen`: the markers that reached each place, in order."""
    said: defaultdict[int, set[bytes]] = defaultdict(set)
    for marker, poster in sent.items():
        said[contestant.room_of(poster)].add(marker)
    for place, markers in enumerate(seen):
        _check_each(f"{contestant.name}: reader {place}", markers, said[contestant.room_of(place)])
        _check_order(f"{contestant.name}: reader {place}", markers, sent)
    if contestant.stores:
        for number in range(len(contestant.rooms)):
            _check_history(contestant, number, said[number], seen)


def _check_each(who: str, markers: list[bytes], said: set[bytes]) -> None:
    if len(markers) != len(said) or set(markers) != said:
        missing, doubled = len(said - set(markers)), len(markers) - len(set(markers))
        raise Failed(f"{who} misses {missing} of {len(said)} messages and has {doubled} twice")


def _check_order(who: str, markers: list[bytes], sent: dict[bytes, int]) -> None:
    """Each poster's messages in the order they were sent; markers sort by their number."""
    latest: dict[int, bytes] = {}
    for marker in markers:
        poster = sent[marker]
        if latest.get(poster, b"") > marker:
            raise Failed(f"{who} got {marker!r} after {latest[poster]!r}")
        latest[poster] = marker


def _check_history(contestant: "Contestant", number: int, said: set[bytes], seen: list[list[bytes]]) -> None:
    stored = [text[:MARKER_LENGTH].encode() for text in contestant.history(number)]
    history = [marker for marker in stored if marker in said]
    _check_each(f"{contestant.name}: the history", history, said)
    readers = [markers for place, markers in enumerate(seen) if contestant.room_of(place) == number]
    if contestant.exact_order and any(markers != history for markers in readers):
        raise Failed(f"{contestant.name}: a reader saw another order than the history has")
