"""What people may be called: handles for mentions and addresses, names for reading."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HANDLE_PATTERN = re.compile(r"[a-z0-9_-]{2,32}")
NAME_LIMIT = 80
# Words that would read as a part of the site, or as a mention of many.
RESERVED_HANDLES = frozenset({"admin", "all", "channel", "everyone", "here", "me", "new", "room", "root", "settings"})
OF_THE_DELETED = re.compile(r"deleted-[0-9]+")  # what an emptied account is called
# Formats (Cf) hold bidi overrides and zero-width characters; emoji need two of them.
_JOINERS = "\u200d\ufe0f"


def clean_handle(raw: str) -> str:
    """The handle in lower case. Raises ValidationError that says what a handle may be."""
    handle = raw.strip().lower()
    if not HANDLE_PATTERN.fullmatch(handle):
        raise ValidationError(_("A handle has 2 to 32 letters a–z, digits, hyphens or underscores."), code="handle")
    if handle in RESERVED_HANDLES or OF_THE_DELETED.fullmatch(handle):
        raise ValidationError(_("This handle is reserved. Choose another."), code="reserved")
    return handle


def clean_name(raw: str, *, limit: int = NAME_LIMIT) -> str:
    """A name, title or topic in NFKC on one line. Raises ValidationError: empty, too long, invisible characters."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise ValidationError(_("This name has characters that cannot be stored."), code="name") from None
    name = " ".join(unicodedata.normalize("NFKC", raw).split())
    if any(unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"} and c not in _JOINERS for c in name):
        raise ValidationError(_("Names cannot hold invisible or control characters."), code="name")
    if not name.strip(_JOINERS + " "):
        raise ValidationError(_("Give a name."), code="required")
    if len(name) > limit:
        raise ValidationError(_("At most %(limit)d characters fit here."), code="name", params={"limit": limit})
    return name
