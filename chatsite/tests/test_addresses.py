"""Whose address counts: the peer's, or the one that the proxies in front tell; never one that the client made up."""

from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from chatsite import addresses

PEER, CLIENT, FORGED = "10.0.0.1", "203.0.113.7", "192.0.2.66"

# proxies believed, X-Forwarded-For, whose address it is
TOLD = {
    "nobody is believed": (0, CLIENT, PEER),
    "no header, no proxy": (0, None, PEER),
    "one proxy": (1, CLIENT, CLIENT),
    "one proxy, and a forged entry": (1, f"{FORGED}, {CLIENT}", CLIENT),
    "many forged entries": (1, f"{FORGED}," * 500 + CLIENT, CLIENT),
    "two proxies": (2, f"{CLIENT}, 10.0.0.2", CLIENT),
    "two proxies, and a forged entry": (2, f"{FORGED}, {CLIENT}, 10.0.0.2", CLIENT),
    "a way past the outer proxy": (2, CLIENT, CLIENT),
    "a proxy that tells nothing": (1, None, PEER),
    "an empty header": (1, "", PEER),
    "words": (1, "unknown", PEER),
    "words at the end": (1, f"{FORGED}, nonsense", PEER),
    "with a port": (1, f"{CLIENT}:5123", CLIENT),
    "IPv6": (1, "2001:DB8::0001", "2001:db8::1"),
    "IPv6 with a port": (1, "[2001:db8::1]:443", "2001:db8::1"),
    "IPv4 as IPv6": (1, f"::ffff:{CLIENT}", CLIENT),
    "spaces": (1, f"  {CLIENT}  ", CLIENT),
}


@pytest.mark.parametrize("case", TOLD)
def test_pages_and_sockets_agree(case: str, settings: Settings) -> None:
    settings.TRUSTED_PROXIES, forwarded, expected = TOLD[case]
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=PEER)
    scope = {"client": [PEER, 5000], "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    assert addresses.of_request(request) == expected
    assert addresses.of_scope(scope) == expected


def test_a_header_sent_twice_is_one_list(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    values = [(b"X-Forwarded-For", FORGED.encode()), (b"X-Forwarded-For", CLIENT.encode())]
    assert addresses.of_scope({"client": [PEER, 1], "headers": values}) == CLIENT


@pytest.mark.parametrize("peer", ["", None])
def test_a_unix_socket_is_this_machine(peer: str | None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 0
    scope: dict[str, Any] = {"client": peer, "headers": []}
    assert addresses.of_request(RequestFactory().get("/", REMOTE_ADDR=peer)) == addresses.THIS_MACHINE
    assert addresses.of_scope(scope) == addresses.THIS_MACHINE


@pytest.mark.parametrize(
    ("address", "source"),
    [
        (CLIENT, CLIENT),
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1", "fe80::/64"),
    ],
)
def test_what_limits_count(address: str, source: str | None) -> None:
    assert addresses.source(address) == source
