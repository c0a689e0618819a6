"""Posts of this process that wait for the same room go into one commit; the sockets' way to the action."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from chat import actions
from chat.actions import Post, Posted
from chat.errors import Unavailable
from chat.live.hub import Hub
from chat.outage import is_outage

BATCH = 32
UNDER_WAY = 8  # posts of one socket that may wait for their answers: it fills no batch alone
TURNS = 4  # of the loop before a commit: who posts in the same moment shares it, instead of waiting it out

log = logging.getLogger(__name__)

Answer = asyncio.Future[Posted]
Waiting = tuple[Post, Answer]


# While one commit of a room is under way, the next posts gather behind it; an empty room has no entry.
_waiting: dict[tuple[Hub, int], list[Waiting]] = {}


class Line:
    """What one socket has posted and is not answered for yet, in the order sent: all of it to one room."""

    def __init__(self) -> None:
        self._room_id = 0
        self._answers: list[Answer] = []

    async def admit(self, room_id: int) -> None:
        """Waits until a post to this room can stand behind the others without overtaking any."""
        self._answers = [answer for answer in self._answers if not answer.done()]
        if room_id != self._room_id or len(self._answers) >= UNDER_WAY:
            await self.answered()
        self._room_id = room_id

    def add(self, answer: Answer) -> None:
        self._answers.append(answer)

    async def answered(self) -> None:
        """Waits until nothing is under way; the posts of one room are answered in their order."""
        if self._answers and not self._answers[-1].done():
            await asyncio.wait(self._answers[-1:])


def post_message(hub: Hub, room_id: int, post: Post) -> Answer:
    """Its result is a ChatError's, or whatever the database raises, when it is not posted."""
    answer: Answer = hub.loop.create_future()
    if (hub, room_id) in _waiting:
        _waiting[hub, room_id].append((post, answer))
    else:
        _waiting[hub, room_id] = [(post, answer)]
        hub.posting[room_id] = hub.spawn(_serve(hub, room_id))
    hub.posts_waiting += 1
    return answer


async def _serve(hub: Hub, room_id: int) -> None:
    queue = _waiting[hub, room_id]
    try:
        while queue:
            for _turn in range(TURNS if len(queue) < BATCH else 0):
                await asyncio.sleep(0)
            batch = queue[:BATCH]
            del queue[:BATCH]
            await _commit(hub, room_id, batch)
    finally:
        del _waiting[hub, room_id], hub.posting[room_id]
        for _post, answer in queue:
            answer.cancel()


async def _commit(hub: Hub, room_id: int, batch: Sequence[Waiting]) -> None:
    posts = [post for post, _answer in batch]
    answers: Sequence[Posted | Exception]
    try:
        answers = await hub.commands.run(actions.post_messages, room_id=room_id, posts=posts)
    except Exception as error:
        if len(batch) > 1 and not is_outage(error) and not isinstance(error, Unavailable):
            # One post may have spoiled it for all: each gets a commit of its own. A database that is locked or hangs
            # would let each of them wait as long once more.
            log.warning("a commit of %d posts failed; they are posted one by one: %r", len(batch), error)
            for post, one in batch:
                await _commit(hub, room_id, [(replace(post, is_counted=True), one)])
            return
        answers = [error] * len(batch)
    hub.posts_waiting -= len(batch)
    for (_post, waiting), answer in zip(batch, answers, strict=True):
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)
