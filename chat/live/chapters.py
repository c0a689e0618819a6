"""What one read of a room's log found, rendered and encoded once for everybody in the process."""

from dataclasses import dataclass, field
from typing import Any

from chat import changes
from chat.live import frames, protocol
from chat.live.frames import Frame

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one read of the log found in (after, seq]. Without a frame: ids only, for pulses.

    `news`: what was said up to `newest`, the last message at seq. With more behind it, the last chapter tells them all:
    no pulse may tell of seqs whose removals are not read. `is_short`: the frame lacks some of what was said.
    """

    after: int
    seq: int
    more: bool
    frame: Frame | None
    size: int = 0  # messages in the frame
    news: list[Entry] = field(default_factory=list)
    newest: int | None = None
    is_short: bool = False
    came: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()


def read_chapter(room_id: int, after: int, whole: bool, newest: int | None, is_short: bool) -> Chapter:
    """In a thread: read, render and encode once. Raises NotFound: the room is gone.

    News is what is behind `newest`, the last message at `after`; `is_short`: there may be older ones to tell of.
    """
    if not whole:
        ids = changes.read_ids(room_id, after, newest)
        return Chapter(ids.after, ids.seq, False, None, 0, ids.messages, ids.newest, ended=frozenset(ids.ended))
    batch = changes.read(room_id, after)
    news = [] if batch.more else _news(batch, newest, is_short)
    frame = protocol.changes(encode_batch(batch))
    return Chapter(
        *(batch.after, batch.seq, batch.more, frame),
        size=len(batch.entries),
        news=news,
        newest=None if batch.more else batch.newest,
        is_short=batch.more or not {entry["id"] for entry in news} <= {entry["id"] for entry in batch.entries},
        came=frozenset(member["user"]["id"] for member in batch.members if member["state"] == "in"),
        ended=frozenset(batch.ended),
    )


def _news(batch: changes.Batch, newest: int | None, is_short: bool) -> list[Entry]:
    return changes.said(batch.room_id, newest, batch.newest) if is_short else changes.said_in(batch, newest)


def encode_batch(batch: changes.Batch) -> bytes:
    wire = batch.as_wire()
    wire.pop("type", None)
    return frames.encode(wire)
