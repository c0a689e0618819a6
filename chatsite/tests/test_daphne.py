"""The server around small applications: how it ends, and which frames it lets in."""

import asyncio
import http.client
import signal
import socket
import threading
import time
import urllib.request
from contextlib import suppress
from statistics import median

import pytest
import websockets

from chatsite.inbox import UNREAD_FRAMES
from chatsite.testing.servers import wait_until
from chatsite.tests.peers import MIB, UPGRADE, flood_until, memory, push, round_trip, upgraded

pytestmark = pytest.mark.live


# --- The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_says_1012_to_peers_and_applications(small_server, number):
    server = small_server("echo")
    sockets = [await server.connect() for _ in range(3)]
    server.process.send_signal(number)
    for each in sockets:
        await asyncio.wait_for(each.wait_closed(), 20)
        assert each.close_code == 1012
    assert server.stop() == 0
    assert server.output.count("disconnect 1012") == 3
    assert "Traceback" not in server.output


async def test_a_stop_does_not_wait_for_ever(small_server):
    server = small_server("stubborn")
    sockets = [await server.connect() for _ in range(3)]
    start = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.stop) == 0
    assert time.monotonic() - start < 20
    assert [each.close_code for each in sockets] == [1012] * 3
    assert server.output == "gathered\n" * 3  # every application came to its end, and nothing complained


def test_a_stop_does_not_wait_for_peers_that_do_not_answer(small_server):
    server = small_server("echo")
    with upgraded(server) as deaf:
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 20  # 2 for the peers, the rest for a busy machine; a peer may take for ever
        assert deaf.recv(100)[:4] == b"\x88\x02\x03\xf4"  # the close frame with 1012
    assert server.output.splitlines() == ["connect", "disconnect 1012"]


def test_a_stop_lets_a_request_finish(small_server):
    server = small_server("slow")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    idle.connect()
    connection.request("GET", "/")
    server.wait_for("asked")
    assert server.stop() == 0
    assert connection.getresponse().read() == b"done"
    connection.close()
    idle.close()


def test_a_stop_in_the_middle_of_a_handshake(small_server):
    server = small_server("undecided")
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(UPGRADE)
        server.wait_for("asked")
        assert server.stop() == 0
        assert waiting.recv(1000).startswith(b"HTTP/1.1 503 ")
    assert server.output.splitlines() == ["asked", "disconnect 1012"]


# --- Frames


async def test_a_frame_at_the_limit_passes_and_one_above_is_1009(small_server):
    server = small_server("echo")
    async with server.connect() as peer:
        await peer.send("x" * 65536)
        assert await peer.recv() == "x" * 65536
        await peer.send("x" * 65537)
        with pytest.raises(websockets.ConnectionClosed):
            await peer.recv()
        assert peer.close_code == 1009
    server.wait_for("disconnect 1009")


async def test_a_message_in_fragments_has_the_same_limit(small_server):
    server = small_server("echo")
    async with server.connect() as peer:
        await peer.send(["é" * 8000, "b" * 49536])
        assert await peer.recv() == "é" * 8000 + "b" * 49536
        with suppress(websockets.ConnectionClosed):
            await peer.send("y" * 1000 for _ in range(70))
        await asyncio.wait_for(peer.wait_closed(), 20)
        assert peer.close_code == 1009


async def test_endless_empty_fragments_are_1009(small_server):
    server = small_server("echo")
    async with server.connect() as peer:
        with suppress(websockets.ConnectionClosed):
            await peer.send("" for _ in range(5000))
        await asyncio.wait_for(peer.wait_closed(), 20)
        assert peer.close_code == 1009


async def test_text_that_is_not_utf8_is_1007(small_server):
    server = small_server("echo")
    async with server.connect() as peer:
        await peer.send(b"\xed\xa0\x80", text=True)
        with pytest.raises(websockets.ConnectionClosed):
            await peer.recv()
        assert peer.close_code == 1007


async def test_nothing_is_compressed(small_server):
    server = small_server("echo")
    async with server.connect(compression="deflate") as peer:
        assert "permessage-deflate" in peer.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in peer.response.headers


async def test_frames_come_in_order_after_a_rest(small_server):
    """More than an inbox holds, to an application that reads slowly: it rests, wakes, and misses nothing."""
    server = small_server("dawdling")
    async with server.connect() as peer:
        count = UNREAD_FRAMES * 20
        for number in range(count):
            await peer.send(str(number))
        assert [int(await peer.recv()) for _ in range(count)] == list(range(count))
        await peer.send("most")
        assert int(await peer.recv()) <= UNREAD_FRAMES


async def test_a_close_is_answered_while_the_application_sleeps(small_server):
    server = small_server("asleep")
    async with server.connect() as peer:
        for _ in range(UNREAD_FRAMES * 2):
            await peer.send("x")
        server.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(peer.wait_closed(), 20)
        assert peer.close_code == 1012


async def test_a_socket_that_rests_still_hears_the_answer_to_its_close(small_server):
    server = small_server("weary")
    async with server.connect() as peer:
        for _ in range(UNREAD_FRAMES * 2):
            await peer.send("x")
        await asyncio.wait_for(peer.wait_closed(), 20)
        assert peer.close_code == 4408


def test_what_comes_before_the_application_has_accepted_is_bounded(small_server):
    server = small_server("undecided")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as hasty:
        hasty.sendall(UPGRADE)
        server.wait_for("asked")
        start = time.monotonic()
        with suppress(ConnectionError):  # it may be cut before it has said all of it
            push(hasty, UPGRADE * 100, at_most=MIB)
        server.wait_for("disconnect 1006")
        assert time.monotonic() - start < 10  # long before the handshake's own time is up
    assert server.output.splitlines() == ["asked", "disconnect 1006"]


async def test_frames_sent_before_the_accept_are_not_lost(small_server):
    server = small_server("hesitant")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as hasty:
        hasty.sendall(UPGRADE)
        server.wait_for("asked")
        hasty.sendall(b"\x81\x82\0\0\0\0hi")
        server.wait_for("heard hi")


def test_a_flood_to_a_sleeping_application_stops_at_the_sender(small_server):
    server = small_server("asleep")
    before = memory(server)
    with upgraded(server) as flooding:
        flooding.settimeout(1)
        frame = b"\x81\xfe\x10\x00abcd" + bytes(4096)
        sent = push(flooding, frame * 16, at_most=200 * MIB)
        assert sent < 20 * MIB  # the kernel's buffers and little more
        assert memory(server) - before < 10 * MIB


def test_pings_of_one_that_does_not_read_cost_nothing(small_server):
    server = small_server("echo_and_memory")
    before = memory(server)
    with upgraded(server) as pinging:
        pinging.settimeout(1)
        push(pinging, (b"\x89\xfdabcd" + bytes(125)) * 500, at_most=20 * MIB)
        assert memory(server) - before < 8 * MIB


async def test_small_frames_of_one_do_not_hold_up_another(small_server):
    """Ten thousand frames in one read, parsed at once, would be a quarter of a second for everybody else."""
    server = small_server("echo")
    with upgraded(server) as flooding:
        flooding.setblocking(False)
        async with server.connect() as peer:
            await (await peer.ping())
            stop, medians = threading.Event(), [1.0]
            thread = threading.Thread(target=flood_until, args=[flooding, stop])
            thread.start()
            try:
                while medians[-1] >= 0.2 and len(medians) <= 3:  # another try where the machine was busy
                    medians.append(median([await round_trip(peer) for _ in range(30)]))
            finally:
                stop.set()
                thread.join()
    assert medians[-1] < 0.2, medians


# --- Memory


def test_what_was_loaded_is_not_collected_again_and_again(small_server):
    """A collection of all objects would stop every socket for a tenth of a second."""
    server = small_server("collected")
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=20) as answer:
        put_aside, gone_through = map(int, answer.read().split())
    assert put_aside > 10 * gone_through


async def test_who_came_and_went_is_counted_however_they_went(small_server):
    """By that the collector knows when to look through them."""
    server = small_server("counted")

    def told() -> list[int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=20) as answer:
            return [*map(int, answer.read().split())]

    await (await server.connect()).close()
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"ws://127.0.0.1:{server.port}/ws/?silent")
    with upgraded(server):
        assert await asyncio.to_thread(wait_until, lambda: told() == [3, 2])
    assert await asyncio.to_thread(wait_until, lambda: told() == [3, 3])
