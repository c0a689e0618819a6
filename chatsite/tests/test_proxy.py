"""The tests' own proxy does what it says: what is measured through it rests on that."""

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from chatsite.testing.ports import bound_socket
from chatsite.testing.proxy import DOWN, UP, Proxy

SOON = 0.15  # what does not come in this time does not come


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before a server that says everything back."""
    with bound_socket() as listening, Proxy(listening.getsockname()[1]) as proxy:
        threading.Thread(target=_echo, args=(listening,), daemon=True).start()
        yield proxy
        listening.shutdown(socket.SHUT_RDWR)


def _echo(listening: socket.socket) -> None:
    def serve(sock: socket.socket) -> None:
        with sock:
            try:
                while chunk := sock.recv(4096):
                    sock.sendall(chunk)
            except OSError:
                pass  # cut, as the test wants it

    while True:
        try:
            sock, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


def client(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=20)


def says(sock: socket.socket, words: bytes) -> bytes:
    sock.sendall(words)
    return hears(sock, len(words))


def hears(sock: socket.socket, size: int) -> bytes:
    heard = b""
    while len(heard) < size:
        heard += sock.recv(size)
    return heard


def is_silent(sock: socket.socket) -> bool:
    sock.settimeout(SOON)
    try:
        return not sock.recv(1)
    except TimeoutError:
        return True
    finally:
        sock.settimeout(20)


def test_it_passes_both_ways_and_the_end_too(proxy: Proxy) -> None:
    with client(proxy) as sock:
        big = bytes(range(256)) * 1024
        threading.Thread(target=sock.sendall, args=(big,)).start()
        assert hears(sock, len(big)) == big
        assert (proxy.accepted, proxy.open) == (1, 1)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""


def test_what_is_cut_is_reset_and_new_ones_pass(proxy: Proxy) -> None:
    with client(proxy) as sock:
        assert says(sock, b"one") == b"one"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with client(proxy) as sock:
        assert says(sock, b"two") == b"two"


def test_refused_is_refused_until_it_admits_again(proxy: Proxy) -> None:
    with client(proxy) as sock:
        assert says(sock, b"one") == b"one"
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            client(proxy)
        assert says(sock, b"two") == b"two", "who is in stays"
    proxy.down()
    proxy.up()
    with client(proxy) as sock:
        assert says(sock, b"three") == b"three"


def test_a_black_hole_takes_and_keeps_until_it_is_fair(proxy: Proxy) -> None:
    with client(proxy) as old:
        proxy.swallow()
        with client(proxy) as new:
            for sock in (old, new):
                sock.sendall(b"held")
                assert is_silent(sock)
            proxy.fair()
            assert [hears(sock, 4) for sock in (old, new)] == [b"held", b"held"]


@pytest.mark.parametrize("dead", [UP, DOWN])
def test_half_a_line_is_dead(proxy: Proxy, dead: str) -> None:
    with client(proxy) as sock:
        proxy.half_open(dead)
        sock.sendall(b"one")
        assert is_silent(sock)
        proxy.half_open(UP if dead == DOWN else DOWN)
        sock.sendall(b"two")
        if dead == DOWN:
            assert hears(sock, 3) == b"one", "it had come to the server"
        assert is_silent(sock)
        proxy.fair()
        assert hears(sock, 3 if dead == DOWN else 6).endswith(b"two")


def test_a_delay_is_no_rate(proxy: Proxy) -> None:
    with client(proxy) as sock:
        proxy.slow(100)
        began = time.monotonic()
        threading.Thread(target=sock.sendall, args=(b"x" * 1_000_000,)).start()
        hears(sock, 1_000_000)
        assert 0.2 <= time.monotonic() - began < 5  # one after the other, the chunks would take six


def test_a_trickle_is(proxy: Proxy) -> None:
    with client(proxy) as sock:
        proxy.trickle(1000)
        began = time.monotonic()
        assert says(sock, b"x" * 300) == b"x" * 300
        assert time.monotonic() - began >= 0.3


def test_cutting_ends_what_was_held(proxy: Proxy) -> None:
    with client(proxy) as sock:
        proxy.swallow()
        sock.sendall(b"never")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
        assert proxy.open == 0


def test_who_comes_in_the_last_moment_is_not_forgotten() -> None:
    come: list[socket.socket] = []
    tries = 0

    def knock(port: int, begins: threading.Event) -> None:
        begins.set()
        with suppress(OSError):
            come.extend(socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(3))

    with bound_socket() as listening:
        threading.Thread(target=_echo, args=(listening,), daemon=True).start()
        while tries < 40 or (not come and tries < 1000):
            tries += 1
            with Proxy(listening.getsockname()[1]) as proxy:
                knocking = threading.Thread(target=knock, args=(proxy.port, begins := threading.Event()))
                knocking.start()
                begins.wait()
            knocking.join()
        listening.shutdown(socket.SHUT_RDWR)
    assert come
    for sock in come:
        sock.close()
    gc.collect()  # pytest fails for every connection that nobody has closed
