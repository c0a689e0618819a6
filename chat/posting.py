"""Posts of this process that wait for the same room go into one commit; the sockets' way to the action."""

import asyncio
import logging
from collections.abc import Sequence

from chat import actions
from chat.actions import Post, Posted
from chat.live.hub import Hub
from chat.outage import is_outage

BATCH = 32

log = logging.getLogger(__name__)

Waiting = tuple[Post, "asyncio.Future[Posted]"]


# While one commit of a room is under way, the next posts gather behind it; an empty room has no entry.
_waiting: dict[tuple[Hub, int], list[Waiting]] = {}


async def post_message(hub: Hub, room_id: int, post: Post) -> Posted:
    """Raises ChatError, and whatever the database raises."""
    answer: asyncio.Future[Posted] = hub.loop.create_future()
    if (hub, room_id) in _waiting:
        _waiting[hub, room_id].append((post, answer))
    else:
        _waiting[hub, room_id] = [(post, answer)]
        hub.spawn(_serve(hub, room_id))
    hub.posts_waiting += 1
    try:
        return await answer
    finally:
        hub.posts_waiting -= 1


async def _serve(hub: Hub, room_id: int) -> None:
    queue = _waiting[hub, room_id]
    try:
        while queue:
            batch = queue[:BATCH]
            del queue[:BATCH]
            await _commit(hub, room_id, batch)
    finally:
        del _waiting[hub, room_id]
        for _post, answer in queue:
            answer.cancel()


async def _commit(hub: Hub, room_id: int, batch: Sequence[Waiting]) -> None:
    posts = [post for post, _answer in batch]
    answers: Sequence[Posted | Exception]
    try:
        answers = await hub.commands.run(actions.post_messages, room_id=room_id, posts=posts)
    except Exception as error:
        if len(batch) > 1 and not is_outage(error):
            # One post may have spoiled it for all: each gets a commit of its own. A database that is locked would
            # let each of them wait as long once more.
            log.warning("a commit of %d posts failed; they are posted one by one: %r", len(batch), error)
            for one in batch:
                await _commit(hub, room_id, [one])
            return
        answers = [error] * len(batch)
    for (_post, waiting), answer in zip(batch, answers, strict=True):
        _settle(waiting, answer)


def _settle(waiting: "asyncio.Future[Posted]", answer: Posted | Exception) -> None:
    if waiting.done():
        return  # its socket has gone; what was committed stays
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
