"""Sending a file of any size piece by piece, under ASGI as under WSGI."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse

PIECE = 64 * 1024


def download(request: HttpRequest, path: Path, *, name: str, content_type: str) -> HttpResponseBase:
    """The file as a download called `name`. Under ASGI Django would read all of it into memory first."""
    file = path.open("rb")
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    if isinstance(request, ASGIRequest):
        headers = {key: answer[key] for key in ("Content-Disposition", "Content-Length", "Content-Type")}
        answer = StreamingHttpResponse(_pieces(file), headers=headers)  # type: ignore[assignment]
    answer["Content-Encoding"] = "identity"  # packed already: not to be compressed on the way
    return answer


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        file.close()
