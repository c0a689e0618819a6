"""The running site, asked as a browser asks it: through its own address, and whatever stands in front."""

import base64
import fcntl
import http.client
import os
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chat.models import ProcessLease
from chatsite.doctor import Check, Finding, look, ok, wrong
from chatsite.environment import LOOPBACK_HOSTS, hosts

PATIENCE = 5.0
CERTIFICATE_DAYS = 14


def running() -> Iterator[Finding]:
    if is_locked():
        yield ok(_("A server runs on this DATA_DIR."))
    elif all(host in LOOPBACK_HOSTS for host in hosts(settings.SITE_URLS)):
        yield look(_("No server runs on this DATA_DIR; the rest is not asked."), _("Start it: ./run"))
    else:
        yield look(_("No server runs on this DATA_DIR."), _("Right if it runs elsewhere; else start it: ./run"))


def is_locked() -> bool:
    try:
        with open(settings.DATA_DIR / "server.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def pages() -> Iterator[Finding]:
    if not is_worth_asking():
        return
    try:
        status, milliseconds = ask("/readyz")
    except ssl.SSLCertVerificationError as error:
        yield wrong(
            _("The certificate of %(url)s is not accepted here: %(reason)s")
            % {"url": settings.SITE_URL, "reason": error.verify_message},
            _("Browsers refuse it too, unless they know its maker. Renew it, or serve its whole chain."),
        )
        return
    except OSError as error:
        yield look(
            _("%(url)s cannot be reached from here: %(reason)s") % {"url": settings.SITE_URL, "reason": error},
            _("Try it from another machine; if it fails there too, look at the proxy and the firewall."),
        )
        return
    yield answered(status, milliseconds)
    yield from certificate()


def answered(status: int, milliseconds: float) -> Finding:
    if status == 200:
        return ok(_("%(url)s answers in %(ms).0f ms.") % {"url": settings.SITE_URL, "ms": milliseconds})
    return wrong(
        _("%(url)s/readyz answers %(status)s.") % {"url": settings.SITE_URL, "status": status},
        _("502 or 504: the proxy does not reach the server. 503: its body names the part that is down."),
    )


def sockets() -> Iterator[Finding]:
    """Most that goes wrong behind a new proxy goes wrong here."""
    if not is_worth_asking():
        return
    try:
        status, _milliseconds = ask("/ws/", upgrade=True)
    except OSError:
        return  # said by the pages
    if status == 101:
        yield ok(_("WebSockets come through at %(url)s.") % {"url": settings.SITE_URL})
    elif status == 403:
        yield wrong(_("The server refuses sockets of %(url)s.") % {"url": settings.SITE_URL}, _same_site())
    else:
        yield wrong(
            _("WebSockets do not come through: /ws/ answers %(status)s.") % {"status": status},
            _("The proxy must pass Upgrade and Connection, speak HTTP/1.1, and send /ws/ to Daphne: deploy/ has it."),
        )


def _same_site() -> str:
    return _("It runs with another SITE_URL than this command: give both the same environment.")


def certificate() -> Iterator[Finding]:
    if not settings.HTTPS:
        return
    place = urlsplit(settings.SITE_URL)
    address = str(place.hostname), place.port or 443
    with (
        socket.create_connection(address, PATIENCE) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=place.hostname) as secure,
    ):
        ends = ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"]))
    days = int((ends - time.time()) / 86_400)
    what = _("The certificate holds for %(days)s days.") % {"days": days}
    yield look(what, _("Renew it, and have that done by a timer.")) if days < CERTIFICATE_DAYS else ok(what)


def processes() -> Iterator[Finding]:
    """By the database's clock; a process that was killed is counted for up to 15 s."""
    try:
        count = ProcessLease.objects.filter(expires_at__gt=Now()).count()
    except DatabaseError:
        return  # said by the database
    yield ok(_("Processes with open windows: %(count)s.") % {"count": count})


def is_worth_asking() -> bool:
    return is_locked() or any(host not in LOOPBACK_HOSTS for host in hosts(settings.SITE_URLS))


def ask(path: str, *, upgrade: bool = False) -> tuple[int, float]:
    """Status and milliseconds of a request under the site's own address. Raises OSError."""
    place = urlsplit(settings.SITE_URL)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(place.hostname), place.port, timeout=PATIENCE)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Origin": settings.SITE_URL,
    }
    began = time.perf_counter()
    try:
        connection.request("GET", path, headers=headers if upgrade else {"Connection": "close"})
        return connection.getresponse().status, (time.perf_counter() - began) * 1000
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP answer ({type(error).__name__})") from error
    finally:
        connection.close()


CHECKS: tuple[Check, ...] = (running, pages, sockets, processes)
