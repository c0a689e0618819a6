"""The live path in small and its faults; second nets (heads in a pong, a last look when opening) are left out."""

from collections.abc import Iterator
from typing import NamedTuple

GUARDS = frozenset({"dedupe key", "position check", "attach before read", "head before rows", "number under lock"})
Rows = tuple[tuple[int, str], ...]  # (seq, client_id) in the order of the commits


class Command(NamedTuple):
    """A post in the writers' process; `is_heard`: its line stands, so that the answer arrives."""

    words: str
    seq: int = 0
    is_stored: bool = False
    is_heard: bool = True


class Read(NamedTuple):
    """A read of (after, head], in two halves; with both it is what goes over the line."""

    after: int
    head: int = -1
    rows: Rows | None = None

    @property
    def is_done(self) -> bool:
        return self.head >= 0 and self.rows is not None


class World(NamedTuple):
    outbox: tuple[str, ...]  # not answered yet; each by another author
    faults: int  # that may still come
    rows: Rows = ()
    commands: tuple[Command, ...] = ()
    bell: int = 0  # rung and not heard: the highest seq, since rings are bundled
    position: int = 0  # of the readers' process, and how far it knows the log to go
    target: int = 0
    reading: Read | None = None
    is_open: bool = False  # the reader's socket: how far it was told, its own read, what others get meanwhile
    told: int = 0
    own: Read | None = None
    held: tuple[Read, ...] = ()
    is_deaf: bool = False  # its line swallows all
    cursor: int = 0  # the reader's list
    shown: frozenset[str] = frozenset()

    @property
    def head(self) -> int:
        return max((seq for seq, _words in self.rows), default=0)

    def closed(self) -> "World":
        return self._replace(is_open=False, told=0, own=None, held=(), is_deaf=False)


Step = tuple[str, World]


def steps(world: World, guards: frozenset[str]) -> Iterator[Step]:
    """Everything that may happen next by itself."""
    for words in world.outbox:
        if not any(command.words == words and command.is_heard for command in world.commands):
            yield f"send {words}", replaced(world, None, Command(words))
    for command in world.commands:
        yield written(world, command, guards)
    if world.bell:
        yield "ring", world._replace(bell=0, target=max(world.target, world.bell))
    if "position check" in guards and world.head > world.target:
        yield "compare positions", world._replace(target=world.head)
    if world.reading is not None or world.position < world.target:
        yield fed(world, read_on(world, world.reading or Read(world.position), guards), guards)
    if not world.is_open:
        yield "connect", world._replace(is_open=True, own=Read(world.cursor))
    elif world.own is not None:
        yield "own read", opened(world, read_on(world, world.own, guards))
    if world.is_deaf:
        yield "notice", world.closed()


def replaced(world: World, old: Command | None, *new: Command) -> World:
    return world._replace(commands=tuple(sorted([*(one for one in world.commands if one is not old), *new])))


def written(world: World, command: Command, guards: frozenset[str]) -> Step:
    words, seq, is_stored, is_heard = command
    if is_stored:
        outbox = tuple(one for one in world.outbox if one != words or not is_heard)
        return f"ok {words}", replaced(world, command)._replace(outbox=outbox, bell=max(world.bell, seq))
    if not seq and "dedupe key" in guards and words in (said for _seq, said in world.rows):
        return f"find {words}", replaced(world, command, command._replace(is_stored=True))
    numbered = command._replace(seq=seq or 1 + max(world.head, *(other.seq for other in world.commands)))
    if not seq and "number under lock" not in guards:
        return f"number {words}", replaced(world, command, numbered)
    stored = replaced(world, command, numbered._replace(is_stored=True))
    return f"commit {words} as {numbered.seq}", stored._replace(rows=(*world.rows, (numbered.seq, words)))


def read_on(world: World, read: Read, guards: frozenset[str]) -> Read:
    """One half; before the other the database may change."""
    if read.head < 0 and (read.rows is not None or "head before rows" in guards):
        return read._replace(head=world.head)
    return read._replace(rows=tuple(row for row in world.rows if read.after < row[0] and not -1 < read.head < row[0]))


def fed(world: World, chapter: Read, guards: frozenset[str]) -> Step:
    if not chapter.is_done:
        return "feed begins", world._replace(reading=chapter)
    world = world._replace(reading=None, position=chapter.head)
    if world.own is not None and "attach before read" in guards:
        return "feed is held", world._replace(held=(*world.held, chapter))
    return "feed is told", given(world, chapter) if world.is_open and world.own is None else world


def opened(world: World, own: Read) -> World:
    """The answer to room.open goes out, then what was held meanwhile."""
    if not own.is_done:
        return world._replace(own=own)
    world, held = world._replace(own=None, held=(), told=own.after), world.held
    for chapter in (own, *held):
        world = given(world, chapter)
    return world


def given(world: World, chapter: Read) -> World:
    """Over the line, and into the list; who is behind, the socket or the client, reads from its cursor."""
    if chapter.head <= world.told or chapter.after > world.told:
        return world if chapter.head <= world.told else world._replace(own=Read(world.told))
    world = world._replace(told=chapter.head)
    if world.is_deaf or chapter.after > world.cursor:
        return world if world.is_deaf else world._replace(own=Read(world.cursor), held=())
    shown = world.shown | {words for _seq, words in chapter.rows or ()}
    return world._replace(cursor=max(world.cursor, chapter.head), shown=shown)


def faults(world: World) -> Iterator[Step]:
    """Everything that may go wrong next."""
    world = world._replace(faults=world.faults - 1)
    if world.bell:
        yield "the bell is lost", world._replace(bell=0)
    for command in world.commands:
        if command.is_heard:
            yield f"line of {command.words} cut", replaced(world, command, command._replace(is_heard=False))
            yield f"{command.words} sent again", replaced(world, None, Command(command.words))
    if world.commands:
        yield "writers killed", world._replace(commands=())
    if world.is_open:
        yield "line of the reader cut", world.closed()
        yield "line of the reader deaf", world._replace(is_deaf=True)
        yield "readers killed", world.closed()._replace(reading=None, position=world.head, target=world.head)
