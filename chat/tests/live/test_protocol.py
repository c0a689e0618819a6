"""The strict decoder and the frame bytes; no database."""

import json
import struct
import uuid

import pytest

from chat.live import frames, protocol
from chat.live.protocol import Refused, decode

POST = {"type": "message.post", "room": 7, "client_id": "6f0e7b2a-0000-4000-8000-000000000001", "body": "Hello"}

MALFORMED = {
    "binary": None,
    "empty": "",
    "not JSON": "hello",
    "scalar": "7",
    "text": '"ping"',
    "array": '[{"type":"ping"}]',
    "null": "null",
    "half": '{"type":"ping"',
    "two": '{"type":"ping"}{"type":"ping"}',
    "NaN": '{"type":"ping","x":NaN}',
    "infinity": '{"type":"ping","x":-Infinity}',
    "overflow": '{"type":"ping","x":1e999}',
    "huge number": '{"type":"ping","x":%s}' % ("9" * 5000),
    "number of 21 digits": '{"type":"room.close","room":%s}' % ("1" * 21),
    "duplicate key": '{"type":"ping","type":"ping"}',
    "duplicate key inside": '{"type":"ping","x":{"a":1,"a":2}}',
    "deep": '{"type":"ping","x":%s}' % ("[" * 40 + "]" * 40),
    "very deep": '{"type":"ping","x":%s}' % ("[" * 30000 + "]" * 30000),
    "lone surrogate": '{"type":"ping","x":"\\ud800"}',
    "lone surrogate in a key": '{"type":"ping","\\udfff":1}',
    "too large": json.dumps({"type": "ping", "x": "a" * protocol.FRAME_LIMIT}),
    "too large in bytes": json.dumps({"type": "ping", "x": "ü" * (protocol.FRAME_LIMIT // 2)}, ensure_ascii=False),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_object_is_malformed(text: str | None) -> None:
    with pytest.raises(Refused) as refused:
        decode(text)
    assert refused.value.malformed


def test_the_limit_itself_passes() -> None:
    room_left = protocol.FRAME_LIMIT - len('{"type":"ping","x":""}')
    assert isinstance(decode('{"type":"ping","x":"%s"}' % ("a" * room_left)), protocol.Ping)


WRONG = {
    "no type": {"type": None},
    "type of a wrong type": {"type": ["message.post"]},
    "unknown type": {"type": "message.shout"},
    "not built yet": {"type": "reaction.add"},
    "room missing": {"room": None},
    "room a text": {"room": "7"},
    "room a float": {"room": 7.0},
    "room true": {"room": True},
    "room zero": {"room": 0},
    "room negative": {"room": -7},
    "room beyond 64 bits": {"room": 2**63},
    "room a list": {"room": [7]},
    "client_id missing": {"client_id": None},
    "client_id upper-case": {"client_id": POST["client_id"].upper()},
    "client_id without hyphens": {"client_id": POST["client_id"].replace("-", "")},
    "client_id a number": {"client_id": 7},
    "body missing": {"body": None},
    "body a number": {"body": 7},
    "body a list": {"body": ["Hello"]},
    "a reply": {"reply_to": 5},
    "attachments": {"attachments": ["5f"]},
    "attachments of a wrong type": {"attachments": "5f"},
    "ref too long": {"ref": "r" * 65},
    "ref a number": {"ref": 7},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_known_fields_are_strict(change: dict[str, object]) -> None:
    decode(json.dumps(POST))  # the premise: without the change it is fine
    with pytest.raises(Refused) as refused:
        decode(json.dumps(POST | change))
    assert not refused.value.malformed
    assert refused.value.code == "invalid"


def test_a_refusal_repeats_the_ref() -> None:
    with pytest.raises(Refused) as refused:
        decode(json.dumps(POST | {"ref": "r1", "room": "7"}))
    assert refused.value.ref == "r1"


def test_unknown_fields_are_ignored() -> None:
    found = decode(json.dumps(POST | {"author": 3, "seq": 9, "is_staff": True, "attachments": [], "reply_to": None}))
    assert found == protocol.MessagePost(None, 7, uuid.UUID(POST["client_id"]), "Hello")


@pytest.mark.parametrize(
    ("frame", "command"),
    [
        ({"type": "room.open", "room": 7}, protocol.RoomOpen(None, 7)),
        ({"type": "room.open", "room": 7, "after": 0, "epoch": "e"}, protocol.RoomOpen(None, 7, 0, "e")),
        ({"type": "room.close", "room": 7, "ref": "r" * 64}, protocol.RoomClose("r" * 64, 7)),
        ({"type": "message.edit", "message": 5, "body": "x"}, protocol.MessageEdit(None, 5, "x")),
        ({"type": "message.delete", "message": 5}, protocol.MessageDelete(None, 5)),
        ({"type": "typing", "room": 7}, protocol.Typing(None, 7)),
        ({"type": "read.mark", "room": 7, "message": 0, "back": True}, protocol.ReadMark(None, 7, 0, True)),
        ({"type": "ping"}, protocol.Ping(None)),
    ],
)
def test_commands(frame: dict[str, object], command: protocol.Command) -> None:
    assert decode(json.dumps(frame)) == command


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_frame_bytes(size: int) -> None:
    payload = b"x" * size
    made = frames.frame(payload)
    assert made[0] == 0x81  # FIN, text
    assert not made[1] & 0x80  # a server does not mask
    short = made[1]
    if short < 126:
        length, start = short, 2
    elif short == 126:
        (length,), start = struct.unpack("!H", made[2:4]), 4
        assert length >= 126  # the shortest form
    else:
        (length,), start = struct.unpack("!Q", made[2:10]), 10
        assert length >= 65536
    assert length == size
    assert made[start:] == payload


def test_a_batch_and_its_reply_differ_only_in_ref_and_here() -> None:
    batch = frames.encode({"room": 7, "after": 1, "seq": 2})
    live, reply = protocol.changes(batch), protocol.changes(batch, ref="r1", here=[])
    assert json.loads(live.payload) == {"type": "room.changes", "room": 7, "after": 1, "seq": 2}
    assert json.loads(reply.payload) == json.loads(live.payload) | {"ref": "r1", "here": []}
