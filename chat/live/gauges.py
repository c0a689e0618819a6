"""How full the hub is just now, looked at twice a second: what cannot be counted as it happens."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chat import metrics

if TYPE_CHECKING:
    from chat.live.hub import Hub

SECONDS = 0.5

WHILE_THERE_IS_A_HUB = (
    *(metrics.SOCKETS, metrics.PEOPLE, metrics.ROOMS, metrics.BEHIND, metrics.LAGGING, metrics.UNSENT),
    *metrics.DEPTH.values(),
    *(metrics.HEARS, metrics.LOOP),
)


def measure(hub: "Hub") -> Callable[[], Awaitable[None]]:
    """To be called every SECONDS; how much later it is called is how late the loop is."""
    due = hub.now() + SECONDS

    async def look() -> None:
        nonlocal due
        now = hub.now()
        metrics.LOOP.set(max(0.0, now - due))
        due = now + SECONDS
        look_at(hub)

    return look


def look_at(hub: "Hub") -> None:
    feeds, lagging = list(hub.feeds.values()), hub.lagging()
    metrics.SOCKETS.set(hub.connected)
    metrics.PEOPLE.set(len(hub.people))
    metrics.ROOMS.set(len(feeds))
    metrics.BEHIND.set(sum(0 <= feed.position < feed.target for feed in feeds))
    metrics.LAGGING.set(len(lagging))
    metrics.UNSENT.set(sum(socket.writer.unsent() for socket in lagging))
    metrics.DEPTH["commands"].set(hub.commands.depth)
    metrics.DEPTH["openings"].set(hub.openings.depth)
    metrics.DEPTH["reads"].set(hub.reads.depth)
    metrics.DEPTH["posts"].set(hub.posts_waiting)
    metrics.HEARS.set(hub.ear.hears)


def clear() -> None:
    """The last socket has gone, and the hub with it."""
    for gauge in WHILE_THERE_IS_A_HUB:
        gauge.set(0)
