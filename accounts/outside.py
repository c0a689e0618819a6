"""Asking another site: silence, dripping and endless answers end soon, so that no worker waits for a stranger."""

import time
from collections.abc import Iterator
from typing import Any

import requests
from urllib3.exceptions import HTTPError

SILENCE = 5.0  # seconds between two bytes
PATIENCE = 10.0  # seconds for one answer
LIMIT = 1_000_000  # bytes of one answer
CHUNK = 65_536
REDIRECTS = 2


class Session(requests.Session):
    """Everything that goes wrong on the way is a RequestException, a 5xx too: the other side is down."""

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = REDIRECTS

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        end = time.monotonic() + PATIENCE
        answer = super().send(request, **{**options, "stream": True, "timeout": SILENCE})
        with answer:
            answer._content = b"".join(_bounded(answer, end))
        if answer.status_code >= 500:
            answer.raise_for_status()
        return answer


def _bounded(answer: requests.Response, end: float) -> Iterator[bytes]:
    size = 0
    try:
        # read1: what has come, be it one byte; a read of many would wait for all of them.
        while part := answer.raw.read1(CHUNK, decode_content=True):
            size += len(part)
            if size > LIMIT or time.monotonic() > end:
                raise requests.exceptions.ReadTimeout("the answer does not end", request=answer.request)
            yield part
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(type(error).__name__, request=answer.request) from error
