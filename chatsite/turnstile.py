"""How many pages one ASGI process works on at once: each costs a thread, and mostly a connection to the database.

Django gives every request a thread, however many come. While server or database stall, people ask again, and the
threads of what they gave up work on: 150 of them were seen in one process. Under WSGI the server counts them itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, cast

from csp.middleware import CSPMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.locale import LocaleMiddleware
from django.middleware.security import SecurityMiddleware

from chat import metrics
from chat.middleware import Headers
from chat.views.errors import crowded
from chat.views.health import PATHS

AT_ONCE = 16
WAITING = 200  # requests; who comes after them is told to come again
PATIENCE = 10.0  # seconds in which it must be a request's turn

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[..., Awaitable[None]]
Answer = Callable[[HttpRequest], HttpResponse]

# Headers and language as for every other answer, and nothing that would ask the database.
_told = cast(Answer, XFrameOptionsMiddleware(CSPMiddleware(LocaleMiddleware(crowded))))
_refusal = cast(Answer, Headers(cast(Answer, SecurityMiddleware(_told))))


class Turnstile:
    """An ASGI application around Django's. Probes pass: they are asked when everything else is full."""

    def __init__(self, pages: Application) -> None:
        self._pages = pages
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["path"] in PATHS:
            return await self._pages(scope, receive, send)
        if not await self._is_let_in():
            metrics.REFUSALS["unavailable"].add()
            return await _refuse(scope, send)
        # Not cut short with its connection: the thread goes on, and the turn is its own until it ends.
        work = asyncio.ensure_future(self._work(scope, receive, send))
        work.add_done_callback(_look_at)
        await asyncio.shield(work)

    async def _is_let_in(self) -> bool:
        if self._waiting >= WAITING:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1

    async def _work(self, scope: Event, receive: Receive, send: Send) -> None:
        held = True

        def give() -> None:
            nonlocal held
            if held:
                held = False
                self._turns.release()

        async def answer(event: Event) -> None:
            if event["type"] == "http.response.start":
                give()  # the page is made; how slowly it is taken is nobody else's wait
            await send(event)

        try:
            await self._pages(scope, receive, answer)
        finally:
            give()


def _look_at(work: "asyncio.Future[None]") -> None:
    """Whoever waited for it may be gone; what it failed of was logged by Django."""
    if not work.cancelled():
        work.exception()


async def _refuse(scope: Event, send: Send) -> None:
    response = _refusal(ASGIRequest(scope, BytesIO()))
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
