"""`./run bench scale`: docs/scale.md, what one process, one machine and ten carry, from docs/bench/costs.json."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import report

WORDS = Path(__file__).with_suffix(".md")
COSTS, PAGE = report.FOLDER / "costs.json", report.FOLDER.parent / "scale.md"
PARTS = ("process", "database", "redis")
NAMES = {"process": "processes", "database": "PostgreSQL", "redis": "Redis", "memory": "memory"}

# How people are taken to behave while they are there.
SAYING = 60.0  # seconds between two messages of one person
PAGING = 300.0  # … between two pages
COMING = 1800.0  # … between two arrivals: a laptop opened, a network changed
ROOMS = 5  # rooms of each person, one of them open
LOAD = 0.5  # of each processor: the rest is for what comes in bursts
PROCESS_MIB = 2048  # for one process
SIZES = (5, 20, 100, 500, 2_000, 10_000)  # people who have a room open


@dataclass(frozen=True)
class House:
    """What there is: server processes, cores of the database. What is not built: `told`, the bell brings the ids that
    badges count, so that nobody reads them; `together`, those who have a room open are in one process."""

    name: str
    processes: int
    database: float
    told: bool = False
    together: bool = False


HOUSES = (
    House("one process", 1, 1),
    House("one machine", 6, 1.5),
    House("ten machines", 64, 8),
    House("… with ids in the bell", 64, 8, told=True),
    House("… and rooms kept together", 64, 8, told=True, together=True),
)
ONE, TEN = HOUSES[1], HOUSES[2]
ON_A_MACHINE = 8  # server processes


@dataclass(frozen=True)
class Costs:
    """Seconds of processor time. `said`: of a message by itself; `beside`: of one more process with members of its
    room, none of whom has it open; `opened`: of one where somebody has; `delivery`: of one reader."""

    said: dict[str, float]
    beside: dict[str, float]
    opened: dict[str, float]
    delivery: float
    page: dict[str, float]
    arrival: dict[str, float]
    quiet: dict[str, float]  # in a second
    socket: float  # KiB

    @classmethod
    def measured(cls, found: dict[str, float]) -> "Costs":
        def of(act: str) -> dict[str, float]:
            one = {name: found[f"{act}.{name}"] / 1e6 for name in ("writer", "reader", "database", "redis")}
            return {"process": one["writer"] + one["reader"], "database": one["database"], "redis": one["redis"]}

        def more(act: str) -> dict[str, float]:
            return {name: max(0.0, spent - said[name]) for name, spent in of(act).items()}

        said = {**of("nobody"), "process": found["nobody.writer"] / 1e6}
        delivery = (found["many.reader"] - found["few.reader"]) / 1e6 / (200 - 10)
        beside = {**more("closed"), "process": found["closed.reader"] / 1e6}
        opened = {**more("few"), "process": found["few.reader"] / 1e6 - 10 * delivery}
        alone = {act: {**of(act), "process": found[f"{act}.reader"] / 1e6} for act in ("page", "arrival", "quiet")}
        return cls(said, beside, opened, delivery, **alone, socket=found["socket"])


def touched(people: float, processes: int) -> float:
    """In how many processes at least one of so many people is, when each came to any of them by chance."""
    return processes * (1 - (1 - 1 / processes) ** people)


def message(costs: Costs, house: House, size: int, part: str) -> float:
    """Seconds of processor time for one message in a room that `size` people have open, of `ROOMS` times as many."""
    opened = 1.0 if house.together else touched(size, house.processes)
    beside = 0.0 if house.told else touched(size * ROOMS, house.processes) - opened
    delivered = size * costs.delivery if part == "process" else 0.0
    return costs.said[part] + opened * costs.opened[part] + beside * costs.beside[part] + delivered


def person(costs: Costs, house: House, size: int, part: str) -> float:
    """Share of a processor that one person takes."""
    return message(costs, house, size, part) / SAYING + costs.page[part] / PAGING + costs.arrival[part] / COMING


def carried(costs: Costs, house: House, size: int) -> dict[str, float]:
    """How many people each part could bear."""
    free = {
        "process": house.processes * (LOAD - costs.quiet["process"]),
        "database": house.database * LOAD - house.processes * costs.quiet["database"],
        "redis": LOAD - house.processes * costs.quiet["redis"],
    }
    people = {part: free[part] / max(1e-12, person(costs, house, size, part)) for part in free}
    return {**people, "memory": house.processes * PROCESS_MIB * 1024 / costs.socket}


def loudest(costs: Costs, house: House, size: int) -> dict[str, float]:
    """Messages a second that each part could bear in one room, when it is all there is."""
    readers = size if house.together else size / house.processes
    spent = {part: message(costs, house, size, part) for part in ("database", "redis")}
    # The process where they are said is one for all of them at worst, and has readers as well.
    spent["process"] = costs.said["process"] + costs.opened["process"] + readers * costs.delivery
    cores = {"process": 1.0, "database": house.database, "redis": 1.0}
    return {part: LOAD * cores[part] / max(1e-12, spent[part]) for part in spent}


def returning(costs: Costs, house: House, size: int, processes: int) -> float:
    """Seconds of work, at full load, until those of so many dead processes are back on the others."""
    people = min(carried(costs, house, size).values()) * processes / house.processes
    left = house.processes - processes
    busy = {"process": left, "database": house.database}
    return max(people * costs.arrival[part] / ((1 - LOAD) * busy[part]) for part in busy)


# --- As a page


def page(found: dict[str, Any]) -> str:
    """The whole of docs/scale.md."""
    costs = Costs.measured(found["costs"])
    return WORDS.read_text().format(
        machine=f"{found['machine']}, {found['date'][:10]}, {found['commit']}",
        process=f"{found['costs']['process']:.0f}",
        costs=cost_table(costs),
        people=grid(lambda house, size: most(carried(costs, house, size))),
        rates=grid(lambda house, size: most(loudest(costs, house, size))),
        example=example(costs),
        database=database_table(costs),
        returns=return_table(costs),
        spread=spread(costs),
        bell=rounded(carried(costs, TEN, 20)["redis"]),
        stores=rounded(TEN.database * LOAD / costs.said["database"]),
        paging_seconds=f"{PAGING:g}",
        coming_seconds=f"{COMING:g}",
        saying=f"{SAYING:g}",
        paging=f"{PAGING / 60:g}",
        coming=f"{COMING / 60:g}",
        rooms=ROOMS,
        load=f"{LOAD:.0%}",
        memory=f"{PROCESS_MIB / 1024:g}",
        kib=f"{costs.socket:.0f}",
    )


def most(parts: dict[str, float]) -> str:
    """The figure at which the first part is full, and which that is."""
    part = min(parts, key=lambda name: parts[name])
    return f"{rounded(parts[part])} {NAMES[part]}"


def rounded(number: float) -> str:
    """To two digits: the assumptions carry no more."""
    digits = max(0, len(str(int(number))) - 2)
    return f"{round(number, -digits):,.0f}" if number >= 10 else f"{number:.1f}"


def grid(cell: Callable[[House, int], str]) -> str:
    lines = [f"| have the room open | {' | '.join(house.name for house in HOUSES)} |", "|---:|" + "---:|" * len(HOUSES)]
    lines += [f"| {size:,} | {' | '.join(cell(house, size) for house in HOUSES)} |" for size in SIZES]
    return "\n".join(lines)


def cost_table(costs: Costs) -> str:
    rows = {
        "a message, by itself": costs.said,
        "… for each further process with members connected, none with the room open": costs.beside,
        "… for each process where somebody has the room open": costs.opened,
        "… for each of these": {"process": costs.delivery},
        "a page": costs.page,
        "an arrival": costs.arrival,
        "a second in which nothing is said": costs.quiet,
    }
    lines = ["| µs | server processes | PostgreSQL | Redis |", "|---|---:|---:|---:|"]
    for words, spent in rows.items():
        figures = [f"{spent.get(part, 0) * 1e6:,.{0 if spent.get(part, 0) > 1e-5 else 1}f}" for part in PARTS]
        lines.append(f"| {words} | {' | '.join(figures)} |")
    return "\n".join(lines)


def example(costs: Costs) -> str:
    """The sum for one cell, written out."""
    house, size = ONE, 20
    opened = touched(size, house.processes)
    beside = touched(size * ROOMS, house.processes) - opened
    said, one, other = (spent["database"] * 1e6 for spent in (costs.said, costs.opened, costs.beside))
    total = message(costs, house, size, "database") * 1e6
    each = person(costs, house, size, "database") * 1e6
    still = house.processes * costs.quiet["database"]
    free = house.database * LOAD - still
    return (
        f"PostgreSQL on {house.name}, rooms of {size}. Its readers are in {opened:.1f} of {house.processes} processes, "
        f"its {size * ROOMS} members in {opened + beside:.1f}, so a message takes {said:,.0f} + {opened:.1f} × "
        f"{one:,.0f} + {beside:.1f} × {other:,.0f} = {total:,.0f} µs, and a person {total:,.0f} / {SAYING:g} + "
        f"{each - total / SAYING:,.0f} for pages and arrivals = {each:,.0f} µs a second. Of {house.database:g} cores "
        f"{LOAD:.0%} is {house.database * LOAD:g}; less {still:.3f} for processes that look there for news, "
        f"{free:.2f} s are left in each second: enough for {rounded(free / each * 1e6)} people."
    )


def spread(costs: Costs) -> str:
    """How much of what PostgreSQL does for a message of a small room is reading it again."""
    house, size = TEN, 20
    whole = message(costs, house, size, "database")
    return (
        f"of the {whole * 1e6:,.0f} µs that a message in a room of {size} takes there on {house.name}, "
        f"{1 - costs.said['database'] / whole:.0%} is reading it again in "
        f"{touched(size * ROOMS, house.processes):.0f} processes"
    )


def database_table(costs: Costs) -> str:
    """What PostgreSQL does for the people of ten machines, in per cent."""
    house = TEN
    lines = ["| have the room open | storing | live reading | pages and arrivals |", "|---:|---:|---:|---:|"]
    for size in SIZES[:4]:
        whole, said = person(costs, house, size, "database"), costs.said["database"] / SAYING
        reading = message(costs, house, size, "database") / SAYING - said
        shares = [f"{share / whole:.0%}" for share in (said, reading, whole - said - reading)]
        lines.append(f"| {size:,} | {' | '.join(shares)} |")
    return "\n".join(lines)


def return_table(costs: Costs) -> str:
    lines = ["| | people | seconds of work |", "|---|---:|---:|"]
    for name, house, processes in (
        ("one of six processes on one machine", ONE, 1),
        ("one of eight machines", TEN, ON_A_MACHINE),
    ):
        people = min(carried(costs, house, 20).values()) * processes / house.processes
        lines.append(f"| {name} | {rounded(people)} | {rounded(returning(costs, house, 20, processes))} |")
    return "\n".join(lines)


def write() -> Path:
    PAGE.write_text(page(json.loads(COSTS.read_text())))
    return PAGE


def main(words: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="./run bench scale", description=__doc__).parse_args(words)
    report.say(write().read_text())
    return 0
