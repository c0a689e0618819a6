"""Requests to the server around small applications: bodies are bounded, and never in memory as a whole."""

import http.client
import socket
import time

import pytest

from chatsite.tests.peers import MIB, everything, memory

pytestmark = pytest.mark.live


def test_a_body_above_the_limit_is_refused_before_it_is_sent(small_server):
    server = small_server("echo")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(33 * MIB))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_without_a_length_has_the_same_limit(small_server):
    server = small_server("echo")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/", body=(bytes(MIB) for _ in range(33)), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_client_that_asks_first_is_told_at_once(small_server):
    server = small_server("echo")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as asking:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
        asking.sendall(head % (33 * MIB))
        assert everything(asking).count(b"HTTP/1.1") == 1


def test_a_body_is_refused_once_even_when_its_end_comes_with_its_excess(small_server):
    server = small_server("echo")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(32):
            peer.sendall(b"100000\r\n" + bytes(MIB) + b"\r\n")
        time.sleep(0.5)  # what follows must arrive in one piece
        peer.sendall(b"1\r\nx\r\n0\r\n\r\n")
        answer = everything(peer)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_large_body_arrives_whole_and_never_lies_in_memory(small_server):
    server = small_server("count_body")
    before = memory(server, "/memory")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/", body=bytes(30 * MIB))
    size, peak = connection.getresponse().read().split()
    connection.close()
    assert int(size) == 30 * MIB
    assert int(peak) - before < 8 * MIB


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072])
def test_bodies_around_the_size_of_a_chunk(small_server, size):
    server = small_server("count_body")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/", body=bytes(size))
    assert int(connection.getresponse().read().split()[0]) == size
    connection.close()


def test_a_download_waits_for_a_slow_client(small_server):
    """It stays where it was, instead of in memory; then it arrives whole."""
    server = small_server("download")
    before = memory(server, "/memory")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        slow.sendall(b"GET /file HTTP/1.0\r\nHost: x\r\n\r\n")
        received = len(slow.recv(MIB))
        time.sleep(1)
        assert memory(server, "/memory") - before < 8 * MIB
        assert server.process.poll() is None
        while chunk := slow.recv(MIB):
            received += len(chunk)
    assert received > 64 * MIB


async def test_nobody_moves_the_site_by_a_header(small_server):
    server = small_server("root_path")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/", headers={"Daphne-Root-Path": "/elsewhere"})
    assert connection.getresponse().read() == b"''"
    connection.close()
    async with server.connect(additional_headers={"Daphne-Root-Path": "/elsewhere"}) as peer:
        assert await peer.recv() == "''"
