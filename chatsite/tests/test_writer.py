"""The writer of our Daphne: frames on the wire in order, an honest count of what is unsent, a cut."""

import asyncio
import re
import socket
import time
from types import SimpleNamespace

import pytest
import websockets

from chatsite.tests.conftest import SmallServer
from chatsite.tests.test_daphne import upgraded
from chatsite.writer import can_write_to

pytestmark = pytest.mark.live


async def test_frames_of_the_writer_and_of_send_arrive_whole_and_in_order(small_server):
    server = small_server("writing")
    peer = await server.connect()
    await peer.send("mixed")
    received = [text async for text in texts(peer)]
    assert [int(text.split()[0]) for text in received] == list(range(2000))
    for number, text in enumerate(received):
        assert text == f"{number} " + "é" * (400_000 if number % 500 == 0 else number % 300)
    assert peer.close_code == 4408
    server.wait_for("disconnect 4408")
    # The premise: the kernel did not take it all, so frames had to queue behind unsent ones.
    assert int(server.output.split("unsent ")[1].split()[0]) > 500_000


async def texts(peer: websockets.ClientConnection):
    try:
        while True:
            yield await asyncio.wait_for(peer.recv(), 20)
    except websockets.ConnectionClosed:
        return


async def test_the_writer_serves_accepted_sockets_only_and_closed_ones_in_silence(small_server):
    server = small_server("writing")
    peer = await server.connect()
    await peer.close()
    server.wait_for("disconnect 1000")
    assert server.output.splitlines()[0] == "refused"
    assert server.stop() == 0
    assert "Traceback" not in server.output


def test_an_offer_past_the_bound_is_not_taken_and_tears_no_hole(small_server):
    server = small_server("writing")
    with upgraded(server) as peer:
        peer.sendall(b"\x81\x85\0\0\0\0offer")
        server.wait_for("taken")
        received = b""
        while not received.endswith(b"\x88\x02\x11\x38"):  # the close
            received += peer.recv(1 << 20)
    taken, unsent = (int(word) for word in server.output.split("taken ")[1].split()[:3:2])
    assert 100_000 < unsent < 130_000  # one frame went over it
    assert [int(number) for number in re.findall(rb"\d{6}", received)] == list(range(taken + 1))
    assert "again True" in server.output


def test_a_transport_of_another_make_has_no_writer():
    """What is not there cannot be written to: the application falls back to `send`."""
    known = {"dataBuffer": b"", "offset": 0, "_tempDataLen": 0, "socket": object()}
    assert can_write_to(SimpleNamespace(**known))
    for name in known:
        assert not can_write_to(SimpleNamespace(**{key: value for key, value in known.items() if key != name}))


def test_nothing_follows_the_close_frame(small_server):
    server: SmallServer = small_server("writing")
    with upgraded(server) as peer:
        peer.sendall(b"\x81\x83\0\0\0\0bye")
        time.sleep(0.3)
        assert peer.recv(1000) == b"\x88\x02\x11\x38"  # 4408, and no more


def test_one_that_says_goodbye_and_does_not_read_is_cut(small_server):
    """Its connection would otherwise wait for ever to be flushed, and its application for the disconnect."""
    server: SmallServer = small_server("writing")
    with upgraded(server) as peer:
        peer.sendall(b"\x81\x84\0\0\0\0pile")
        server.wait_for("piled")
        peer.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
        server.wait_for("disconnect 1000")
        server.wait_for("left 0")  # nobody waits until it is taken


def test_what_a_reader_does_not_read_is_counted_and_can_be_cut(small_server):
    server: SmallServer = small_server("writing")
    with upgraded(server) as peer:
        peer.sendall(b"\x81\x85\0\0\0\0flood")
        server.wait_for("disconnect 1006")
        server.wait_for("left 0")
        assert "grown by 1000" in server.output  # 996 bytes of payload and four of header
        with pytest.raises(ConnectionResetError):
            read_all(peer)


def read_all(peer: socket.socket) -> None:
    while peer.recv(1_000_000):
        pass
