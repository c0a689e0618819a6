"""A mail server of the tests: takes everything, delivers nothing, keeps it to be read."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import cast

from chatsite.testing.servers import wait_until


class Post:
    """`mails` are (to, text) as they came, oldest first; `url` is what EMAIL_URL takes."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}?from=harbour@example.org"
        self.mails: list[tuple[str, str]] = []

    def newest(self, to: str, *, with_words: str = "") -> str:
        """The text of the newest mail to this address that has these words, once there is one."""
        assert wait_until(lambda: any(self._found(to, with_words)), seconds=10), self.mails
        return list(self._found(to, with_words))[-1]

    def _found(self, to: str, words: str) -> Iterator[str]:
        return (text for address, text in list(self.mails) if address == to and words in text)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    post: Post


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 here")
        to = ""
        while line := self.rfile.readline():
            word = line.split(b":")[0].strip().upper()
            if word == b"RCPT TO":
                to = line.decode().partition("<")[2].partition(">")[0]
            if word == b"DATA":
                self._say("354 go on")
                cast(_Server, self.server).post.mails.append((to, self._text()))
            self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _text(self) -> str:
        lines = iter(self.rfile.readline, b".\r\n")
        mail = message_from_bytes(b"".join(lines), policy=default)
        return f"{mail['Subject']}\n\n{mail.get_content()}".replace("\r\n", "\n")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def post_office() -> Iterator[Post]:
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.post = Post(server.server_address[1])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.post
        server.shutdown()
