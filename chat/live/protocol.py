"""The words on the wire: one strict decoder for commands in, one listing of the frames out."""

import json
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from chat.errors import ChatError, Invalid
from chat.live.frames import Frame, encode

FRAME_LIMIT = 64 * 1024  # bytes of UTF-8, inbound
REF_LIMIT = 64
DEPTH_LIMIT = 16
LARGEST = 2**63 - 1

Wire = dict[str, Any]


# --- Commands in ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    ref: str | None


@dataclass(frozen=True, slots=True)
class RoomOpen(Command):
    room: int
    after: int | None = None
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class RoomClose(Command):
    room: int


@dataclass(frozen=True, slots=True)
class MessagePost(Command):
    room: int
    client_id: uuid.UUID
    body: str
    reply_to: None = None
    attachments: None = None


@dataclass(frozen=True, slots=True)
class MessageEdit(Command):
    message: int
    body: str


@dataclass(frozen=True, slots=True)
class MessageDelete(Command):
    message: int


@dataclass(frozen=True, slots=True)
class Typing(Command):
    room: int


@dataclass(frozen=True, slots=True)
class ReadMark(Command):
    room: int
    message: int
    back: bool = False


class Ping(Command):
    __slots__ = ()


COMMANDS: Mapping[str, type[Command]] = {
    "room.open": RoomOpen,
    "room.close": RoomClose,
    "message.post": MessagePost,
    "message.edit": MessageEdit,
    "message.delete": MessageDelete,
    "typing": Typing,
    "read.mark": ReadMark,
    "ping": Ping,
}


class Refused(Invalid):
    """A frame that is no command. `malformed`: not even a JSON object, which counts against the socket."""

    def __init__(self, detail: str, *, ref: str | None = None, malformed: bool = False) -> None:
        super().__init__(detail)
        self.ref = ref
        self.malformed = malformed


def decode(text: str | None) -> Command:
    """The command in one text frame (None: it was binary). Raises Refused."""
    found = _parse(text)
    ref = found.get("ref")
    if not (ref is None or (isinstance(ref, str) and len(ref) <= REF_LIMIT)):
        raise Refused(_("“ref” must be a text of at most %d characters.") % REF_LIMIT)
    kind = found.get("type")
    shape = COMMANDS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise Refused(_("This server does not know that type of command."), ref=ref)
    try:
        return shape(ref, **_known_fields(shape, found))
    except ValueError as error:
        raise Refused(_("The field “%s” is missing or wrong.") % error, ref=ref) from None


def _parse(text: str | None) -> Wire:
    try:
        if text is None or len(text) > FRAME_LIMIT or len(text.encode()) > FRAME_LIMIT:
            raise ValueError
        found = STRICT.decode(text)
        opened = text.count("{") + text.count("[")
        if not isinstance(found, dict) or (opened > DEPTH_LIMIT and _is_deep(found, DEPTH_LIMIT)):
            raise ValueError
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate would break every encoder later
    except (ValueError, RecursionError):
        raise Refused(_("A frame must be one JSON object in a text frame."), malformed=True) from None
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> Wire:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_constant: str) -> None:
    raise ValueError


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError
    return number


STRICT = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_refuse, parse_int=_whole, parse_float=_finite)


def _is_deep(value: Any, left: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_deep(one, left - 1) for one in inner)


def _known_fields(shape: type[Command], found: Wire) -> Wire:
    """What the command knows of the frame, checked; null counts as absent. Raises ValueError(name)."""
    taken = {}
    for field in FIELDS[shape]:
        value = found.get(field.name)
        if value is not None:
            taken[field.name] = _checked(field.name, value)
        elif field.default is MISSING:
            raise ValueError(field.name)
    return taken


FIELDS = {shape: fields(shape)[1:] for shape in COMMANDS.values()}


def _checked(name: str, value: Any) -> Any:
    kind, fits, convert = CHECKS[name]
    if type(value) is not kind or not fits(value):
        raise ValueError(name)
    return convert(value)


def _is_id(number: int) -> bool:
    return 0 < number <= LARGEST


def _is_seq(number: int) -> bool:
    return 0 <= number <= LARGEST


UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

CHECKS: Mapping[str, tuple[type, Callable[[Any], bool], Callable[[Any], Any]]] = {
    "room": (int, _is_id, int),
    "message": (int, _is_seq, int),  # 0: before the first one
    "after": (int, _is_seq, int),
    "epoch": (str, lambda text: len(text) <= 64, str),
    "client_id": (str, lambda text: UUID_FORM.fullmatch(text) is not None, uuid.UUID),
    "body": (str, lambda text: True, str),
    "back": (bool, lambda flag: True, bool),
    # Replies and attachments come later: only their absence is understood.
    "reply_to": (type(None), lambda absent: True, lambda absent: None),
    "attachments": (list, lambda files: not files, lambda files: None),
}


# --- Frames out ----------------------------------------------------------------------------------


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _frame(kind: str, ref: str | None = None, /, **rest: Any) -> Frame:
    head = {"type": kind} if ref is None else {"type": kind, "ref": ref}
    return Frame(encode(head | rest))


def hello(*, epoch: str, user: Wire, body_limit: int, rooms: list[Wire]) -> Frame:
    limits = {"body": body_limit, "frame": FRAME_LIMIT}
    return _frame("hello", protocol=1, epoch=epoch, user=user, time=stamp(), limits=limits, blocked=[], rooms=rooms)


def changes(batch: bytes, *, ref: str | None = None, here: list[Wire] | None = None) -> Frame:
    """`batch` is the JSON object of a Batch; the reply to room.open adds `ref` and `here`."""
    head: Wire = {"type": "room.changes"}
    if ref is not None:
        head["ref"] = ref
    if here is not None:
        head["here"] = here
    return Frame(encode(head)[:-1] + b"," + batch[1:])


def resync(*, room: int, seq: int, ref: str | None = None) -> Frame:
    return _frame("room.resync", ref, room=room, seq=seq)


def pulse(*, room: int, after: int, seq: int, messages: list[Wire]) -> Frame:
    return _frame("room.pulse", room=room, after=after, seq=seq, messages=messages)


def joined(entry: Wire) -> Frame:
    return _frame("room.joined", room=entry)


def left(*, room: int) -> Frame:
    return _frame("room.left", room=room)


def muted(*, room: int, muted: Wire | None) -> Frame:
    return _frame("room.muted", room=room, muted=muted)


def presence(*, room: int, joined: list[Wire], left: list[int]) -> Frame:
    return _frame("presence", room=room, joined=joined, left=left)


def typing(*, room: int, user: int) -> Frame:
    return _frame("typing", room=room, user=user)


def read_marked(*, room: int, seq: int, last_message: int, **counts: int) -> Frame:
    return _frame("read.marked", room=room, seq=seq, last_message=last_message, **counts)


def ok(ref: str | None, **rest: Any) -> Frame:
    return Frame(encode({"type": "ok", "ref": ref} | rest))


def error(ref: str | None, refusal: ChatError) -> Frame:
    return Frame(encode({"type": "error", "ref": ref} | refusal.as_wire()))


def pong(ref: str | None, *, heads: Mapping[int, int]) -> Frame:
    return _frame("pong", ref, time=stamp(), heads={str(room): seq for room, seq in heads.items()})
