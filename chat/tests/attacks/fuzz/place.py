"""The server that is fuzzed: the whole site in a process of its own, set up and entered through its own pages."""

import http.cookiejar
import os
import re
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat.tests.attacks.fuzz.wire import Site
from chat.tests.browser.product import PASSWORD, Product

MEMORY = "/dev/shm"


class Place:
    """A running server with people in one room: those who attack, and one who only wants to talk."""

    def __init__(self, product: Product, attackers: int) -> None:
        self.product = product
        owner = Visitor(product.url)
        wanted = {"site_name": "Harbour", "name": "Mallory", "handle": "mallory", "room_name": "Lobby"}
        owner.post("/", "/set-up/", {**wanted, "password": PASSWORD})
        room = owner.number_of("/rooms/lobby/", r'data-room-id="(\d+)"')
        self.bystander = Site(product.port, self._sign_up("bob").session, room)
        # More than one: nobody may say more than a thousand frames a second.
        visitors = [owner, *(self._sign_up(f"mallory{number}") for number in range(1, attackers))]
        self.attackers = [Site(product.port, visitor.session, room) for visitor in visitors]

    def _sign_up(self, handle: str) -> "Visitor":
        visitor = Visitor(self.product.url)
        given = {"name": handle.capitalize(), "username": handle, "password1": PASSWORD}
        visitor.post("/accounts/signup/", "/accounts/signup/", given)
        visitor.post("/", "/rooms/lobby/join/", {})
        return visitor

    def complaints(self) -> set[str]:
        """What stands in its log and should not."""
        lines = [line for line in self.product.log.splitlines() if "Traceback" in line or '"level": "error"' in line]
        return {re.sub(r'"(time|socket|request|process|person|address)": [^,}]+', "", line)[-2000:] for line in lines}

    def memory(self) -> int:
        """Resident bytes of the server's process."""
        assert self.product.process is not None
        pages = Path(f"/proc/{self.product.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Visitor:
    """A browser without a window."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        return str(self.opener.open(self.url + path, timeout=30).read().decode())

    def post(self, page: str, path: str, fields: dict[str, str]) -> None:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page))
        assert found, page
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": found[1]}).encode()
        self.opener.open(self.url + path, body, timeout=30).read()

    def number_of(self, path: str, pattern: str) -> int:
        found = re.search(pattern, self.get(path))
        assert found, path
        return int(found[1])

    @property
    def session(self) -> str:
        return next(str(cookie.value) for cookie in self.jar if cookie.name == "sessionid")


@contextmanager
def served(attackers: int = 3) -> Iterator[Place]:
    """Up, and down in good order: it must end with 0."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="chat-fuzz-", dir=memory) as folder:
        product = Product(Path(folder))
        product.start()
        try:
            yield Place(product, attackers)
        except BaseException:
            product.kill()
            raise
        assert product.process is not None
        product.process.terminate()
        assert product.process.wait(30) == 0, product.log[-4000:]
