"""The play itself: six people talk, the schedule strikes, all is mended, everybody settles, the judge speaks."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from chat.tests.chaos import oracle
from chat.tests.chaos.client import Client
from chat.tests.chaos.diary import Diary, Finding
from chat.tests.chaos.faults import NotAsMeant
from chat.tests.chaos.record import Record, install, read_record
from chat.tests.chaos.schedule import Strike
from chat.tests.chaos.settling import Unsettled, settle
from chat.tests.chaos.stage import Stage
from chat.tests.chaos.watch import Watch, at_rest, troubles, watching
from chatsite.testing import PASSWORD

PEOPLE = ("ada", "bo", "chiara", "dmitri", "elif", "fern")
ROOM = "harbour"  # where all of them are
WARM_UP = 1.0  # seconds of talk before the first strike
LATE = 5.0  # seconds after the last planned strike in which a track that lags may still begin one
BACK_WITHIN = 10.0  # seconds that the next strike waits for half of the people
SETTLED_WITHIN = 60.0  # seconds from the end of the last fault

Say = Callable[[str], None]


@dataclass
class Struck:
    """A strike as it went; times as time.time() tells them. `trouble`: in what way it was not as meant."""

    strike: Strike
    began: float
    ended: float = 0.0
    trouble: str = ""
    recovery: float | None = None  # seconds from its end until all had shown something said after it


@dataclass
class Played:
    """What the report is made of."""

    watch: Watch
    diaries: list[Diary]
    record: Record = field(default_factory=Record)
    struck: list[Struck] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0  # all told


class Play:
    """One run on a standing stage; `progress` hears a line each second."""

    def __init__(self, stage: Stage, seed: int, plan: Sequence[Sequence[Strike]], progress: Say) -> None:
        self.stage, self.plan, self.progress = stage, plan, progress
        self.clients = [
            Client(handle, PASSWORD, stage.addresses, random.Random(f"{seed} {handle}")) for handle in PEOPLE
        ]
        self.played = Played(Watch(stage), [client.diary for client in self.clients])
        self.under_way: list[str] = []

    async def run(self) -> Played:
        """What chaos did wrong is among the findings, never raised."""
        install(self.stage.database)
        self.began = time.monotonic()
        # Not asyncio's own threads: a fault that waits must not wait behind what the clients ask for.
        with ThreadPoolExecutor(len(self.plan) + 1) as self.hands:
            try:
                async with watching(self.played.watch), self._progressing():
                    await self._perform()
                    self.played.findings += await at_rest(self.stage)
            except asyncio.CancelledError:
                self.stage.stop()  # a hand may be waiting for something that will not come any more
                raise
        self._judge()
        self.played.seconds = time.monotonic() - self.began
        return self.played

    async def _perform(self) -> None:
        async with AsyncExitStack() as lines:
            await asyncio.gather(*(lines.enter_async_context(client) for client in self.clients))
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as talk:
                for client in self.clients:
                    talk.create_task(client.run(stop))
                await asyncio.sleep(WARM_UP)
                await self._strike_all(time.monotonic())
                stop.set()
            await self._by_hand(self.stage.calm)
            try:
                await settle(self.clients, self.stage.database, SETTLED_WITHIN)
            except Unsettled as reason:
                self.played.findings.append(Finding("stuck", str(reason)))

    # --- The strikes

    async def _strike_all(self, began: float) -> None:
        async with asyncio.TaskGroup() as tracks:
            for strikes in self.plan:
                tracks.create_task(self._strike_in_turn(strikes, began))

    async def _strike_in_turn(self, strikes: Sequence[Strike], began: float) -> None:
        end = began + max((strike.at for track in self.plan for strike in track), default=0.0)
        for strike in strikes:
            await asyncio.sleep(max(0.0, began + strike.at - time.monotonic()))
            await self._until_they_are_back()
            if time.monotonic() > end + LATE:
                return  # a slow machine strikes less often, but not longer
            await self._strike(strike)

    async def _until_they_are_back(self) -> None:
        """A site to which nobody has come back yet would be struck for nothing; a slow machine makes them late."""
        until = time.monotonic() + BACK_WITHIN
        while 2 * self._here() < len(self.clients) and time.monotonic() < until:
            await asyncio.sleep(0.05)

    async def _strike(self, strike: Strike) -> None:
        struck, kind = Struck(strike, time.time()), strike.fault.kind
        self.under_way.append(kind)
        try:
            await self._by_hand(strike.fault.begin)
            await asyncio.sleep(strike.fault.seconds)
        except NotAsMeant as reason:
            struck.trouble = str(reason)
        await self._by_hand(strike.fault.end)
        self.under_way.remove(kind)
        struck.ended = time.time()
        self.played.struck.append(struck)

    async def _by_hand(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self.hands, work)

    # --- What is told of it

    @asynccontextmanager
    async def _progressing(self) -> AsyncIterator[None]:
        async def tell() -> None:
            while True:
                self.progress(self._line())
                await asyncio.sleep(1)

        task = asyncio.create_task(tell())
        try:
            yield
        finally:
            task.cancel()

    def _line(self) -> str:
        said = sum(len(diary.posts) for diary in self.played.diaries)
        acked = sum(len(list(diary.acked)) for diary in self.played.diaries)
        strikes = f"{len(self.played.struck)} faults; now {', '.join(self.under_way) or 'quiet'}"
        return f"{time.monotonic() - self.began:5.0f} s  {self._here()} connected, {acked} of {said} acked, {strikes}"

    def _here(self) -> int:
        return sum(client.is_connected for client in self.clients)

    def _judge(self) -> None:
        played = self.played
        played.record = read_record(self.stage.database)
        faults = [(struck.began, struck.ended) for struck in played.struck]
        room = next(room.id for room in played.record.rooms.values() if room.slug == ROOM)
        for struck in played.struck:
            struck.recovery = oracle.recovery(struck.ended, played.diaries, played.record, room, faults)
        played.findings += [
            *(Finding("fault", f"{one.strike.fault.kind}: {one.trouble}") for one in played.struck if one.trouble),
            *oracle.judge(played.diaries, played.record, faults, oracle.SOON * oracle.crowding()),
            *played.watch.findings(),
            *troubles(self.stage),
        ]
