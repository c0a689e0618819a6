"""/metrics: who may read it, that Prometheus understands it, and that it tells of every process that lives."""

import ipaddress
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from chat import errors, metrics
from chat.live import hub
from chat.metrics import Board

Told = dict[str, Any]


def read(client: Client, **headers: str) -> Told:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    return parsed(answer.content.decode())


def parsed(text: str) -> Told:
    """name -> labels (without the process's) -> value, as Prometheus's own parser reads it; one process's only."""
    told: Told = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(value for name, value in sorted(sample.labels.items()) if name != "process")
            told.setdefault(sample.name, {})[labels] = sample.value
    return told


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else of these tests has published, here the process counts for itself."""
    monkeypatch.setattr(metrics, "_folder", None)


# --- Who -------------------------------------------------------------------------------------------------------------


def test_the_machine_itself_reads_it_under_any_name(client: Client) -> None:
    assert "chatrooms_posts_total" in read(client)
    assert "chatrooms_posts_total" in read(client, host="10.1.2.3:9000")
    assert "no-store" in client.get("/metrics")["Cache-Control"]


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.1", "2001:db8::1"])
def test_others_do_not(peer: str) -> None:
    answer = Client(REMOTE_ADDR=peer).get("/metrics", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.django_db
@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::1"])
def test_those_who_are_named_do(peer: str, settings: Any) -> None:
    settings.METRICS_ALLOW = [ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8::/64")]
    assert "chatrooms_posts_total" in read(Client(REMOTE_ADDR=peer))
    assert Client().get("/metrics").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded"])
def test_a_proxy_nobody_declared_does_not_open_it_to_the_world(header: str, client: Client) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.django_db
def test_behind_a_declared_proxy_the_client_counts(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    assert client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1, 203.0.113.9"}).status_code == 403
    assert client.get("/metrics").status_code == 200  # asked past the proxy, on the machine itself


# --- What ------------------------------------------------------------------------------------------------------------


def test_counters_gauges_and_histograms(client: Client) -> None:
    before = read(client)
    metrics.POSTS["repeated"].add(3)
    metrics.DEPTH["reads"].set(7)
    for seconds in (0.0004, 0.03, 60.0):
        metrics.FEED_LAG.observe(seconds)
    after = read(client)

    def grown(name: str, *labels: str) -> float:
        return float(after[name][labels] - before[name][labels])

    assert grown("chatrooms_posts_total", "repeated") == 3
    assert grown("chatrooms_posts_total", "new") == 0
    assert after["chatrooms_queue_depth"]["reads",] == 7
    lag = "chatrooms_feed_lag_seconds"
    assert [grown(f"{lag}_bucket", bound) for bound in ("0.001", "0.025", "0.05", "10.0", "+Inf")] == [1, 1, 2, 2, 3]
    assert grown(f"{lag}_count") == 3
    assert grown(f"{lag}_sum") == pytest.approx(60.0304)
    assert grown("chatrooms_requests_total", "2xx") == 1
    assert grown("chatrooms_request_seconds_count") == 1


def test_openmetrics_for_those_who_ask(client: Client) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_it_names_the_process(client: Client) -> None:
    told = read(client)
    assert [labels[0] for labels in told["chatrooms_process_info"]] == [str(os.getpid())]
    if Path("/proc/self/stat").exists():
        assert 10e6 < told["chatrooms_process_resident_memory_bytes"][()] < 10e9
        assert told["chatrooms_process_cpu_seconds"][()] > 0.1
        assert told["chatrooms_process_open_files"][()] > 2


@pytest.mark.django_db
def test_requests_are_counted_with_their_queries(client: Client) -> None:
    before = read(client)
    client.get("/")
    client.get("/nowhere/")
    after = read(client)
    assert after["chatrooms_requests_total"]["4xx",] == before["chatrooms_requests_total"]["4xx",] + 1
    queries = "chatrooms_request_database_seconds_count"
    assert after[queries][()] > before[queries][()]
    assert after["chatrooms_refusals_total"]["not_found",] == before["chatrooms_refusals_total"]["not_found",] + 1


def test_every_code_has_its_place() -> None:
    assert set(metrics.CODES) == {kind.code for kind in errors.ChatError.__subclasses__()}
    assert set(metrics.LANES) == {"commands", "openings", "reads"}
    source = Path(hub.__file__).read_text() + (Path(hub.__file__).parent / "feed.py").read_text()
    assert str(hub.TOO_SLOW) in metrics.CLOSES
    assert set(re.findall(r"^[A-Z_]+ = (\d{4})$", source, re.MULTILINE)) <= set(metrics.CLOSES)


def test_names_are_what_prometheus_expects() -> None:
    names = [family.name for family in metrics.FAMILIES]
    assert len(set(names)) == len(names)
    for family in metrics.FAMILIES:
        assert re.fullmatch(r"chatrooms_[a-z_]+", family.name)
        assert family.help.endswith("."), family.name
        assert (family.kind == "histogram") <= family.name.endswith("_seconds")
    assert metrics._size < len(metrics._cells)


# --- Several processes -----------------------------------------------------------------------------------------------

WORKER = r"""
import sys, os
from pathlib import Path
from chat import metrics
metrics.POSTS["new"].add(int(sys.argv[2]))  # before it publishes
metrics.publish(Path(sys.argv[1]))
metrics.POSTS["new"].add(1)
if sys.argv[3:]:
    child = os.fork()
    if child == 0:
        metrics.POSTS["new"].add(100)
os.write(1, b"counted\n")
sys.stdin.read()
"""


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(count: int, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WORKER, str(tmp_path / "metrics"), str(count), *words]
        root = Path(metrics.__file__).parent.parent
        process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        for _line in range(2 if words else 1):
            assert process.stdout.readline() == "counted\n"
        return process

    yield start
    for process in started:
        process.communicate()  # its input ends, and so does it


def told_by(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Name of the process -> its new posts, as this process tells them."""
    monkeypatch.setattr(metrics, "_folder", folder)
    monkeypatch.setattr(metrics, "_file", object())
    return {board.name: board.cells[metrics.POSTS["new"].place] for board in metrics.boards()}


def test_any_process_tells_of_all_that_live(
    tmp_path: Path, workers: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "metrics"
    first, _second = workers(10), workers(20)
    assert told_by(folder, monkeypatch) == {"1": 11, "2": 21}
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert told_by(folder, monkeypatch) == {"2": 21}
    workers(30)  # takes the free place, and begins anew: a counter that fell is what Prometheus takes for a restart
    assert told_by(folder, monkeypatch) == {"1": 31, "2": 21}
    assert folder.stat().st_mode & 0o077 == 0


def test_a_fork_counts_for_itself(
    tmp_path: Path, workers: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """gunicorn with --preload: what the master counted stays the master's."""
    workers(10, "fork")
    assert told_by(tmp_path / "metrics", monkeypatch) == {"1": 11, "2": 100}


def test_the_board_of_another_version_is_not_read(
    tmp_path: Path, workers: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workers(10)
    monkeypatch.setattr(metrics, "layout", lambda: 1.0)
    assert told_by(tmp_path / "metrics", monkeypatch) == {}


def test_without_a_place_it_counts_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "metrics").write_text("a file where the folder should be")
    metrics.publish(tmp_path / "metrics")
    monkeypatch.setattr(metrics, "_folder", None)
    (board,) = metrics.boards()
    assert isinstance(board, Board)
    assert board.pid == os.getpid()
