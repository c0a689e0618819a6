"""Turns whatever somebody uploaded into a small square WebP: a program of its own, which a hostile file may break.

It reads the file from standard input and writes the picture to standard output; `accounts.pictures` starts it, with
the seconds and bytes it may take. Decoders are C code that cannot be interrupted, so the system bounds them, and a
crash ends only this. It runs by itself, without Django: it imports nothing of ours.
"""

import resource
import sys
import warnings
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

SIDE = 192  # pixels: the largest place is 64 wide, on a screen with three to one
PIXELS = 30_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
UNKNOWN, TOO_MANY_PIXELS, BROKEN, TOO_MUCH = 3, 4, 5, 6  # how it ends when it does not like the file
ORIENTATION = 0x0112  # of EXIF


def square(given: bytes) -> bytes:
    """The middle of the first frame, upright, in sRGB on white, and nothing else that was in the file.

    Raises SystemExit with one of the codes above.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is dropped anyway
            with Image.open(BytesIO(given), formats=FORMATS) as image:
                if image.width * image.height > PIXELS:
                    raise SystemExit(TOO_MANY_PIXELS)
                return _encoded(_drawn(image))
    except UnidentifiedImageError as error:
        raise SystemExit(UNKNOWN) from error
    except Image.DecompressionBombError as error:
        raise SystemExit(TOO_MANY_PIXELS) from error
    except MemoryError as error:
        raise SystemExit(TOO_MUCH) from error
    except Exception as error:  # whatever a decoder throws at a damaged file
        raise SystemExit(BROKEN) from error


def _drawn(image: Image.Image) -> Image.Image:
    image.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEG only: decoded at an eighth where that is enough
    profile, turned = image.info.get("icc_profile"), image.getexif().get(ORIENTATION)
    small = ImageOps.fit(_in_colour(image), (SIDE, SIDE), Image.Resampling.LANCZOS)
    if turned is not None:  # turned when it is small: the middle square is the same either way
        small.getexif()[ORIENTATION] = turned
        ImageOps.exif_transpose(small, in_place=True)
    drawn = Image.new("RGB", (SIDE, SIDE), "white")
    if "A" in small.getbands():
        drawn.paste(small, mask=small.getchannel("A"))
    else:
        drawn.paste(_as_srgb(small, profile))
    return drawn


def _in_colour(image: Image.Image) -> Image.Image:
    """In a mode that can be made smaller without losing what is see-through. Sixteen bits of grey become eight."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in {"RGB", "L", "CMYK"} else image.convert("RGB")


def _as_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours of other spaces (wide ones of phones, inks) as sRGB; a profile that does not fit is left out."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
            changed = ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if changed is not None:
                return changed
    return image.convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=86, method=4)
    return out.getvalue()


def _bound(seconds: int, memory: int) -> None:
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory)):
        with suppress(ValueError, OSError):  # macOS knows no limit of addresses
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    _bound(*map(int, sys.argv[1:]))
    sys.stdout.buffer.write(square(sys.stdin.buffer.read()))
