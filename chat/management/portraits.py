"""Pictures that some people of the town have chosen: drawn, since the repository holds no photographs of anybody."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 384
Draw = ImageDraw.ImageDraw


def _boat(draw: Draw) -> None:
    _ground(draw, sky="#bcd7e3", from_y=250, ground="#33607a")
    draw.polygon([(190, 60), (190, 230), (80, 230)], fill="#fbf7ee")
    draw.polygon([(204, 90), (204, 230), (290, 230)], fill="#d8563f")
    draw.polygon([(60, 244), (324, 244), (280, 306), (110, 306)], fill="#5b3a29")


def _lighthouse(draw: Draw) -> None:
    _ground(draw, sky="#1f2a44", from_y=300, ground="#121a2c")
    draw.polygon([(192, 90), (384, 20), (384, 150)], fill="#f4d98b")
    for number, colour in enumerate(("#f5f0e6", "#c4473a", "#f5f0e6", "#c4473a")):
        draw.rectangle((150 - 6 * number, 110 + 52 * number, 234 + 6 * number, 162 + 52 * number), fill=colour)
    draw.rectangle((160, 66, 224, 110), fill="#f9e7a4")
    draw.polygon([(150, 66), (234, 66), (192, 30)], fill="#7c2d26")


def _leaf(draw: Draw) -> None:
    draw.rectangle((0, 0, SIDE, SIDE), fill="#e9edd7")
    draw.line((192, 350, 192, 60), fill="#3f6b35", width=10)
    for y in range(80, 330, 36):
        reach = 40 + (y - 60) // 3
        for side in (-1, 1):
            draw.polygon(
                [(192, y + 40), (192 + side * reach, y - 10), (192 + side * reach // 2, y + 44)], fill="#5c8d4c"
            )


def _rising_sun(draw: Draw) -> None:
    _ground(draw, sky="#f3c9a5", from_y=240, ground="#6d7f9a")
    draw.ellipse((112, 130, 272, 290), fill="#cf4a37")
    draw.rectangle((0, 240, SIDE, SIDE), fill="#6d7f9a")
    for y in (266, 300, 334):
        draw.line((112 + (y - 266), y, 272 - (y - 266), y), fill="#e7b18c", width=10)


def _book(draw: Draw) -> None:
    draw.rectangle((0, 0, SIDE, SIDE), fill="#3c2f4a")
    for side in (-1, 1):
        outer, inner = 192 + side * 140, 192 + side * 4
        draw.polygon([(inner, 120), (outer, 90), (outer, 280), (inner, 310)], fill="#f4ead6")
        for y in (140, 170, 200, 230):
            draw.line((192 + side * 24, y + 8, 192 + side * 118, y - 12), fill="#a08d74", width=6)


def _ground(draw: Draw, *, sky: str, from_y: int, ground: str) -> None:
    draw.rectangle((0, 0, SIDE, SIDE), fill=sky)
    draw.rectangle((0, from_y, SIDE, SIDE), fill=ground)


PORTRAITS: dict[str, Callable[[Draw], None]] = {
    "bo": _boat,
    "elif": _lighthouse,
    "fern": _leaf,
    "goro": _rising_sun,
    "hana": _book,
}


def portrait(handle: str) -> bytes:
    """A PNG as its owner would upload it."""
    image = Image.new("RGB", (SIDE, SIDE))
    PORTRAITS[handle](ImageDraw.Draw(image))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
