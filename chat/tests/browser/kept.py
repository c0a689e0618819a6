"""What a browser has on disk and what it sends, as tests look at it."""

import json
from typing import Any

from playwright.sync_api import Page, Request, WebSocket

from chat.tests.browser.visitor import Visitor


def posts(page: Page) -> list[str]:
    """The bodies this page sends from now on, over either way."""
    sent: list[str] = []

    def note(frame: str | bytes) -> None:
        command = json.loads(frame)
        if command["type"] == "message.post":
            sent.append(command["body"])

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", note)

    def asked(request: Request) -> None:
        if request.method == "POST" and "/messages/" in request.url:
            sent.append(request.post_data or "")

    page.on("websocket", opened)
    page.on("request", asked)
    return sent


def journal(page: Page, table: str = "words") -> Any:
    """What is on disk."""
    return page.evaluate(
        """(table) => new Promise((resolve) => {
      const opening = indexedDB.open("chat");
      opening.onsuccess = () => {
        const all = opening.result.transaction(table).objectStore(table).getAll();
        all.onsuccess = () => { opening.result.close(); resolve(all.result); };
      };
    })""",
        table,
    )


def another_tab(visitor: Visitor) -> Visitor:
    """Another tab of the same browser."""
    tab = object.__new__(Visitor)
    tab.__dict__.update(visitor.__dict__, page=visitor.context.new_page())
    return tab
