"""Where a request or a socket comes from: its peer, or whom the proxies that may be believed say they speak for."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

THIS_MACHINE = "127.0.0.1"  # also what a peer without an address is: one on a Unix socket
HOUSEHOLD = 64  # bits of an IPv6 address that one customer of a provider has for himself


def of_request(request: HttpRequest) -> str:
    """The client's address, as text in its shortest form."""
    return _client(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def of_scope(scope: dict[str, Any]) -> str:
    """The same for a socket's ASGI scope."""
    peer = (scope.get("client") or [None])[0]
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    return _client(peer, ",".join(forwarded))


def source(address: str) -> str | None:
    """What limits count: the address, or an IPv6 household; None for this machine, or a proxy nobody declared."""
    found = ipaddress.ip_address(address)
    if found.is_loopback:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), HOUSEHOLD), strict=False))
    return address


def _client(peer: str | None, forwarded: str) -> str:
    """Each proxy adds whom it heard at the end: of the last TRUSTED_PROXIES entries the first is the client."""
    trusted = settings.TRUSTED_PROXIES
    told = forwarded.rsplit(",", trusted)[-trusted:][0] if trusted else ""
    return _parsed(told) or _parsed(peer or "") or THIS_MACHINE


def _parsed(raw: str) -> str | None:
    """An address with or without a port; IPv4 in IPv6's clothes counts as IPv4."""
    text = raw.strip()
    if text.startswith("["):
        text = text[1:].split("]")[0]
    elif text.count(":") == 1:
        text = text.split(":")[0]
    try:
        found = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
