"""Where sockets go: `/ws/`, and nowhere else."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from chat.consumers import ChatConsumer

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def refuse(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """403 in the handshake: an address that is none."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/", ChatConsumer.as_asgi()), re_path("", refuse)]  # type: ignore[arg-type]  # ASGI applications, not views
websocket = URLRouter(websocket_urlpatterns)
