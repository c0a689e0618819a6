"""Pictures of people as files in DATA_DIR/pictures: made small and harmless, named by chance, never changed."""

import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Invalid, TooLarge, Unavailable

UPLOAD_LIMIT = 5 * 1024 * 1024
NAME = re.compile(r"[0-9a-f]{32}\.webp")
DECODER = Path(__file__).with_name("decoder.py")
SECONDS = 5  # of the processor for one picture; the largest honest one takes one
MEMORY = 768 * 1024 * 1024  # bytes of addresses; 30 million pixels take up to 600 million of them
PATIENCE = 20.0  # seconds by the clock, on a machine that has much else to do
TURN = 20.0  # seconds to wait for somebody else's picture to be done
UNNAMED_FOR = 3600.0  # seconds after which a file that is nobody's picture is taken for one left behind

_one_at_a_time = threading.Lock()  # the memory that decoding takes, it takes once


def shape(given: bytes) -> bytes:
    """What somebody uploaded as our WebP: the middle square, no metadata. Raises Invalid, TooLarge, Unavailable."""
    if len(given) > UPLOAD_LIMIT:
        raise TooLarge(too_many_bytes())
    if not _one_at_a_time.acquire(timeout=TURN):
        raise Unavailable(_("Many pictures are being made just now. Try again in a moment."))
    try:
        program = [sys.executable, "-I", str(DECODER), str(SECONDS), str(MEMORY)]
        answer = subprocess.run(program, input=given, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise Invalid(_("This picture takes too long to read. Choose another one.")) from error
    finally:
        _one_at_a_time.release()
    if answer.returncode:
        raise _refusal(answer.returncode)
    return answer.stdout


def too_many_bytes() -> str:
    return _("A picture may have up to %(limit)d MB. Choose a smaller one.") % {"limit": UPLOAD_LIMIT // 1024**2}


def _refusal(code: int) -> Invalid | TooLarge:
    from accounts import decoder  # the servers need its codes seldom, and Pillow, which comes with it, never

    if code == decoder.UNKNOWN:
        return Invalid(_("This is no picture that can be read here. Choose a JPEG, PNG, GIF or WebP file."))
    if code == decoder.TOO_MANY_PIXELS:
        limit = {"limit": decoder.PIXELS // 10**6}
        return TooLarge(_("A picture may have up to %(limit)d million pixels. Choose a smaller one.") % limit)
    if code < 0 or code == decoder.TOO_MUCH:  # a bound of the system, or a decoder that broke
        return Invalid(_("This picture takes too much to read. Choose another one."))
    return Invalid(_("This picture is damaged. Choose another one."))


def keep(picture: bytes) -> str:
    """Write the file; its name, which nobody can guess."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.webp"
    unfinished = folder / f"{name}.part"
    unfinished.write_bytes(picture)
    unfinished.rename(folder / name)
    return name


def read(name: str) -> bytes | None:
    """The picture with this name, None when there is none."""
    if not NAME.fullmatch(name):
        return None
    with suppress(FileNotFoundError):
        return (_folder() / name).read_bytes()
    return None


def remove(name: str) -> None:
    """Take the file away; an empty name or one that is gone is none."""
    if NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def sweep() -> int:
    """Remove files that an interrupted change left behind; how many. Safe in several processes."""
    left = {path.name: path for path in _old_files()}
    held = set(User.objects.exclude(picture="").values_list("picture", flat=True)) if left else set()
    for name in left.keys() - held:
        left[name].unlink(missing_ok=True)
    return len(left.keys() - held)


def _old_files() -> Iterator[Path]:
    before = time.time() - UNNAMED_FOR
    with suppress(FileNotFoundError):
        for path in _folder().iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    yield path


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "pictures"
