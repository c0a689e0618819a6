"""The decoder in a process of its own: what breaks there breaks nothing here, and time and memory are bounded."""

import math
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from accounts import decoder, pictures
from accounts.tests.pictures import LEFT, TOP, claiming, colour, file_of, halves, many_scans, opened, photo
from chat.errors import ChatError, Invalid, TooLarge, Unavailable

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def test_the_program_by_itself() -> None:
    assert colour(opened(pictures.shape(photo(turned=6))), TOP) == "red"


def test_servers_start_without_pillow() -> None:
    """It would be a tenth of the time that a start takes, and so much memory in each."""
    script = "import sys, chatsite.asgi, chatsite.urls; print('accounts.pictures' in sys.modules, 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, check=True)
    assert done.stdout == b"True False\n"


REFUSED = [
    (SVG, Invalid, "no picture"),
    (file_of(halves(), "JPEG")[:-400], Invalid, "damaged"),
    (claiming(6000, 5001), TooLarge, "30 million pixels"),
    (bytes(pictures.UPLOAD_LIMIT + 1), TooLarge, "5 MB"),
]


@pytest.mark.parametrize(("given", "error", "words"), REFUSED, ids=[words for _given, _error, words in REFUSED])
def test_refusals_say_why(given: bytes, error: type[ChatError], words: str) -> None:
    with pytest.raises(error, match=words):
        pictures.shape(given)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The decoder replaced by these lines, as if a file had made it do that."""

    def write(lines: str) -> None:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(lines))
        monkeypatch.setattr(pictures, "DECODER", path)

    return write


def test_a_decoder_that_never_ends(program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    program("import time; time.sleep(60)")
    monkeypatch.setattr(pictures, "PATIENCE", 0.2)
    began = time.monotonic()
    with pytest.raises(Invalid, match="too long"):
        pictures.shape(b"x")
    assert time.monotonic() - began < 10
    assert pictures._one_at_a_time.acquire(timeout=0), "the next one may"
    pictures._one_at_a_time.release()


def test_a_decoder_that_crashes(program: Callable[[str], None]) -> None:
    program("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(Invalid, match="too much"):
        pictures.shape(b"x")


@pytest.mark.slow
def test_a_picture_that_takes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand passes over nine million pixels; with the seconds made one."""
    monkeypatch.setattr(pictures, "SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(Invalid, match="takes too much"):
        pictures.shape(many_scans(pictures.UPLOAD_LIMIT))
    assert time.monotonic() - began < pictures.PATIENCE


@pytest.mark.skipif(sys.platform != "linux", reason="macOS bounds no addresses")
def test_a_picture_that_takes_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    given = file_of(Image.new("RGBA", (4000, 4000), "blue"))
    monkeypatch.setattr(pictures, "MEMORY", 90 * 1024 * 1024)
    with pytest.raises(Invalid, match="takes too much"):
        pictures.shape(given)
    assert pictures.shape(photo())


@pytest.mark.slow
def test_the_largest_that_is_allowed_fits_into_the_bounds() -> None:
    side = math.isqrt(decoder.PIXELS)
    given = file_of(Image.new("RGBA", (side, side), "blue"), "WEBP", quality=1, method=0)  # which takes the most
    assert colour(opened(pictures.shape(given)), LEFT) == "blue"


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TURN", 0.05)
    with pictures._one_at_a_time, pytest.raises(Unavailable):
        pictures.shape(photo())


def test_several_at_once_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("PATIENCE", "TURN"):  # however busy this machine is
        monkeypatch.setattr(pictures, limit, 120)
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(pictures.shape(photo()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(made) == 3
    assert len(set(made)) == 1
