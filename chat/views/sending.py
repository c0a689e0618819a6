"""Sending a file of any size piece by piece, under ASGI as under WSGI."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

PIECE = 64 * 1024


def download(request: HttpRequest, path: Path, *, name: str, content_type: str) -> HttpResponseBase:
    """The file as a download called `name`. Under ASGI Django would read all of it into memory first."""
    if isinstance(request, ASGIRequest):
        answer: StreamingHttpResponse = StreamingHttpResponse(_pieces(path), content_type=content_type)
        answer["Content-Length"] = path.stat().st_size
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    else:
        answer = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=content_type)
    answer["Content-Encoding"] = "identity"  # packed already: not to be compressed on the way
    return answer


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
