"""What is misconfigured, in plain words, each with what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from chatsite.logs import describe


class Level(Enum):
    OK = "ok"
    LOOK = "LOOK"  # may be meant
    WRONG = "WRONG"  # something does not work, or is not safe


@dataclass(frozen=True)
class Finding:
    level: Level
    what: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def look(what: str, advice: str = "") -> Finding:
    return Finding(Level.LOOK, what, advice)


def wrong(what: str, advice: str = "") -> Finding:
    return Finding(Level.WRONG, what, advice)


def examine() -> Iterator[Finding]:
    """Every check in order; one that fails itself is a finding, and keeps no other from being made."""
    from chatsite.doctor import addresses, place, servers, site

    for check in (*place.CHECKS, *addresses.CHECKS, *servers.CHECKS, *site.CHECKS):
        try:
            yield from check()
        except Exception as error:
            name = check.__name__.replace("_", " ")
            yield wrong(_("“%(check)s” could not be checked: %(error)s") % {"check": name, "error": describe(error)})
