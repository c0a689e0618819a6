"""Uploads that are too large are refused before they are read: every form on the site, since a form may name any."""

from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from accounts.pictures import UPLOAD_LIMIT, too_many_bytes

FORM_LIMIT = UPLOAD_LIMIT + 64 * 1024  # the file, its wrapping, and what else stands in the form


class UploadTooLarge(RequestDataTooBig):
    """Its text is for people."""


class BoundedUpload(FileUploadHandler):
    """By what the client says of the length, and by what comes when it says nothing."""

    received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        meta: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > FORM_LIMIT:
            self._refuse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > FORM_LIMIT:
            self._refuse()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _refuse(self) -> NoReturn:
        raise UploadTooLarge(too_many_bytes())
