"""SQLite in trouble: locked by somebody else, on a full disk. Nothing is acknowledged that is not stored."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat.tests.live.frame import ROOT
from chat.tests.live.troubled import (
    NO_DISK,
    Troubled,
    Words,
    assert_nothing_is_taken,
    assert_told_once,
    assert_told_to_wait,
    assert_well_again,
    full,
    locked,
    people,
    small_disk,
)

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    with small_disk(tmp_path_factory.mktemp("disk")) as disk:
        yield disk


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, town: Path, disk: Path | None) -> Iterator[Troubled]:
    site = Troubled(tmp_path_factory.mktemp("troubled"), town, disk)
    try:
        site.start()
        yield site
    finally:
        site.stop()


def test_locked_by_another_program(site: Troubled) -> None:
    since = len(site.log)
    with people(site) as (ada, bo):
        tab = ada.tab()
        with locked(site.data):
            said = assert_nothing_is_taken(ada, bo, tab)
            assert "Harbour" in bo.page("/rooms/harbour/"), "who only reads goes on"
            assert bo.tab().opened["type"] == "room.changes"
        assert_well_again(site, ada, bo, tab, said)
    assert_told_once(site, since)


def test_those_who_wait_wait_together(site: Troubled) -> None:
    """Twelve who write at once are all told within the time of one; then no thread is left with their work."""
    with people(site) as (ada, bo), ThreadPoolExecutor(12) as crowd:
        tab, words = ada.tab(), [Words() for _number in range(12)]
        threads = site.threads()
        with locked(site.data):
            for answer in crowd.map(lambda one: one.by_http(bo), words):
                assert_told_to_wait(answer)
        assert_well_again(site, ada, bo, tab, words)
        assert site.threads() <= threads + 12


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux lets a limit be set from outside")
def test_a_file_that_may_not_grow(site: Troubled) -> None:
    """A quota: what is written past it fails. The log is such a file too, so nothing is asked of it."""
    assert site.process is not None
    with people(site) as (ada, bo):
        tab = ada.tab()
        before = resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            said = assert_nothing_is_taken(ada, bo, tab)
            assert "Harbour" in bo.page("/rooms/harbour/")
        finally:
            resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, before)
        assert_well_again(site, ada, bo, tab, said)


def test_a_full_disk(site: Troubled, disk: Path | None) -> None:
    if disk is None:
        pytest.skip(NO_DISK)
    since = len(site.log)
    with people(site) as (ada, bo):
        tab = ada.tab()
        with full(disk):
            said = assert_nothing_is_taken(ada, bo, tab)
            assert "Harbour" in bo.page("/rooms/harbour/")
            words = f"from pathlib import Path; from chat import metrics; metrics.publish(Path({str(disk / 'new')!r}))"
            starting = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True)
            assert starting.returncode == 0, "a process that starts now is not ended by the board it counts on"
        assert_well_again(site, ada, bo, tab, said)
    assert_told_once(site, since)
