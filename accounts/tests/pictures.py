"""Files that people upload as their picture: honest ones, odd ones, hostile ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

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


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head says that it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(4096), 9)
    parts = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, words) for kind, words in parts)


def _chunk(kind: bytes, words: bytes) -> bytes:
    return struct.pack(">I", len(words)) + kind + words + struct.pack(">I", zlib.crc32(kind + words))
