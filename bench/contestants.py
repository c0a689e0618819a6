"""Who is measured, and how to talk to each: the product, on two servers, the tutorial's chat, and the limit of both."""

import contextlib
import socket
import sys

from bench.serving import Contestant, frame


class Product(Contestant):
    """`manage.py serve`, as `./run` starts it, without a limit on posts."""

    name = "product"
    marker = b'"body":"m'
    exact_order = True
    seeding = "product"
    query = "SELECT body FROM chat_message WHERE room_id = ? AND kind = 'text' ORDER BY id"

    def environment(self) -> dict[str, str]:
        chosen = {"PORT": str(self.port), "DATA_DIR": str(self.folder), "POST_RATE": "0"}
        if self.database and self.redis:
            chosen |= {"DATABASE_URL": self.database, "REDIS_URL": self.redis}
        return chosen

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "serve"]

    def path(self, place: int) -> str:
        return "/ws/"

    def opening(self, place: int) -> tuple[bytes, bytes]:
        room = self.rooms[self.room_of(place)]
        return frame(f'{{"type":"room.open","room":{room},"ref":"opening"}}'), b'"opening"'

    def post(self, place: int, text: str, client_id: str) -> bytes:
        room = self.rooms[self.room_of(place)]
        return frame(f'{{"type":"message.post","room":{room},"client_id":"{client_id}","body":"{text}"}}')


class Fan200(Product):
    """The product with a room of 200, beside which a larger one is measured."""

    name = "fan200"


class OnUvicorn(Product):
    """The same application on another server, by plain `send`."""

    name = "uvicorn"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}

    def command(self) -> list[str]:
        unheard = ["--ping", "600", "600"]  # the crowd answers none
        return [sys.executable, "-m", "chatsite.testing.on_uvicorn", *unheard]


class Tutorial(Contestant):
    """The tutorial's consumer on Daphne, with the Redis pub/sub layer."""

    name = "tutorial"
    marker = b'"message": "m'
    seeding = "tutorial"
    query = "SELECT body FROM tutorial_message WHERE room = ? ORDER BY id"

    def environment(self) -> dict[str, str]:
        assert self.redis
        return {
            "DATABASE_URL": self.database or f"sqlite:///{self.sqlite}",
            "REDIS_URL": self.redis,
            "DJANGO_SETTINGS_MODULE": "bench.tutorial.settings",
        }

    def command(self) -> list[str]:
        listen = ["-b", "127.0.0.1", "-p", str(self.port)]
        return [sys.executable, "-m", "daphne", "-v", "0", *listen, "bench.tutorial.asgi:application"]

    def path(self, place: int) -> str:
        return f"/ws/chat/{self.rooms[self.room_of(place)]}/"

    def opening(self, place: int) -> tuple[bytes, bytes]:
        return b"", b""

    def post(self, place: int, text: str, client_id: str) -> bytes:
        return frame(f'{{"message": "{text}"}}')


class Limit(Contestant):
    """A broadcast of frames of the product's size and nothing else: what the client and the kernel can take."""

    name = "limit"
    marker = b'"body":"m'
    stores = False

    def __init__(self, members: int, size: int, rooms: int = 1) -> None:
        super().__init__(members, None, None, rooms)
        self.size = size  # bytes of a frame

    def prepare(self) -> None:
        self.sessions = ["none"] * self.members

    def environment(self) -> dict[str, str]:
        return {}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.limit", str(self.port), str(self.size)]

    def path(self, place: int) -> str:
        return f"/{self.room_of(place)}"

    def opening(self, place: int) -> tuple[bytes, bytes]:
        return b"", b""

    def post(self, place: int, text: str, client_id: str) -> bytes:
        return frame(f'{{"body":"{text}"}}')

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False
