"""The pages as a program asks for them: cookies, the sign-in form, history as rows, refusals with their codes."""

import asyncio
import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

PATIENCE = 6.0  # seconds for an answer
THREADS = 3
NEWEST = 2**53  # no message has such an id: what stands before it is the end of the list
ROW = re.compile(
    r'<li class="message([^"]*)" id="message-\d+" data-message-id="(\d+)" data-author-id="(\d+)" data-seq="(\d+)"'
    r"(.*?)</li>",
    re.DOTALL,
)
BODY = re.compile(r'<div class="message-body"[^>]*>(.*)</div>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


class Unanswered(Exception):
    """Nobody there, too slow, or broken off in the middle: whether it was done is not known."""


class Refused(Exception):
    """A coded error. `retry_after` in seconds where it says when to come again."""

    def __init__(self, status: int, code: str, retry_after: float | None) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.retry_after = status, code, retry_after


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    seq: int
    author: int
    body: str | None  # as it reads, without markup; None: a tombstone


@dataclass(frozen=True)
class Page:
    """A window of history, oldest first, true up to `cursor`."""

    cursor: int
    epoch: str
    at_start: bool
    rows: list[Row]


class _Stays(HTTPRedirectHandler):
    """Where an answer leads to is not asked for: that it leads on is the answer."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class Web:
    """One person's cookies, the same for all addresses of the site."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self._web = build_opener(HTTPCookieProcessor(self.jar), ProxyHandler({}), _Stays())
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")

    async def sign_in(self, address: str, handle: str, password: str) -> None:
        """By the form. Raises Unanswered, Refused."""
        form = await self.get(address, "/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        given = {"login": handle, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        if (await self._ask(address, "/accounts/login/", given))[0] != 302:
            raise Refused(200, "not let in", None)

    async def get(self, address: str, path: str) -> str:
        return (await self._ask(address, path))[1]

    async def give(self, address: str, path: str, **fields: str) -> dict[str, Any]:
        """What was answered as JSON; empty where the answer leads to another page."""
        status, text = await self._ask(address, path, fields)
        return {} if status == 302 else dict(json.loads(text))

    async def history(self, address: str, slug: str, before: int = NEWEST, limit: int = 50) -> Page:
        text = await self.get(address, f"/rooms/{slug}/messages/?before={before}&limit={limit}")
        head = re.search(r'data-cursor="(\d+)" data-epoch="([^"]*)".*?data-at-start="(\d)"', text)
        if head is None or not text.rstrip().endswith("</ol>"):
            raise Unanswered(f"no list: {text[:80]}")
        return Page(int(head[1]), head[2], head[3] == "1", [_row(*found) for found in ROW.findall(text)])

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, address: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Accept": "application/json"} if fields is not None and path.startswith("/rooms/") else {}
        token = next((cookie.value or "" for cookie in self.jar if cookie.name.endswith("csrftoken")), "")
        request = Request(  # noqa: S310 - our own servers
            f"{address}{path}",
            None if fields is None else urlencode(fields).encode(),
            {**headers, "X-CSRFToken": token, "Origin": address},
        )
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, request)

    def _answer(self, request: Request) -> tuple[int, str]:
        try:
            with self._web.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            if error.code == 302:
                return 302, ""
            raise _refusal(error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered(repr(error)) from None


def _refusal(error: HTTPError) -> Refused:
    try:
        found = json.loads(error.read())
    except (OSError, HTTPException, ValueError):
        found = {}
    code = {429: "rate_limited", 502: "unavailable", 503: "unavailable"}.get(error.code, str(error.code))
    code = found.get("code", code) if isinstance(found, dict) else code
    after = error.headers.get("Retry-After")
    return Refused(error.code, code, float(after) if after else None)


def _row(classes: str, message: str, author: str, seq: str, rest: str) -> Row:
    body = BODY.search(rest)
    text = None if "is-deleted" in classes else html.unescape(TAG.sub("", body[1] if body else "")).strip()
    return Row(int(message), int(seq), int(author), text)
