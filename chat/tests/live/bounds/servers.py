"""The two servers whose bounds are tried, their memory, and what they count."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import psutil

from chat.tests.browser.product import Product
from chat.tests.live.bounds.clocks import PATIENT, PING_SECONDS
from chatsite.testing import serving

SEND_BUFFER = 64 * 1024  # of the kernel, which else takes megabytes before the process has to keep anything
MIB = 1024 * 1024


class OnDaphne(Product):
    """`manage.py serve`."""

    def command(self, descriptor: str) -> list[str]:
        return serving.command("--fd", descriptor, server="daphne")

    def listener(self) -> socket.socket:
        sock = super().listener()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # its connections inherit it
        return sock

    def memory(self) -> int:
        """Bytes in RAM."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def counted(self, name: str) -> float:
        """A number out of /metrics, such as `sockets_closed_total{code="4408"`, all processes together."""
        with urlopen(f"{self.url}/metrics", timeout=20) as answer:  # noqa: S310 - our own server
            lines = answer.read().decode().splitlines()
        place = re.compile(re.escape(f"chatrooms_{name}") + r'[,{]process="\d+"} ([\d.e+]+)$')
        return sum(float(found[1]) for line in lines if (found := place.match(line)))


class OnUvicorn(OnDaphne):
    """The same site where there is no writer of ours: everything goes through plain `send`."""

    def command(self, descriptor: str) -> list[str]:
        pings = ("--ping", str(PING_SECONDS), str(PATIENT))
        return serving.command("--fd", descriptor, *pings, server="uvicorn")


@contextlib.contextmanager
def peak(server: OnDaphne) -> Iterator[list[int]]:
    """The most memory the server had meanwhile, as the one entry of a list."""
    most, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], server.memory())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()
