"""How many pages a process works on at once, and what those are told for whom there is no turn."""

import asyncio
import json
from typing import Any

import pytest

from chatsite import turnstile
from chatsite.turnstile import Turnstile

Event = dict[str, Any]
HEADERS = [(b"host", b"testserver"), (b"accept", b"application/json"), (b"accept-language", b"de")]


class Pages:
    """Django's part: each request begins, and ends when the test says so."""

    def __init__(self, *, starts: bool = False) -> None:
        self.starts = starts
        self.begun: list[str] = []
        self.most = self.now = 0
        self.may_end = asyncio.Event()

    async def __call__(self, scope: Event, receive: Any, send: Any) -> None:
        self.begun.append(scope["path"])
        self.now += 1
        self.most = max(self.most, self.now)
        if self.starts:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_end.wait()
        self.now -= 1


class Asked:
    def __init__(self, application: Turnstile, path: str) -> None:
        self.sent: list[Event] = []
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": HEADERS}
        self.task = asyncio.ensure_future(application(scope, self.receive, self.send))

    async def receive(self) -> Event:
        return {"type": "http.request"}

    async def send(self, event: Event) -> None:
        self.sent.append(event)


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "AT_ONCE", 2)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_so_many_at_once_and_the_others_in_turn() -> None:
    pages = Pages()
    application = Turnstile(pages)
    asked = [Asked(application, f"/{number}") for number in range(5)]
    await settled()
    assert pages.begun == ["/0", "/1"]
    pages.may_end.set()
    await asyncio.gather(*(one.task for one in asked))
    assert (pages.begun, pages.most) == ([f"/{number}" for number in range(5)], 2)


async def test_what_was_given_up_keeps_its_turn_until_its_thread_ends() -> None:
    pages = Pages()
    application = Turnstile(pages)
    given_up = [Asked(application, f"/{number}") for number in range(2)]
    await settled()
    for one in given_up:
        one.task.cancel()
    later = Asked(application, "/later")
    await settled()
    assert "/later" not in pages.begun
    pages.may_end.set()
    await later.task
    assert pages.most == 2


async def test_an_answer_that_has_begun_gives_its_turn_away() -> None:
    pages = Pages(starts=True)
    application = Turnstile(pages)
    asked = [Asked(application, f"/{number}") for number in range(5)]
    await settled()
    assert len(pages.begun) == 5
    pages.may_end.set()
    await asyncio.gather(*(one.task for one in asked))


@pytest.mark.parametrize("bound", ["WAITING", "PATIENCE"])
async def test_for_whom_there_is_no_turn_is_told_to_come_again(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages()
    application = Turnstile(pages)
    served = [Asked(application, f"/{number}") for number in range(2)]
    await settled()
    monkeypatch.setattr(turnstile, "PATIENCE", 3600)
    monkeypatch.setattr(turnstile, bound, 0)
    refused, probe = Asked(application, "/rooms/harbour/"), Asked(application, "/healthz")
    await asyncio.wait_for(refused.task, 20)
    start, body = refused.sent
    headers = dict(start["headers"])
    assert start["status"] == 503
    assert int(headers[b"retry-after"]) > 0
    assert b"default-src" in headers[b"content-security-policy"]
    assert b"no-store" in headers[b"cache-control"]
    told = json.loads(body["body"])
    assert (told["code"], "gleich" in told["detail"]) == ("unavailable", True)
    assert pages.begun == ["/0", "/1", "/healthz"], "probes are let through"
    pages.may_end.set()
    await asyncio.gather(*(one.task for one in [*served, probe]))
