"""Whatever is uploaded becomes a small square WebP without a past, or is refused with a reason, in bounded time."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from accounts import decoder, pictures
from accounts.models import User
from accounts.tests.pictures import GPS, claiming, file_of, halves, photo
from chat.errors import ChatError, Invalid, TooLarge, Unavailable

LEFT, RIGHT, TOP, BOTTOM = (8, 96), (184, 96), (96, 8), (96, 184)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "pictures"


def opened(made: bytes) -> Image.Image:
    image = Image.open(BytesIO(made))
    image.load()
    assert (image.format, image.size, image.mode) == ("WEBP", (192, 192), "RGB")
    assert not getattr(image, "is_animated", False)
    return image


def colour(image: Image.Image, place: tuple[int, int]) -> str:
    red, green, blue = (value > 127 for value in image.getpixel(place))
    names = {(1, 0, 0): "red", (0, 0, 1): "blue", (0, 1, 0): "green", (1, 1, 1): "white", (0, 0, 0): "black"}
    return names.get((red, green, blue), "?")


HONEST = {
    "PNG": lambda: file_of(halves()),
    "JPEG": lambda: file_of(halves(), "JPEG"),
    "progressive JPEG": lambda: file_of(halves(), "JPEG", progressive=True),
    "CMYK JPEG": lambda: file_of(halves("CMYK"), "JPEG"),
    "WebP": lambda: file_of(halves(), "WEBP"),
    "GIF": lambda: file_of(halves("P"), "GIF"),
    "palette": lambda: file_of(halves("P")),
    "see-through": lambda: file_of(halves("RGBA")),
}


@pytest.mark.parametrize("kind", HONEST)
def test_pictures_of_every_kind(kind: str) -> None:
    image = opened(decoder.square(HONEST[kind]()))
    assert (colour(image, LEFT), colour(image, RIGHT)) == ("red", "blue")


MOVING = {"GIF": halves("P"), "WEBP": halves(), "PNG": halves()}


@pytest.mark.parametrize("kind", MOVING)
def test_of_a_moving_picture_the_first_frame(kind: str) -> None:
    more = [Image.new("RGB", (300, 200), "green")] * 4
    image = opened(decoder.square(file_of(MOVING[kind], kind, save_all=True, append_images=more)))
    assert (colour(image, LEFT), colour(image, RIGHT)) == ("red", "blue")


def test_sixteen_bits_of_grey() -> None:
    wide = Image.new("I;16", (256, 256))
    wide.putdata([place % 256 * 257 for place in range(256 * 256)])
    image = opened(decoder.square(file_of(wide)))
    assert [image.convert("L").crop((x, 96, x + 1, 97)).tobytes()[0] // 32 for x in (4, 96, 188)] == [0, 4, 7]
    assert colour(opened(decoder.square(file_of(halves("1")))), LEFT) in {"black", "white"}


def test_see_through_is_on_white() -> None:
    empty = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    for given in (file_of(empty), file_of(empty, "WEBP"), file_of(empty.convert("P"), "GIF", transparency=0)):
        assert colour(opened(decoder.square(given)), LEFT) == "white"
    grey = Image.new("LA", (64, 64), (0, 0))
    assert colour(opened(decoder.square(file_of(grey))), LEFT) == "white"


@pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1), (191, 193)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    assert colour(opened(decoder.square(file_of(Image.new("RGB", size, "blue")))), LEFT) == "blue"


@pytest.mark.parametrize(
    ("turned", "first", "last"), [(1, LEFT, RIGHT), (3, RIGHT, LEFT), (6, TOP, BOTTOM), (8, BOTTOM, TOP)]
)
def test_phones_that_were_turned(turned: int, first: tuple[int, int], last: tuple[int, int]) -> None:
    image = opened(decoder.square(photo(turned)))
    assert (colour(image, first), colour(image, last)) == ("red", "blue")


def test_nothing_else_of_the_file_is_kept() -> None:
    given = photo(turned=6)
    assert Image.open(BytesIO(given)).getexif().get_ifd(GPS), "the place was in it"
    assert b"Secret Maker" in given
    made = decoder.square(given)
    image = opened(made)
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()
    for secret in (b"Secret Maker", b"secret comment", b"EXIF", b"XMP", b"ICCP"):
        assert secret not in made


def test_colours_of_other_spaces() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = decoder.square(file_of(halves(), "JPEG", icc_profile=profile))
    assert colour(opened(made), LEFT) == "red"
    assert b"ICCP" not in made
    for broken in (b"x", profile[:200], b"\0" * 3000):
        assert colour(opened(decoder.square(file_of(halves(), icc_profile=broken))), LEFT) == "red"


def test_two_files_in_one() -> None:
    """A page or script that hides in a picture does not come out of it."""
    script = b"<html><script>alert(1)</script></html>"
    hiding = file_of(halves(), "JPEG", comment=script), file_of(halves()) + script, file_of(halves("P"), "GIF") + script
    for given in hiding:
        assert script in given
        made = decoder.square(given)
        opened(made)
        assert b"script" not in made


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
NO_PICTURES = {
    "nothing": b"",
    "words": b"hello",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": SVG,
    "PDF": b"%PDF-1.7\n" + bytes(2000),
    "BMP": file_of(halves(), "BMP"),
    "TIFF": file_of(halves(), "TIFF"),
    "ICO": file_of(halves(), "ICO"),
    "PPM": file_of(halves(), "PPM"),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "head of a PNG": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_what_is_no_picture(kind: str) -> None:
    with pytest.raises(SystemExit) as refused:
        decoder.square(NO_PICTURES[kind])
    assert refused.value.code == decoder.UNKNOWN


DAMAGED = {
    "JPEG cut short": lambda: file_of(halves(), "JPEG")[:-400],
    "PNG cut short": lambda: file_of(halves())[:-60],
    "WebP cut short": lambda: file_of(halves(), "WEBP")[:-40],
    "PNG that lies about its size": lambda: claiming(5000, 5000),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_files(kind: str) -> None:
    with pytest.raises(SystemExit) as refused:
        decoder.square(DAMAGED[kind]())
    assert refused.value.code == decoder.BROKEN


@pytest.mark.parametrize("size", [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (6000, 5001)])
def test_too_many_pixels_are_refused_by_the_head_alone(size: tuple[int, int]) -> None:
    began = time.monotonic()
    with pytest.raises(SystemExit) as refused:
        decoder.square(claiming(*size))
    assert refused.value.code in {decoder.TOO_MANY_PIXELS, decoder.UNKNOWN}
    assert time.monotonic() - began < 1


# --- In a process of its own


def test_the_program_by_itself() -> None:
    assert colour(opened(pictures.shape(photo(turned=6))), TOP) == "red"


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
        monkeypatch.setattr(decoder, "__file__", str(path))

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


@pytest.mark.skipif(sys.platform != "linux", reason="macOS bounds no addresses")
@pytest.mark.parametrize("line", ["bytearray(2 * decoder.MEMORY)", "while True: pass"])
def test_the_bounds_of_the_system(line: str) -> None:
    """The real bounds, with the seconds made one."""
    words = f"from accounts import decoder; decoder.SECONDS = 1; decoder._bound()\n{line}"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, cwd=Path(decoder.__file__).parent.parent)
    assert done.returncode in {-signal.SIGKILL, -signal.SIGXCPU} or b"MemoryError" in done.stderr


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TURN", 0.05)
    with pictures._one_at_a_time, pytest.raises(Unavailable):
        pictures.shape(photo())


# --- Files


@pytest.fixture
def kept(folder: Path) -> str:
    return pictures.keep(b"picture")


def test_files_are_for_nobody_else_and_named_by_chance(kept: str, folder: Path) -> None:
    assert pictures.read(kept) == b"picture"
    assert pictures.NAME.fullmatch(kept)
    assert pictures.keep(b"picture") != kept
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.suffix for path in folder.iterdir()) == [".webp", ".webp"]


@pytest.mark.parametrize("name", ["", "../secret-key", "0" * 32, f"../pictures/{'0' * 32}.webp", f"{'0' * 32}.webp\n"])
def test_names_lead_nowhere_else(name: str, folder: Path) -> None:
    (folder.parent / "secret-key").write_text("secret")
    assert pictures.read(name) is None
    pictures.remove(name)
    assert (folder.parent / "secret-key").exists()


def test_removing_twice(kept: str) -> None:
    pictures.remove(kept)
    pictures.remove(kept)
    assert pictures.read(kept) is None


@pytest.mark.django_db
def test_the_sweep_takes_what_nobody_names(folder: Path, bob: User) -> None:
    assert pictures.sweep() == 0, "there is no folder yet"
    theirs, left, young = (pictures.keep(b"picture") for _ in range(3))
    (folder / "unfinished.webp.part").write_bytes(b"")
    User.objects.filter(pk=bob.pk).update(picture=theirs)
    long_ago = time.time() - 2 * pictures.UNNAMED_FOR
    for path in folder.iterdir():
        if path.name != young:
            os.utime(path, (long_ago, long_ago))
    assert pictures.sweep() == 2
    assert sorted(path.name for path in folder.iterdir()) == sorted([theirs, young])
    assert pictures.read(left) is None


def test_several_at_once_wait_for_each_other() -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(pictures.shape(photo()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 3
    assert len(set(made)) == 1
