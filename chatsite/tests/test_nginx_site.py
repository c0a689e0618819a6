"""deploy's own nginx files around processes that only write down what reaches them."""

import gzip
import http.client
import json
import re
import socket
import ssl
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from chatsite.testing.front import DEPLOY, HOST
from chatsite.testing.servers import wait_until
from chatsite.tests.behind_nginx import HANDSHAKE, Scene

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[2]
STYLE = "body { color: black; }\n" * 100
JSON = {"Accept": "application/json"}
POST_BEGUN = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "static" / "css").mkdir(parents=True)
    for name in ("style.css", "style.0123456789ab.css"):
        (folder / "static" / "css" / name).write_text(STYLE)
    (folder / "secret-key").write_text("never to be seen")
    return folder


@pytest.fixture
def scene(data):
    """Fresh for each test: limits remember."""
    with ExitStack() as stack:
        yield Scene(stack, data)


def is_coded(answer, status: int, code: str) -> None:
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("application/json")
    error = json.loads(answer.text)
    assert (error["type"], error["code"], error["ref"]) == ("error", code, None)
    assert error.get("retry_after") == (int(answer.headers["Retry-After"]) if "Retry-After" in answer.headers else None)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == ("nosniff", "same-origin")


# --- What reaches the site

FORGED = {
    "X-Forwarded-For": "203.0.113.7, 198.51.100.1",
    "X-Real-IP": "203.0.113.7",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Request-ID": "forged",
    "Forwarded": "for=203.0.113.7",
    "Daphne-Root-Path": "/evil",
    "Proxy": "http://evil.example",
    "SCRIPT_NAME": "/evil",
    "X_Forwarded_For": "203.0.113.7",
}


@pytest.mark.parametrize("path", ["/", "/ws/"])
def test_what_a_client_says_of_its_way_is_not_passed_on(scene, path):
    scene.ask(path, FORGED)
    process = next(each for each in (scene.pages, *scene.sockets) if each.heard)
    heard = {name.lower(): value for name, value in process.heard[0].items()}
    assert heard["x-forwarded-for"] == heard["x-real-ip"] == "127.0.0.1"
    assert heard["x-forwarded-proto"] == "https"
    assert heard["host"] == f"{HOST}:{scene.front.port}"
    assert re.fullmatch("[0-9a-f]{32}", heard["x-request-id"])
    overwritten = {"x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-request-id"}
    assert {name.lower() for name in FORGED} & set(heard) == overwritten


def test_only_the_socket_becomes_something_else_than_http(scene):
    scene.ask("/rooms/harbour/", HANDSHAKE)
    assert "Upgrade" not in scene.pages.heard[0]
    assert scene.pages.heard[0]["Connection"] == "close"
    assert scene.ask("/ws/", HANDSHAKE).status == 101
    assert not scene.pages.heard[1:]


def test_sockets_go_to_both_processes(scene):
    with ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(closing(scene.connection()))
            connection.request("GET", "/ws/", headers=HANDSHAKE)
            assert connection.getresponse().status == 101
        assert [len(process.heard) for process in scene.sockets] == [2, 2]


# --- Limits


def test_a_large_body_is_refused_in_words(scene):
    is_coded(scene.ask("/rooms/new/", JSON, method="POST", body=b"x" * 1_100_000), 413, "too_large")
    page = scene.ask("/rooms/new/", method="POST", body=b"x" * 1_100_000)
    assert (page.status, page.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not scene.pages.heard
    assert scene.ask("/rooms/new/", method="POST", body=b"x" * 900_000).status == 200
    assert scene.ask("/settings/picture/", method="POST", body=b"x" * 5_300_000).status == 200
    is_coded(scene.ask("/settings/picture/", JSON, method="POST", body=b"x" * 6_300_000), 413, "too_large")


@pytest.mark.parametrize("path", ["/", "/static/css/none.css"])
def test_a_flood_of_requests_is_refused_in_words_and_files_go_on(scene, path):
    with closing(scene.connection()) as line:
        answers = [scene.ask(path, JSON, connection=line) for _ in range(260)]
        refused = [answer for answer in answers if answer.status == 429]
        assert answers[0].status == answers[199].status == 200
        assert refused
        is_coded(refused[0], 429, "rate_limited")
        assert scene.ask("/static/css/style.css", connection=line).status == 200


def test_a_flood_of_handshakes_is_refused(scene):
    with closing(scene.connection()) as line:
        statuses = [scene.ask("/ws/", connection=line).status for _ in range(140)]
    assert statuses[:100] == [200] * 100
    assert 429 in statuses


def test_so_many_sockets_from_one_address_and_no_more(data):
    with ExitStack() as stack:
        scene = Scene(stack, data, {"limit_conn chatrooms_open_sockets 200;": "limit_conn chatrooms_open_sockets 5;"})
        statuses = []
        for _ in range(6):
            connection = stack.enter_context(closing(scene.connection()))
            connection.request("GET", "/ws/", headers=HANDSHAKE)
            statuses.append(connection.getresponse().status)
        assert statuses == [101] * 5 + [429]


def test_so_many_requests_at_once_and_no_more(data):
    with ExitStack() as stack:
        scene = Scene(stack, data, {"limit_conn chatrooms_at_once 100;": "limit_conn chatrooms_at_once 2;"})
        for _ in range(2):
            stack.enter_context(closing(scene.connection())).request("GET", "/slow/")
        assert wait_until(lambda: len(scene.pages.heard) == 2)
        is_coded(scene.ask("/", JSON), 429, "rate_limited")


@pytest.mark.parametrize("sent", ["GET / HTTP/1.1\r\nHost: localhost\r\n", POST_BEGUN], ids=["header", "body"])
def test_who_sends_too_slowly_is_cut_off(data, sent):
    quick = {f"client_{part}_timeout 15s;": f"client_{part}_timeout 1s;" for part in ("header", "body")}
    with ExitStack() as stack:
        scene = Scene(stack, data, quick)
        raw = stack.enter_context(socket.create_connection(("127.0.0.1", scene.front.port), timeout=20))
        line = stack.enter_context(scene.trust.wrap_socket(raw, server_hostname=HOST))
        line.sendall(sent.encode())
        assert line.recv(1000) == b""
        assert not scene.pages.heard


# --- A process is away


def test_pages_go_on_while_gunicorn_is_away(scene):
    scene.pages.close()
    for number in range(4):
        answer = scene.ask(f"/{number}", method="POST", body=b"words")
        assert answer.status == 200
        assert answer.text.split()[0] in {b"one", b"two"}


def test_sockets_go_to_the_process_that_is_there(scene):
    scene.sockets[0].close()
    assert [scene.ask("/ws/", HANDSHAKE).status for _ in range(6)] == [101] * 6


def test_a_process_that_is_just_going_is_passed_over(scene):
    """It answers a handshake with 503; a page's 503 is the site's own word and stays."""
    scene.sockets[0].status = scene.pages.status = 503
    assert {scene.ask("/ws/").text for _ in range(4)} == {b"two /ws/"}
    assert scene.ask("/").text == b"pages /"


def test_a_message_that_meets_a_dying_process_is_taken_by_another(scene):
    """It alone: what else was asked may have been done, and has no name of its writer's to be known by."""
    scene.pages.hangs_up = scene.sockets[0].hangs_up = True
    is_coded(scene.ask("/rooms/new/", JSON, method="POST", body=b"words"), 503, "unavailable")
    assert not any(process.heard for process in scene.sockets)
    assert scene.ask("/rooms/harbour/messages/", method="POST", body=b"words").text == b"two /rooms/harbour/messages/"


def test_with_nobody_there_it_says_so_and_when_to_come_again(scene):
    for process in (scene.pages, *scene.sockets):
        process.close()
    is_coded(scene.ask("/rooms/harbour/messages/", JSON, method="POST", body=b"words"), 503, "unavailable")
    page = scene.ask("/")
    assert (page.status, page.headers["Retry-After"]) == (503, "2")
    assert b"Back in a moment" in page.text
    assert scene.ask("/ws/", HANDSHAKE).status == 503


# --- Files, and what is not for everybody


def test_files_come_from_nginx_small_and_kept(scene):
    hashed = scene.ask("/static/css/style.0123456789ab.css", {"Accept-Encoding": "gzip"})
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["Content-Type"] == "text/css; charset=utf-8"
    assert hashed.headers["X-Content-Type-Options"] == "nosniff"
    assert (hashed.headers["Content-Encoding"], hashed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(hashed.text).decode() == STYLE
    plain = scene.ask("/static/css/style.css")
    assert (plain.headers["Cache-Control"], plain.text.decode()) == ("public, max-age=60", STYLE)
    assert not scene.pages.heard


def test_every_kind_of_file_we_have_has_a_type():
    (types, *_) = re.findall(r"types \{(.*?)\}", (DEPLOY / "chatrooms.conf").read_text(), re.DOTALL)
    known = set(re.findall(r"\w+", types))
    kinds = {path.suffix[1:] for path in (ROOT / "static").rglob("*") if path.is_file() and path.suffix}
    assert kinds <= known


def test_pages_of_errors_name_files_that_are_there():
    """By their plain names: nginx has them when nobody behind it answers."""
    pages = sorted((DEPLOY / "errors").glob("*.html"))
    assert {page.stem for page in pages} == {page.stem for page in (DEPLOY / "errors").glob("*.json")}
    named = {name for page in pages for name in re.findall(r'"/(static/[^"]+)"', page.read_text())}
    assert len(named) > 3
    assert not [name for name in named if not (ROOT / name).is_file()]


@pytest.mark.parametrize("path", ["/static/../secret-key", "/static/%2e%2e/secret-key", "/static../secret-key"])
def test_nothing_else_of_the_data_folder_is_served(scene, path):
    assert b"never to be seen" not in scene.ask(path).text


def test_a_file_that_is_not_there_is_the_sites_to_answer(scene):
    assert scene.ask("/static/css/other.css").text == b"pages /static/css/other.css"


@pytest.mark.parametrize("path", ["/metrics", "/errors/429.html", "/errors/503.json"])
def test_what_is_not_for_everybody_is_not_there(scene, path):
    answer = scene.ask(path, JSON)
    is_coded(answer, 404, "not_found")
    assert answer.headers["Server"] == "nginx", "and its version is nobody's business"
    assert not scene.pages.heard


# --- TLS, logs, times


def test_plain_http_only_leads_to_https(scene):
    with closing(http.client.HTTPConnection(HOST, scene.front.http_port, timeout=20)) as plain:
        plain.request("GET", "/rooms/harbour/?before=3")
        answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"{scene.front.url}/rooms/harbour/?before=3")
    assert not scene.pages.heard


def test_old_tls_is_refused(scene):
    old = scene.front.trust()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    line = http.client.HTTPSConnection(HOST, scene.front.port, timeout=20, context=old)
    with closing(line), pytest.raises(ssl.SSLError):
        line.request("GET", "/")


def test_no_query_and_no_one_time_link_reaches_a_log(scene):
    secrets = ("/rooms/harbour/?q=s3cret", "/set-up/s3cret/", "/accounts/password/reset/key/1-s3cret/", "/demo/s3cret/")
    for path in (*secrets, "/accounts/confirm-email/s3cret/", "/join/7-s3cret/"):
        assert scene.ask(path).status == 200
    for process in (scene.pages, *scene.sockets):
        process.close()
    for path in secrets:
        assert scene.ask(path).status == 503  # what goes wrong is logged elsewhere
    assert scene.ask("/static/css/style.css").status == 200  # by nginx itself, and not worth a line
    assert scene.ask("/healthz").status == 503
    assert wait_until(lambda: "/healthz" in scene.front.access_log)
    assert scene.front.access_log.count("\n") == 11
    assert '"/rooms/harbour/" 200' in scene.front.access_log
    assert '"/set-up/-" 200' in scene.front.access_log
    logs = [scene.front.access_log, scene.front.log.read_text(), (scene.front.folder / "error.log").read_text()]
    assert not [log for log in logs if "s3cret" in log]


def test_a_quiet_socket_outlives_the_heartbeat():
    """Measured times would take minutes: the figures of both sides are compared instead."""
    client = (ROOT / "static" / "js" / "socket.js").read_text()
    (silence,) = (int(figure) / 1000 for figure in re.findall(r"SILENCE_MS = ([\d_]+)", client))
    site = (DEPLOY / "chatrooms.conf").read_text()
    times = [int(seconds) for seconds in re.findall(r"proxy_(?:read|send)_timeout (\d+)s", site)]
    assert len(times) == 2
    assert min(times) > silence
