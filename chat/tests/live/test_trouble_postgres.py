"""PostgreSQL in trouble: away, started again, held by others, read-only. The server goes on by itself each time."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from chat.tests.live.troubled import (
    NO_DISK,
    Troubled,
    Words,
    ask,
    assert_nothing_is_taken,
    assert_told_once,
    assert_told_to_wait,
    assert_well_again,
    full,
    people,
    small_disk,
)
from chatsite.testing import seeded
from chatsite.testing.servers import PostgreSQL, wait_until

pytestmark = [pytest.mark.live, pytest.mark.postgres, pytest.mark.slow]

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
PAGE_OF_WORDS = 100  # a page of the table takes fewer
POOL = 6  # as impatient_settings.py has it


class Stood(Troubled):
    """On a PostgreSQL of its own, which the tests stop and start; never the one that other tests use."""

    def __init__(self, folder: Path, grown_up: Path, postgres: PostgreSQL) -> None:
        super().__init__(folder, grown_up / "data", DATABASE_URL=postgres.url)
        self.postgres = postgres
        seeded.load(grown_up, postgres.url)

    @contextmanager
    def beside(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.postgres.url, autocommit=True) as other:
            yield other

    def connections(self) -> int:
        """Of the server, as the database counts them."""
        with self.beside() as other:
            return len(other.execute(f"SELECT pid {OTHERS}").fetchall())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, grown_up: Path) -> Iterator[Stood]:
    with ExitStack() as stack:
        site = Stood(tmp_path_factory.mktemp("stood"), grown_up, stack.enter_context(PostgreSQL()))
        stack.callback(site.stop)
        site.start()
        yield site


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_away_and_back(site: Stood, how: str) -> None:
    """In order or by a crash; then everybody is served by the process that was there all the time."""
    assert site.process is not None
    process = site.process.pid
    with people(site) as (ada, bo):
        tab = ada.tab()
        getattr(site.postgres, how)()
        try:
            said = assert_nothing_is_taken(ada, bo, tab)
            assert_told_to_wait(ask(bo, "/rooms/harbour/"))
        finally:
            site.postgres.start()
        assert_well_again(site, ada, bo, tab, said)
    assert site.process.pid == process
    assert site.process.poll() is None


def test_all_connections_wait_for_somebody(site: Stood) -> None:
    with people(site) as (ada, bo), ThreadPoolExecutor(12) as crowd, site.beside() as other:
        tab = ada.tab()
        with other.transaction():
            other.execute("LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
            words = [Words() for _number in range(12)]
            for answer in crowd.map(lambda one: one.by_http(bo), words):
                assert_told_to_wait(answer)
            said = assert_nothing_is_taken(ada, bo, tab)
        assert_well_again(site, ada, bo, tab, [*said, *words])


def test_read_only(site: Stood) -> None:
    """As a standby is, or a primary that ran out of transaction numbers: who only reads goes on."""
    with people(site) as (ada, bo):
        tab = ada.tab()
        with read_only(site):
            assert wait_until(lambda: "Harbour" in ask(bo, "/rooms/harbour/")[2], seconds=10, every=0.1)
            said = assert_nothing_is_taken(ada, bo, tab)
            assert bo.tab().opened["type"] == "room.changes"
        assert_well_again(site, ada, bo, tab, said)


@contextmanager
def read_only(site: Stood) -> Iterator[None]:
    """Settings of a database hold for new connections, so all that there are end."""
    end_all = f"SELECT pg_terminate_backend(pid) {OTHERS}"
    with site.beside() as other:
        other.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        other.execute(end_all)
    try:
        yield
    finally:
        with site.beside() as other:
            other.execute("SET default_transaction_read_only = off")
            other.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
            other.execute(end_all)


def test_a_full_disk(site: Stood) -> None:
    """Where the messages lie; a full disk of its journal ends PostgreSQL, which is the crash above."""
    since = len(site.log)
    with people(site) as (ada, bo), small_disk_of(site) as disk:
        tab = ada.tab()
        with full(disk):
            answers = (Words().by_socket(tab, ada.room)["type"] for _number in range(PAGE_OF_WORDS))
            assert "error" in answers, "the last page has room for some more, and for no others"
            said = assert_nothing_is_taken(ada, bo, tab)
            assert "Harbour" in bo.page("/rooms/harbour/")
        assert_well_again(site, ada, bo, tab, said)
    assert_told_once(site, since)


@contextmanager
def small_disk_of(site: Stood) -> Iterator[Path]:
    """The messages lie on it meanwhile. Skips where there can be none."""
    place = site.postgres.folder / "small"
    place.mkdir()
    with small_disk(place) as disk, site.beside() as other:
        if disk is None:
            pytest.skip(NO_DISK)
        space = disk / "space"
        space.mkdir()
        shutil.chown(space, site.postgres.account())
        other.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        other.execute("ALTER TABLE chat_message SET TABLESPACE small")
        try:
            yield disk
        finally:
            other.execute("ALTER TABLE chat_message SET TABLESPACE pg_default")
            other.execute("DROP TABLESPACE small")


def test_after_all_that_nothing_is_left(site: Stood) -> None:
    """Neither connections past the pool, nor transactions that nobody ends, nor a log full of it."""
    assert_told_once(site)
    assert wait_until(lambda: site.connections() <= POOL, seconds=20, every=0.2)
    idle = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    with site.beside() as other:
        assert wait_until(lambda: other.execute(idle).fetchone() == (0,), seconds=20, every=0.2)
