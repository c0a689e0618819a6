"""The grown-up frame: pages from gunicorn, sockets from two Daphne processes, PostgreSQL, a Redis that may die."""

import re
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from websockets.exceptions import ConnectionClosed

from chat.tests.live.frame import PASSWORD, Person, Process, Site, bodies, running

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

AT_ONCE, HEALED = 1.0, 5.0  # seconds


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(Site, tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture
def people(site: Site) -> Iterator[tuple[Person, Person]]:
    with ExitStack() as open_tabs:
        yield Person(site, open_tabs, "ada"), Person(site, open_tabs, "bo")


def test_a_post_through_wsgi_reaches_two_daphne_processes(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    tabs = [ada.tab(site.sockets[0]), bo.tab(site.sockets[1])]
    assert ada.post("Through the pages")["seq"] > tabs[0].opened["seq"]
    for tab in tabs:
        tab.hears("Through the pages", AT_ONCE)
    bo.post("And back")
    for tab in tabs:
        tab.hears("And back", AT_ONCE)


def test_words_of_one_process_reach_the_other(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    hers, his = ada.tab(site.sockets[0]), bo.tab(site.sockets[1])
    hers.say("message.post", ref="1", room=ada.room, client_id=str(uuid.uuid4()), body="Over the bridge")
    his.hears("Over the bridge", AT_ONCE)


def test_redis_down_costs_seconds_and_no_message(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    tabs = [ada.tab(site.sockets[0]), bo.tab(site.sockets[1])]
    site.redis.kill()
    try:
        ada.post("While Redis is down")
        for tab in tabs:
            tab.hears("While Redis is down", HEALED)
        late = bo.tab(site.sockets[0], after=tabs[0].opened["seq"])  # opening a room needs no Redis either
        assert "While Redis is down" in bodies(late.opened["messages"])
    finally:
        site.redis.start()
    time.sleep(1)  # a process notices within a second that it hears again
    bo.post("The first after its return")
    for tab in tabs:
        tab.hears("The first after its return", AT_ONCE)


def test_people_of_a_killed_process_are_gone_within_20_s(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    his = bo.tab(site.sockets[1])
    hers = ada.tab(site.sockets[0])
    while not (joined := [one for one in his.expect("presence", 3)["joined"] if one["handle"] == "ada"]):
        pass  # his own coming is told too
    hers.say("message.post", ref="last", room=ada.room, client_id=str(uuid.uuid4()), body="Last words")
    seq = hers.expect("ok")["seq"]
    site.sockets[0].end(signal.SIGKILL)
    begun = time.monotonic()
    assert his.expect("presence", 20)["left"] == [joined[0]["id"]]
    assert time.monotonic() - begun < 20
    assert "Last words" in bodies(bo.tab(site.sockets[1], after=seq - 1).opened["messages"])
    site.sockets[0].start()
    again = ada.tab(site.sockets[0], after=seq - 1)
    assert "Last words" in bodies(again.opened["messages"])


def test_a_session_ended_through_the_pages_ends_at_every_process(site: Site, people: tuple[Person, Person]) -> None:
    ada, _bo = people
    with ExitStack() as open_tabs:
        elsewhere = Person(site, open_tabs, "ada")
        tabs = [elsewhere.tab(process) for process in site.sockets]
        place = re.findall(r"/accounts/sessions/(\d+)/end/", ada.page("/accounts/sessions/"))[0]
        ada.give(f"/accounts/sessions/{place}/end/", {})
        for tab in tabs:
            with pytest.raises(ConnectionClosed) as closed:
                tab.expect("room.changes", HEALED)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


def test_guesses_are_counted_by_all_processes_together(site: Site) -> None:
    """Each with an address it made up, at one process after the other."""
    doors = [site.pages, *site.sockets]
    for number in range(5):
        assert not lets_in(doors[number % 3], "chiara", "wrong", forged=f"198.51.100.{number}")
    assert not any(lets_in(door, "chiara", PASSWORD, forged=f"192.0.2.{door.port % 250}") for door in doors)
    assert lets_in(doors[0], "ines", PASSWORD, forged="198.51.100.200"), "the premise: nobody else waits"


def lets_in(process: Process, handle: str, password: str, *, forged: str) -> bool:
    jar = CookieJar()
    web = build_opener(HTTPCookieProcessor(jar))
    web.addheaders = [("X-Forwarded-For", forged), ("X-Real-IP", forged), ("Forwarded", f"for={forged}")]
    place = f"{process.url}/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', web.open(place, timeout=10).read().decode())
    assert token is not None
    given = urlencode({"login": handle, "password": password, "csrfmiddlewaretoken": token[1]}).encode()
    web.open(place, given, timeout=10).close()
    return any(cookie.name.endswith("sessionid") and cookie.value for cookie in jar)
