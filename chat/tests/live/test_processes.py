"""The grown-up frame: pages from gunicorn, sockets from two Daphne processes, PostgreSQL, a Redis that may die."""

import re
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from websockets.exceptions import ConnectionClosed

from chat.tests.live.frame import PASSWORD, Person, Process, Site, Tab, bodies, running
from chat.tests.live.losers import ROOM, Keeper, Loser, Window, changes_password, leaves, signs_out
from chat.tests.live.talkers import Poster
from chatsite.testing.servers import Redis, wait_until

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

HEALED = 5.0  # seconds: the promise


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(Site, tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def people(site: Site, lines: ExitStack) -> tuple[Person, Person]:
    return Person(site, lines, "ada"), Person(site, lines, "bo")


def test_a_post_through_wsgi_reaches_two_daphne_processes(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    tabs = [ada.tab(site.sockets[0]), bo.tab(site.sockets[1])]
    assert ada.post("Through the pages")["seq"] > tabs[0].opened["seq"]
    for tab in tabs:
        tab.hears("Through the pages", HEALED)
    assert any(is_rung(site, bo.post, tabs) for _ in range(3))


def test_words_of_one_process_reach_the_other(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    hers, his = ada.tab(site.sockets[0]), bo.tab(site.sockets[1])

    def say(body: str) -> None:
        hers.say("message.post", ref=body, room=ada.room, client_id=str(uuid.uuid4()), body=body)

    assert any(is_rung(site, say, [his]) for _ in range(3))


def is_rung(site: Site, say: Callable[[str], Any], tabs: Sequence[Tab]) -> bool:
    """Whether it was the bell that told, not the clock that finds what no ring told: quicker at times, by chance."""
    healed = site.count("bells_healed_total")
    say(body := f"By the bell {uuid.uuid4()}")
    for tab in tabs:
        tab.hears(body, HEALED)
    return site.count("bells_healed_total") == healed


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
        assert not is_rung(site, ada.post, tabs)
    finally:
        site.redis.start()
    bo.post("The first after its return")
    for tab in tabs:
        tab.hears("The first after its return", HEALED)
    assert wait_until(lambda: is_rung(site, bo.post, tabs))


def test_people_of_a_killed_process_are_gone_within_20_s(site: Site, people: tuple[Person, Person]) -> None:
    ada, bo = people
    his = bo.tab(site.sockets[1])
    hers = ada.tab(site.sockets[0])
    while not (joined := [one for one in his.expect("presence")["joined"] if one["handle"] == "ada"]):
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
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', web.open(place, timeout=30).read().decode())
    assert token is not None
    given = urlencode({"login": handle, "password": password, "csrfmiddlewaretoken": token[1]}).encode()
    web.open(place, given, timeout=30).close()
    return any(cookie.name.endswith("sessionid") and cookie.value for cookie in jar)


# --- Promise 7

BREAKS: dict[str, Callable[[Redis], None]] = {"up": lambda redis: None, "down": Redis.kill, "hung": Redis.freeze}
# They come back in no other round.
GONE = {
    "up": ("elif", "fern", "goro"),
    "down": ("hana", "jonas", "karim"),
    "hung": ("lena", "mateo", "priya"),
}


@pytest.mark.parametrize("layer", BREAKS)
def test_the_right_ends_for_open_windows(site: Site, lines: ExitStack, layer: str) -> None:
    ada = Keeper(site, lines)
    gone = GONE[layer]
    losers = [
        Loser(site, lines, "dmitri", leaves),
        Loser(site, lines, "nour", ada.removes),
        Loser(site, lines, "otto", signs_out, 4401),
        Loser(site, lines, gone[0], changes_password, 4401),
        Loser(site, lines, gone[1], ada.bans, 4403),
        Loser(site, lines, gone[2], ada.deactivates, 4401),
    ]
    hers, speaker = Window(ada.person, site.sockets[0]), Poster(Person(site, lines, "bo"))
    speaker.start()
    assert wait_until(lambda: all(window.changes for loser in losers for window in loser.windows))
    BREAKS[layer](site.redis)
    try:
        for loser in losers:
            loser.lose()
        for loser in losers:
            loser.judge()
        heard = len(hers.changes)
        assert wait_until(lambda: len(hers.changes) > heard), "the premise: there is more to hear"
        for loser in losers:
            loser.judge()  # and nothing came after all
    finally:
        site.redis.thaw()
        if not site.redis.running:
            site.redis.start()
        speaker.hush()
    speaker.finish()
    losers[0].person.give(f"{ROOM}/join/", {})
    ada.person.give(f"{ROOM}/members/", {"handle": "nour"})
