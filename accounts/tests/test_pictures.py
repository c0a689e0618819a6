"""Whatever is uploaded becomes a small square WebP without a past, or is refused; where the files lie."""

import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from accounts import decoder, pictures
from accounts.models import User
from accounts.tests.pictures import BOTTOM, GPS, LEFT, RIGHT, TOP, claiming, colour, file_of, halves, opened, photo
from chatsite.backup import places


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "pictures"


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
    assert time.monotonic() - began < 5


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
def test_names_lead_nowhere_else(name: str, kept: str, folder: Path) -> None:
    (folder.parent / "secret-key").write_text("secret")
    assert pictures.read(name) is None
    pictures.remove(name)
    assert (folder.parent / "secret-key").exists()


def test_removing_twice(kept: str) -> None:
    pictures.remove(kept)
    pictures.remove(kept)
    assert pictures.read(kept) is None


def test_a_backup_has_them(kept: str) -> None:
    assert Path("pictures") / kept in places.files()


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
