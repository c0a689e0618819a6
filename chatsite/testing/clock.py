"""A clock that stands still until a test moves it."""


class Clock:
    """In the place of a module's `time`."""

    def __init__(self) -> None:
        self.now = 1000.0  # seconds

    def monotonic(self) -> float:
        return self.now
