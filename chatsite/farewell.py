"""How the server ends: nobody new is let in, what is under way is finished, sockets are told one after the other."""

import asyncio
import random
import signal
import time
from typing import Any

from twisted.internet import reactor

from chatsite.websocket import SocketProtocol

GOODBYES_A_SECOND = 200  # sockets told in a second: they come back elsewhere, and must not come all at once
LONGEST_SPREAD = 6.0  # seconds; past 1,200 sockets more are told in each
TICK = 0.02
BACKLOG = 1024
SETTLE_TIME = 0.1  # seconds in which a request that is on its way begins to arrive
NEWCOMER_TIME = 1.0  # seconds from being let in to the first word: a proxy on a busy machine dawdles in between
FINISH_TIME = 5.0  # seconds for requests and applications to end by themselves, once all sockets are told
FLUSH_TIME = 1.0  # seconds for what they wrote to leave
CANCEL_TIME = 2.0  # seconds for cancelled ones
HASTE_TIME = 1.0  # seconds for all of it, once somebody asks again
ECHO_TIME = 0.5  # seconds in which a second signal is the first one's echo: Ctrl-C reaches a worker and its parent
LAST_RESORT = 16.0  # seconds after which a stop no longer waits for threads that hang; systemd gives us 30


ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def hear_no_more() -> None:
    """On the way out: one more signal must not end with its own code what has ended well."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def is_new(reader: Any, now: float) -> bool:
    """Whether this is a line let in a moment ago that has not said a word: its request is on its way."""
    line: Any = getattr(reader, "protocol", None)
    is_silent = getattr(line, "_negotiatedProtocol", b"something was said") is None
    return is_silent and now - line.let_in < NEWCOMER_TIME


class Farewell:
    """`ports` listen, `connections` is Daphne's account of them. Used on the server's loop."""

    def __init__(self, ports: list[Any], connections: dict[Any, dict[str, Any]]) -> None:
        self.ports, self.connections = ports, connections
        self.began = time.monotonic()
        self.hastened: float | None = None  # monotonic

    def hasten(self) -> None:
        """Somebody asked again: he does not want to wait."""
        now = time.monotonic()
        if self.hastened is None and now - self.began > ECHO_TIME:
            self.hastened = now

    async def say(self) -> None:
        self.close_the_door()
        await self.tell_sockets()
        told = time.monotonic()
        await asyncio.sleep(max(0.0, self.began + SETTLE_TIME - told))
        while self.busy(time.monotonic() - told):
            await asyncio.sleep(TICK)
        for unheard in self.sockets():
            unheard.say_restarting()
        await self.flush()
        await self.gather_rest()

    def close_the_door(self) -> None:
        """Who has been let into the kernel's queue has been let in: closing it would be a reset for him."""
        for port in self.ports:
            port.numberAccepts = BACKLOG
            port.doRead()
            port.stopListening()
            # Twisted would do it in the loop's next round, and whoever came meanwhile would be reset.
            port.socket.close()

    async def tell_sockets(self) -> None:
        """In no order, and over some time when they are many; the others go on talking meanwhile."""
        waiting = self.sockets()
        random.shuffle(waiting)
        count, seconds = len(waiting), min(LONGEST_SPREAD, len(waiting) / GOODBYES_A_SECOND)
        while waiting:
            passed = seconds if self.hastened else time.monotonic() - self.began
            due = count if passed >= seconds else int(count * passed / seconds) + 1
            while waiting and count - len(waiting) < due:
                waiting.pop().leave()
            if waiting:
                await asyncio.sleep(TICK)
        for late in self.sockets():
            late.leave()

    # --- What is still under way

    def sockets(self) -> list[SocketProtocol]:
        return [protocol for protocol in self.connections if isinstance(protocol, SocketProtocol)]

    def busy(self, waited: float) -> bool:
        """Whether somebody still has to answer or to be answered, and may."""
        now = time.monotonic()
        if waited > FINISH_TIME or (self.hastened and now - self.hastened > HASTE_TIME):
            return False
        return (
            any(self.is_open(protocol, now) for protocol in self.connections)
            or any(not application.done() for application in self.applications())
            or any(is_new(reader, now) for reader in reactor.getReaders())
        )

    def is_open(self, protocol: Any, now: float) -> bool:
        """A request whose answer is not written, or a socket whose peer may still say goodbye."""
        if self.connections[protocol].get("disconnected"):
            return False
        return not isinstance(protocol, SocketProtocol) or now < protocol.waits_until

    def applications(self) -> list[asyncio.Future[Any]]:
        running = (details.get("application_instance") for details in self.connections.values())
        return [application for application in running if application is not None]

    # --- The end

    async def flush(self) -> None:
        """The last answers may lie in Twisted's buffers when their applications have ended: let them leave."""
        until = time.monotonic() + FLUSH_TIME
        while reactor.getWriters() and time.monotonic() < until:
            await asyncio.sleep(TICK)

    async def gather_rest(self) -> None:
        """Cancel every task of the loop: one left pending at the end of the interpreter is a segfault on 3.11."""
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=CANCEL_TIME)
        await asyncio.get_running_loop().shutdown_asyncgens()
