"""Every refusal a door can answer with: a wire code, an HTTP status, a sentence that says what to do."""

from typing import Any, ClassVar


class ChatError(Exception):
    """A refusal. `detail` is shown to people; `retry_after` is in seconds."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after

    def as_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"code": self.code, "detail": str(self.detail)}
        if self.retry_after is not None:
            wire["retry_after"] = self.retry_after
        return wire


class Invalid(ChatError):
    code, status = "invalid", 400


class Unauthenticated(ChatError):
    code, status = "unauthenticated", 401


class Forbidden(ChatError):
    code, status = "forbidden", 403


class NotFresh(ChatError):
    """Signed in, but too long ago for what is dangerous; `back` is where to go on once it is confirmed."""

    code, status = "reauthenticate", 403

    def __init__(self, detail: str, *, back: str = "/") -> None:
        super().__init__(detail)
        self.back = back


class NotFound(ChatError):
    code, status = "not_found", 404


class Conflict(ChatError):
    code, status = "conflict", 409


class TooLarge(ChatError):
    code, status = "too_large", 413


class RateLimited(ChatError):
    code, status = "rate_limited", 429


class Unavailable(ChatError):
    code, status = "unavailable", 503
