"""How a server ends that many are connected to: one after the other, with an answer for whoever asked."""

import asyncio
import http.client
import signal
import socket
import time
from contextlib import ExitStack, closing

import pytest
import websockets

from chatsite import farewell
from chatsite.testing.servers import wait_until
from chatsite.tests.conftest import SmallServer
from chatsite.tests.peers import memory

pytestmark = pytest.mark.live

SOON = 20.0  # seconds, on a busy machine


def stop_before_it_looks(server: SmallServer) -> None:
    """It finds the signal together with all that came while it stood still."""
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGCONT)


def lets_in(server: SmallServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def upload(server: SmallServer) -> closing[socket.socket]:
    """A request of which five bytes are still to come."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=SOON)
    line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n" + b"x" * 5)
    return closing(line)


# --- Sockets


async def test_many_are_told_one_after_the_other_and_served_until_then(small_server):
    """It takes a second; a machine that stands still just then gets another chance."""
    for _ in range(3):
        seconds, served = await all_are_told(small_server("echo"))
        if seconds > 0.5 and served:
            return
    raise AssertionError(f"told within {seconds:.2f} s, {served} served after the first")


async def all_are_told(server: SmallServer) -> tuple[float, int]:
    """Seconds from the first goodbye to the last, and how many could still speak after the first."""
    peers = [await server.connect() for _ in range(farewell.GOODBYES_A_SECOND)]
    server.process.send_signal(signal.SIGTERM)
    ends = [asyncio.create_task(end_of(peer)) for peer in peers]
    await asyncio.wait_for(asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED), SOON)
    spoken = await asyncio.gather(*(speak(peer) for peer in peers))
    moments = await asyncio.wait_for(asyncio.gather(*ends), SOON)
    assert {peer.close_code for peer in peers} == {1012}
    assert await asyncio.to_thread(server.stop) == 0
    assert server.output.count("disconnect 1012") == len(peers)
    return max(moments) - min(moments), spoken.count("x")


async def end_of(peer: websockets.ClientConnection) -> float:
    await peer.wait_closed()
    return time.monotonic()


async def speak(peer: websockets.ClientConnection) -> str:
    try:
        await peer.send("x")
        return str(await peer.recv())
    except websockets.ConnectionClosed:
        return ""


async def test_what_was_asked_is_answered_before_the_goodbye(small_server):
    server = small_server("pensive")
    async with server.connect() as peer:
        for number in range(3):
            await peer.send(str(number))
        await asyncio.to_thread(server.wait_for, "asked")
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SOON):
            assert [await peer.recv() for _ in range(3)] == ["0", "1", "2"]
            await peer.wait_closed()
        assert peer.close_code == 1012


async def test_a_second_signal_hastens_it(small_server):
    server = small_server("stubborn")
    async with server.connect() as peer:
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(wait_until, lambda: not lets_in(server))
        await asyncio.sleep(farewell.ECHO_TIME + 0.1)
        assert server.process.poll() is None, "the premise: it would take its time"
        start = time.monotonic()
        assert await asyncio.to_thread(server.stop) == 0
        assert time.monotonic() - start < farewell.FINISH_TIME - farewell.ECHO_TIME
        await asyncio.wait_for(peer.wait_closed(), SOON)
        assert peer.close_code == 1012
    assert server.output == "gathered\n"


@pytest.mark.parametrize(("before", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
def test_a_hang_up_ends_it_in_order_but_not_under_nohup(small_server, before, ends):
    here = signal.signal(signal.SIGHUP, before)
    try:
        server = small_server("echo_and_memory")
    finally:
        signal.signal(signal.SIGHUP, here)
    memory(server)  # it serves
    server.process.send_signal(signal.SIGHUP)
    if ends:
        assert server.process.wait(SOON) == 0
    else:
        assert memory(server)


def test_signals_on_the_way_out_change_nothing(small_server):
    server = small_server("echo_and_memory")
    memory(server)  # it serves
    while server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.001)
    assert (server.process.returncode, server.output) == (0, "")


# --- Requests


def test_who_was_let_in_by_the_kernel_is_answered(small_server):
    server = small_server("echo_and_memory")
    memory(server)  # it serves
    server.process.send_signal(signal.SIGSTOP)
    with ExitStack() as stack:
        lines = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON) for _ in range(100)]
        for line in lines:
            stack.enter_context(closing(line))
            line.request("GET", "/")
        stop_before_it_looks(server)
        answers = [line.getresponse() for line in lines]
        assert all(int(answer.read()) for answer in answers)
    assert server.stop() == 0


def test_nobody_comes_in_once_the_queue_is_accepted(small_server):
    """He would be reset when the port is closed."""
    server = small_server("shutting")
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON)) as line:
        line.request("GET", "/")
        assert line.getresponse().read() == b"closed"
    assert server.stop() == 0


def test_who_was_let_in_last_has_time_for_a_first_word(small_server):
    """A second; who stands still for as long just then gets another chance."""
    assert any(is_answered_late(small_server("echo_and_memory")) for _ in range(3))


def is_answered_late(server: SmallServer) -> bool:
    memory(server)  # it serves
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON)) as line:
        line.connect()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(3 * farewell.SETTLE_TIME)
        try:
            line.request("GET", "/")
            return int(line.getresponse().read()) > 0
        except (OSError, http.client.HTTPException):
            return False


def test_a_body_that_is_on_its_way_is_waited_for(small_server):
    server = small_server("count_body")
    memory(server, "/memory")  # it serves
    with upload(server) as line:
        server.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: not lets_in(server))
        assert not wait_until(lambda: server.process.poll() is not None, seconds=5 * farewell.SETTLE_TIME)
        line.sendall(b"x" * 5)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.read().startswith(b"10 ")
    assert server.stop() == 0


def test_a_line_that_is_kept_alive_is_told_to_end(small_server):
    server = small_server("echo")
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON)) as line, upload(server) as other:
        line.request("GET", "/")
        first = line.getresponse()
        assert (first.read(), first.headers["Connection"]) == (b"hello", None)
        server.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: not lets_in(server))
        line.request("GET", "/")
        last = line.getresponse()
        assert (last.read(), last.headers["Connection"]) == (b"hello", "close")
        other.sendall(b"x" * 5)
    assert server.stop() == 0
