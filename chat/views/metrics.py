"""The numbers of this machine's processes as Prometheus reads them, for the addresses in METRICS_ALLOW."""

import ipaddress
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.utils import floatToGoString

from chat import metrics
from chat.errors import Forbidden
from chat.metrics import SECONDS, STARTED, Board, Family
from chat.views.door import door
from chatsite import __version__, addresses

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED")
BOUNDS = [*map(floatToGoString, SECONDS), "+Inf"]

Told = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@door("GET", public=True)
def show(request: HttpRequest) -> HttpResponse:
    """Asks no database: it answers while there is none. Raises Forbidden."""
    if not may_read(request):
        raise Forbidden(_("Metrics are read from the addresses in METRICS_ALLOW only."))
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(Processes()), content_type=kind)


def may_read(request: HttpRequest) -> bool:
    """A proxy nobody declared speaks for the whole world from an address of ours: what it forwards is refused."""
    if not settings.TRUSTED_PROXIES and any(request.META.get(name) for name in FORWARDED):
        return False
    address = ipaddress.ip_address(addresses.of_request(request))
    return any(address in network for network in settings.METRICS_ALLOW)


class Processes:
    """The boards of this machine's processes, as a collector: each series says in `process` whose it is."""

    def collect(self) -> Iterator[Told]:
        boards = list(metrics.boards())
        for family in metrics.FAMILIES:
            yield _told(family, boards)
        about = GaugeMetricFamily("chatrooms_process_info", "The processes.", labels=("process", "pid", "version"))
        for board in boards:
            about.add_metric((board.name, str(board.pid), __version__), 1)
        yield about
        for name, (text, ask) in ABOUT_PROCESSES.items():
            gauge = GaugeMetricFamily(f"chatrooms_process_{name}", text, labels=("process",))
            for board in boards:
                if (value := ask(board)) is not None:
                    gauge.add_metric((board.name,), value)
            yield gauge


def _told(family: Family, boards: list[Board]) -> Told:
    labels = ("process", family.label) if family.label else ("process",)
    if family.kind == "histogram":
        return _told_histogram(family, labels, boards)
    told = (CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily)(
        family.name, family.help, labels=labels
    )
    for names, cells in _series(family, boards):
        told.add_metric(names, cells[0])
    return told


def _told_histogram(family: Family, labels: tuple[str, ...], boards: list[Board]) -> HistogramMetricFamily:
    told = HistogramMetricFamily(family.name, family.help, labels=labels)
    for names, cells in _series(family, boards):
        told.add_metric(names, list(zip(BOUNDS, accumulate(cells[:-1]), strict=True)), cells[-1])
    return told


def _series(family: Family, boards: list[Board]) -> Iterator[tuple[tuple[str, ...], list[float]]]:
    """The labels and the cells of each process and value."""
    for board in boards:
        for index, value in enumerate(family.values):
            start = family.place + index * family.width
            names = (board.name, value) if family.label else (board.name,)
            yield names, list(board.cells[start : start + family.width])


# --- What the system says of a process; nothing where it has no /proc ------------------------------------------------


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat behind the program's name, which may hold spaces; from `state`, the third, on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(board: Board) -> float | None:
    fields = _stat(board.pid)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields else None


def _cpu(board: Board) -> float | None:
    fields = _stat(board.pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None


def _files(board: Board) -> float | None:
    try:
        return len(os.listdir(f"/proc/{board.pid}/fd"))
    except OSError:
        return None


ABOUT_PROCESSES: Mapping[str, tuple[str, Callable[[Board], float | None]]] = {
    "start_time_seconds": ("When it began to count, Unix time.", lambda board: board.cells[STARTED] or None),
    "resident_memory_bytes": ("Its resident memory.", _memory),
    "cpu_seconds": ("Processor time it has used.", _cpu),
    "open_files": ("Its open files and connections.", _files),
}
