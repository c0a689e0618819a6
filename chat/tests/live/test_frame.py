"""The frame as deploy/ describes it: nginx with TLS before gunicorn and two Daphnes, all of it changed while in use."""

import http.client
import re
import signal
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlencode

import pytest

from chat.tests.live.crowd import Crowd
from chat.tests.live.frame import PASSWORD, Fronted, Person, Process, running
from chat.tests.live.talkers import Poster, Talker, assert_kept, end, goes_on
from chatsite.testing.finding import Missing
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

HEALED, LONGEST = 5.0, 30.0  # seconds; 0.3 s and 4 s on a quiet machine
BACK = 15.0  # seconds until a window is live again: the promise
QUIET = 16  # windows beside those who talk
TALKERS = ("ada", "bo", "chiara", "dmitri")
POSTERS = ("elif", "fern")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    try:
        with running(Fronted, tmp_path_factory.mktemp("frame")) as started:
            yield started
    except Missing as reason:
        pytest.skip(str(reason))


@pytest.fixture
def open_tabs() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def ask(site: Fronted, path: str, headers: dict[str, str] | None = None, *, source: str = "127.0.0.1", fields=None):
    """One exchange with nginx from this address of the loopback network; the answer has its text and cookies."""
    line = http.client.HTTPSConnection(
        "localhost", site.front.port, timeout=30, context=site.trust, source_address=(source, 0)
    )
    with closing(line):
        body = urlencode(fields) if fields else None
        form = {"Content-Type": "application/x-www-form-urlencoded", "Referer": site.address} if fields else {}
        line.request("POST" if fields else "GET", path, body, {**form, **(headers or {})})
        answer = line.getresponse()
        answer.text = answer.read().decode(errors="replace")  # of a picture nobody reads it
        answer.cookies = dict(re.findall(r"([\w-]+)=([^;]*);", ";".join(answer.headers.get_all("Set-Cookie", []))))
        return answer


def test_a_post_over_https_is_heard_over_wss(site: Fronted, open_tabs: ExitStack) -> None:
    ada, bo = Person(site, open_tabs, "ada"), Person(site, open_tabs, "bo")
    tab = bo.tab()
    ada.post("Through the whole frame")
    tab.hears("Through the whole frame", HEALED)


def test_a_socket_from_another_site_is_refused(site: Fronted) -> None:
    handshake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    assert ask(site, "/ws/", {**handshake, "Origin": site.address}).status == 101
    assert ask(site, "/ws/", {**handshake, "Origin": "https://evil.example"}).status == 403


def test_the_site_knows_it_is_spoken_to_over_tls(site: Fronted) -> None:
    answer = ask(site, "/accounts/login/", {"X-Forwarded-Proto": "http", "Daphne-Root-Path": "/evil"})
    assert answer.status == 200
    assert "__Host-csrftoken" in answer.cookies
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]
    assert "/evil" not in answer.text


def test_the_files_of_a_page_come_from_nginx_and_are_kept(site: Fronted) -> None:
    page = ask(site, "/accounts/login/").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) > 3, "the premise: joined as they are, there are some"
    for path in files:
        answer = ask(site, path)
        kept = answer.headers["Cache-Control"]  # the site itself would say it in other words
        assert (answer.status, kept) == (200, "public, max-age=31536000, immutable")


def test_a_body_past_the_sites_own_limit_is_refused_in_its_own_words(site: Fronted, open_tabs: ExitStack) -> None:
    ada = Person(site, open_tabs, "ada")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.jar)
    headers = {"Accept": "application/json", "X-CSRFToken": ada.cookie("csrftoken"), "Cookie": cookies}
    for size in (300_000, 1_200_000):  # Django's, nginx's
        answer = ask(site, "/rooms/harbour/messages/", headers, fields={"body": "x" * size})
        assert answer.status == 413
        assert '"code": "too_large"' in answer.text


# --- Who is asking


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 as addresses of its own")
def test_a_forged_address_neither_evades_a_limit_nor_puts_one_on_another(site: Fronted) -> None:
    """Failed attempts from one address, each under another forged one, that of the innocent first."""
    assert sign_in(site, "ada", PASSWORD, source="127.0.0.2", forged="203.0.113.99").status == 302
    for number in range(12):
        forged = "127.0.0.1" if number < 6 else f"203.0.113.{number}"
        last = sign_in(site, f"nobody{number}", "wrong", source="127.0.0.2", forged=forged)
    assert "tried too often" in last.text
    assert sign_in(site, "ada", PASSWORD, source="127.0.0.2", forged="203.0.113.99").status == 200, "the form again"
    assert sign_in(site, "ada", PASSWORD, source="127.0.0.1", forged="127.0.0.2").status == 302


def sign_in(site: Fronted, handle: str, password: str, *, source: str, forged: str):
    lies = {"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}"}
    form = ask(site, "/accounts/login/", lies, source=source)
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text))
    cookies = {"Cookie": f"__Host-csrftoken={form.cookies['__Host-csrftoken']}"}
    fields = {"login": handle, "password": password, "csrfmiddlewaretoken": token}
    return ask(site, "/accounts/login/", lies | cookies, source=source, fields=fields)


# --- Changing it while it is in use


def test_reload_and_rolling_restart_lose_nothing_and_fail_no_send(site: Fronted, open_tabs: ExitStack) -> None:
    talkers = [Talker(Person(site, open_tabs, handle)) for handle in TALKERS]
    posters = [Poster(Person(site, open_tabs, handle)) for handle in POSTERS]
    before = {each.id for each in site.record()}
    everybody = [*talkers, *posters]
    crowd = Crowd([each.person for each in talkers], QUIET)
    for each in (*everybody, crowd):
        each.start()
    assert wait_until(lambda: crowd.is_there)
    goes_on(everybody)
    lines = [talker.lines for talker in talkers]
    site.front.reload()
    goes_on(everybody)
    assert [talker.lines for talker in talkers] == lines, "a reload cuts no socket"
    for process in site.sockets:
        restart(process, everybody)
    site.pages.tell(signal.SIGHUP)
    goes_on(everybody)
    assert site.pages.end() == 0  # a restart instead of a reload: a socket process serves the pages meanwhile
    goes_on(everybody)
    restart(site.sockets[0], everybody)  # ... and is restarted itself: requests under way are answered
    site.pages.start()
    goes_on(everybody)
    end(everybody)
    assert wait_until(lambda: crowd.has_heard(max(each.seq for each in site.record())))
    crowd.finish()
    assert set(crowd.codes) | {code for talker in talkers for code in talker.codes} == {1012}
    assert crowd.codes.total() >= QUIET, "all of them were on a process that was restarted"
    assert crowd.longest < BACK
    assert_kept([each for each in site.record() if each.id not in before], everybody)
    for talker in talkers:
        assert talker.lines >= 2, "its process was restarted"
        assert talker.longest < LONGEST


def restart(process: Process, everybody: list[Talker | Poster]) -> None:
    assert process.end() == 0
    goes_on(everybody)
    process.start()
    goes_on(everybody)


def test_old_tls_and_strangers_certificates(site: Fronted) -> None:
    """Nobody is asked to look away: a client that does not know the certificate refuses it."""
    line = http.client.HTTPSConnection("localhost", site.front.port, context=ssl.create_default_context())
    with closing(line), pytest.raises(ssl.SSLCertVerificationError):
        line.request("GET", "/")
