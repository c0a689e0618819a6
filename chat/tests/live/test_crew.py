"""`WORKERS=2` in use: workers are killed, replaced by SIGHUP, left without their parent, while people talk."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from chat.tests.live.crowd import Crowd
from chat.tests.live.frame import Person, Process, Site, running
from chat.tests.live.talkers import Poster, Talker, assert_kept, end, goes_on
from chatsite.testing.servers import Redis, wait_until

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

BACK, LONGEST = 15.0, 30.0  # seconds; 2 s and 3 s on a quiet machine
QUIET = 16  # windows beside those who talk
PATIENCE = 120.0  # seconds for all workers to be new


class Crewed(Site):
    """One `serve` with two workers, for pages and sockets."""

    def __init__(self, folder: Path, database_url: str, redis: Redis) -> None:
        super().__init__(folder, database_url, redis)
        self.pages = Process(self, "crew", sys.executable, "manage.py", "serve")
        self.sockets = []
        self.address = self.pages.url
        self.environment |= {"SITE_URL": self.address, "WORKERS": "2"}

    @property
    def parent(self) -> psutil.Process:
        assert self.pages.popen is not None
        return psutil.Process(self.pages.popen.pid)

    def workers(self) -> list[psutil.Process]:
        return self.parent.children()

    def new_workers(self, old: list[psutil.Process]) -> list[psutil.Process]:
        return [worker for worker in self.workers() if worker not in old]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crewed]:
    with running(Crewed, tmp_path_factory.mktemp("crew")) as started:
        yield started


@pytest.fixture
def open_tabs() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_a_killed_worker_is_replaced_and_nothing_is_lost(site: Crewed, open_tabs: ExitStack) -> None:
    talkers = [Talker(Person(site, open_tabs, handle)) for handle in ("ada", "bo", "chiara", "dmitri")]
    before = {each.id for each in site.record()}
    for talker in talkers:
        talker.start()
    goes_on(talkers)
    old = site.workers()
    assert len(old) == 2
    assert [line.status for line in site.parent.net_connections()] == ["LISTEN"], "the parent asks no server"
    for number, worker in enumerate(old, 1):
        worker.kill()
        goes_on(talkers)
        assert wait_until(lambda count=number: len(site.new_workers(old)) == count)
        assert wait_until(lambda count=number: site.pages.log.read_text().count("ended with -9") == count)
    goes_on(talkers)
    end(talkers)
    assert_kept([each for each in site.record() if each.id not in before], talkers)
    assert {code for talker in talkers for code in talker.codes} == {1006}
    assert max(talker.longest for talker in talkers) < LONGEST


def test_sighup_replaces_all_loses_nothing_and_fails_no_send(site: Crewed, open_tabs: ExitStack) -> None:
    talkers = [Talker(Person(site, open_tabs, handle)) for handle in ("ada", "bo", "chiara", "dmitri")]
    posters = [Poster(Person(site, open_tabs, handle)) for handle in ("elif", "fern")]
    before = {each.id for each in site.record()}
    everybody = [*talkers, *posters]
    crowd = Crowd([each.person for each in talkers], QUIET)
    for each in (*everybody, crowd):
        each.start()
    assert wait_until(lambda: crowd.is_there)
    goes_on(everybody)
    old = site.workers()
    site.pages.tell(signal.SIGHUP)
    assert wait_until(lambda: "all 2 workers are new" in site.pages.log.read_text(), seconds=PATIENCE)
    assert len(site.new_workers(old)) == len(site.workers()) == 2
    goes_on(everybody)
    end(everybody)
    assert wait_until(lambda: crowd.has_heard(max(each.seq for each in site.record())))
    crowd.finish()
    assert_kept([each for each in site.record() if each.id not in before], everybody)
    assert set(crowd.codes) | {code for talker in talkers for code in talker.codes} == {1012}
    assert crowd.codes.total() >= QUIET, "each was on a worker that left"
    assert crowd.longest < BACK
    assert max(talker.longest for talker in talkers) < LONGEST


def end_at_last(worker: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        worker.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_with_the_parent_all_end_in_order(site: Crewed, open_tabs: ExitStack, number: int, code: int) -> None:
    """Also when somebody kills it: nobody is left to hold the port."""
    if not site.pages.running:
        site.pages.start()
    ada = Person(site, open_tabs, "ada")
    tabs, workers = [ada.tab() for _ in range(4)], site.workers()
    for worker in workers:
        open_tabs.callback(end_at_last, worker)
    site.pages.tell(number)
    for tab in tabs:
        with pytest.raises(ConnectionClosed) as closed:
            tab.expect("nothing")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    assert site.pages.popen is not None
    assert site.pages.popen.wait(60) == code
    assert wait_until(lambda: not any(worker.is_running() for worker in workers))
    assert "Traceback" not in site.pages.log.read_text()
