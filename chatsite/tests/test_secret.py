"""The site's secret key, which the first start makes: several processes may start at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatsite.environment import stored_secret

AT_ONCE = 8


def test_all_who_start_at_once_find_the_same_whole_secret(tmp_path: Path) -> None:
    for attempt in range(30):
        path, together = tmp_path / f"secret-{attempt}", threading.Barrier(AT_ONCE)

        def start(path: Path = path, together: threading.Barrier = together) -> str:
            together.wait()
            return stored_secret(path)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = {future.result() for future in [pool.submit(start) for _ in range(AT_ONCE)]}
        assert len(found) == 1
        assert len(found.pop()) >= 50
    assert len(list(tmp_path.iterdir())) == 30, "nothing unfinished is left"


def test_only_its_owner_may_read_it_and_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    made = stored_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert stored_secret(path) == made
