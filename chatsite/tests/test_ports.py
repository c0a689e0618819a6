"""A port of one's own stays free while nobody listens on it: whoever connects somewhere is never given it."""

import sys
from pathlib import Path

import pytest

from chatsite.testing import ports

GIVEN_TO_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which ports it gives")
def test_no_client_is_given_one_of_them() -> None:
    first, last = map(int, GIVEN_TO_CLIENTS.read_text().split())
    if first < 32_768:
        pytest.skip(f"this machine was told to give more ports than Linux does: {first} to {last}")
    assert not set(ports.PRIVATE) & set(range(first, last + 1))


def test_one_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    free = ports.free_port()
    with ports.bound_socket() as taken:
        port = taken.getsockname()[1]
        drawn = iter([port, free])
        monkeypatch.setattr(ports.secrets, "choice", lambda choices: next(drawn))
        assert ports.free_port() == free
        with pytest.raises(OSError, match="in use"):
            ports.bound_socket(port)
