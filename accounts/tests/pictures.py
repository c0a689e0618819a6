"""Files that people upload as their picture: honest ones, odd ones, hostile ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

LEFT, RIGHT, TOP, BOTTOM = (8, 96), (184, 96), (96, 8), (96, 184)
GPS = 0x8825
ORIENTATION = 0x0112


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill="blue")
    return image.convert(mode)


def photo(turned: int = 1) -> bytes:
    """A JPEG as a phone writes it: turned, with the place in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    exif[0x010F] = "Secret Maker"
    exif.get_ifd(GPS)[1], exif.get_ifd(GPS)[2] = "N", (54.0, 19.0, 7.0)
    return file_of(halves(), "JPEG", exif=exif, comment=b"secret comment")


def many_scans(size: int) -> bytes:
    """A progressive JPEG whose last pass over all pixels, 48 bytes, is repeated until the file is this large."""
    whole = file_of(Image.new("L", (3000, 3000), 128), "JPEG", progressive=True)
    start, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    scan = whole[start:end]
    return whole[:end] + scan * ((size - len(whole)) // len(scan)) + whole[end:]


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head says that it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(4096), 9)
    parts = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, words) for kind, words in parts)


def _chunk(kind: bytes, words: bytes) -> bytes:
    return struct.pack(">I", len(words)) + kind + words + struct.pack(">I", zlib.crc32(kind + words))


# --- What came of it


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
