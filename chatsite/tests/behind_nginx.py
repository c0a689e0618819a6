"""nginx as deploy/ configures it, before processes that only write down what reaches them."""

import http.client
import threading
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chatsite.testing.finding import Missing
from chatsite.testing.front import HOST, Front

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Upstream(ThreadingHTTPServer):
    """Stands where gunicorn or Daphne would: keeps the headers of what it is asked, holds sockets open."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Recorder)
        self.name = name
        self.heard: list[http.client.HTTPMessage] = []
        self.status = 200
        self.hangs_up = False  # instead of an answer
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.heard.append(self.headers)
        if self.headers.get("Upgrade") == "websocket":
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            self.server.over.wait(30)
            return
        if self.server.hangs_up:
            self.close_connection = True
            return
        if self.path == "/slow/":
            self.server.over.wait(30)
        body = f"{self.server.name} {self.path}".encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_) -> None:
        pass


class Scene:
    """The front, and what stands behind it."""

    def __init__(self, stack: ExitStack, data: Path, instead: dict[str, str] | None = None) -> None:
        self.pages, *self.sockets = (stack.enter_context(closing(Upstream(name))) for name in ("pages", "one", "two"))
        try:
            self.front = stack.enter_context(
                Front(
                    pages=self.pages.server_port,
                    sockets=[each.server_port for each in self.sockets],
                    data=data,
                    instead=instead,
                )
            )
        except Missing as reason:
            pytest.skip(str(reason))
        self.trust = self.front.trust()

    def ask(self, path, headers=None, *, method="GET", body=None, connection=None):
        """The answer with its body; on a connection of its own unless one is given."""
        used = connection or self.connection()
        used.request(method, path, body, headers or {})
        answer = used.getresponse()
        answer.text = answer.read()
        if connection is None:
            used.close()
        return answer

    def connection(self):
        return http.client.HTTPSConnection(HOST, self.front.port, timeout=20, context=self.trust)
