"""Frames against RFC 6455: what a protocol error is, what merely looks like one, and bytes that are nothing at all."""

import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from chat.tests.attacks.fuzz.wire import BINARY, CLOSE, PING, PONG, TEXT, frame

PROTOCOL, NO_TEXT, TOO_LARGE = 1002, 1007, 1009
LIMIT = 65536
PING_COMMAND = json.dumps({"type": "ping"}).encode()


@dataclass
class Case:
    """What is sent, packet by packet. `codes`: with which of these the server closes; none: it goes on. `is_left`: the
    frame has no end, so nobody can say what is right but that the server lives."""

    packets: list[bytes]
    codes: set[int] = field(default_factory=set)
    is_left: bool = False


def _mask(chance: random.Random) -> bytes:
    return chance.randbytes(4)


def _frame(chance: random.Random, opcode: int, payload: bytes, first: int = 0x80) -> bytes:
    return frame(opcode, payload, first=first, mask=_mask(chance))


# --- Legal


def fragments(chance: random.Random) -> Case:
    """One command in pieces, with pings between them."""
    parts = [PING_COMMAND[start : start + 3] for start in range(0, len(PING_COMMAND), 3)]
    packets = []
    for number, part in enumerate(parts):
        first = 0x80 if number == len(parts) - 1 else 0
        packets.append(_frame(chance, TEXT if number == 0 else 0, part, first))
        if chance.random() < 0.5:
            packets.append(_frame(chance, chance.choice([PING, PONG]), chance.randbytes(chance.randint(0, 125))))
    return Case(packets if chance.random() < 0.5 else [b"".join(packets)])


def controls(chance: random.Random) -> Case:
    sizes = chance.choices([0, 1, 125], k=chance.randint(1, 20))
    return Case([b"".join(_frame(chance, chance.choice([PING, PONG]), chance.randbytes(size)) for size in sizes)])


def byte_by_byte(chance: random.Random) -> Case:
    whole = _frame(chance, TEXT, PING_COMMAND)
    return Case([whole[number : number + 1] for number in range(len(whole))])


def burst(chance: random.Random) -> Case:
    return Case([b"".join(_frame(chance, TEXT, PING_COMMAND) for _ in range(chance.randint(2, 30)))])


def binary(chance: random.Random) -> Case:
    return Case([_frame(chance, BINARY, chance.choice([PING_COMMAND, b"", chance.randbytes(300)]))])


# --- Errors with a name


def reserved_opcode(chance: random.Random) -> Case:
    return Case([_frame(chance, chance.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), PING_COMMAND)], {PROTOCOL})


def reserved_bits(chance: random.Random) -> Case:
    first = 0x80 | chance.choice([0x40, 0x20, 0x10, 0x70])
    return Case([_frame(chance, chance.choice([TEXT, PING, CLOSE]), PING_COMMAND, first)], {PROTOCOL})


def unmasked(chance: random.Random) -> Case:
    return Case([frame(chance.choice([TEXT, PING]), PING_COMMAND, mask=None)], {PROTOCOL})


def control_in_pieces(chance: random.Random) -> Case:
    return Case([_frame(chance, chance.choice([PING, PONG, CLOSE]), b"xx", 0)], {PROTOCOL})


def long_control(chance: random.Random) -> Case:
    return Case(
        [_frame(chance, chance.choice([PING, PONG, CLOSE]), bytes(chance.choice([126, 200, 70000])))], {PROTOCOL}
    )


def nothing_to_continue(chance: random.Random) -> Case:
    return Case([_frame(chance, 0, PING_COMMAND, chance.choice([0, 0x80]))], {PROTOCOL})


def interrupted(chance: random.Random) -> Case:
    opcode = chance.choice([TEXT, BINARY])
    return Case([_frame(chance, TEXT, b"{", 0), _frame(chance, opcode, PING_COMMAND)], {PROTOCOL})


def roundabout_length(chance: random.Random) -> Case:
    return Case([frame(TEXT, PING_COMMAND, mask=_mask(chance), form=chance.choice([126, 127]))], {PROTOCOL})


def length_of_64_bits(chance: random.Random) -> Case:
    size = chance.choice([2**63, 2**64 - 1, 2**63 - 1, 2**40, LIMIT + 1])
    return Case([struct.pack("!BBQ", 0x81, 0xFF, size) + _mask(chance) + PING_COMMAND], {PROTOCOL, TOO_LARGE})


def too_large(chance: random.Random) -> Case:
    opcode = chance.choice([TEXT, BINARY])
    return Case([_frame(chance, opcode, bytes(LIMIT + chance.choice([1, 2, 5000])))], {TOO_LARGE})


def too_large_together(chance: random.Random) -> Case:
    parts = [_frame(chance, TEXT, b"x" * 30000, 0), *(_frame(chance, 0, b"x" * 30000, 0) for _ in range(2))]
    return Case([b"".join(parts)] if chance.random() < 0.5 else parts, {TOO_LARGE})


def too_many_pieces(chance: random.Random) -> Case:
    pieces = [_frame(chance, TEXT, b"", 0), *(_frame(chance, 0, chance.choice([b"", b"x"]), 0) for _ in range(300))]
    return Case([b"".join(pieces)], {TOO_LARGE})


def no_text(chance: random.Random) -> Case:
    bad = chance.choice(
        [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"{\xfe}", b"\x80" * 500]
    )
    return Case([_frame(chance, TEXT, bad)], {NO_TEXT})


def wrong_goodbye(chance: random.Random) -> Case:
    code = chance.choice([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    payload = chance.choice([b"\x03", struct.pack("!H", code), struct.pack("!H", 1000) + b"\xff\xfe"])
    return Case([_frame(chance, CLOSE, payload)], {PROTOCOL, NO_TEXT, 1000, 1005})


def goodbye(chance: random.Random) -> Case:
    code = chance.choice([1000, 1001, 1003, 1007, 3000, 4000, 4999])
    payload = chance.choice([b"", struct.pack("!H", code), struct.pack("!H", code) + "é".encode() * 40])
    after = chance.choice([b"", _frame(chance, TEXT, PING_COMMAND) * 3, chance.randbytes(100)])
    return Case([_frame(chance, CLOSE, payload) + after], {code, 1000, 1005})


# --- No frame at all


def bits_flipped(chance: random.Random) -> Case:
    whole = bytearray(_frame(chance, TEXT, PING_COMMAND) * chance.randint(1, 3))
    for _ in range(chance.randint(1, 6)):
        whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return Case([bytes(whole)], is_left=True)


def noise(chance: random.Random) -> Case:
    return Case([chance.randbytes(chance.choice([1, 2, 10, 1000, 20000]))], is_left=True)


def half(chance: random.Random) -> Case:
    whole = _frame(chance, chance.choice([TEXT, PING, CLOSE]), PING_COMMAND)
    return Case([whole[: chance.randint(1, len(whole) - 1)]], is_left=True)


def half_of_many(chance: random.Random) -> Case:
    whole = b"".join(_frame(chance, TEXT, PING_COMMAND) for _ in range(30))
    return Case([whole[: chance.randint(1, len(whole))]], is_left=True)


def another_protocol(chance: random.Random) -> Case:
    return Case(
        [chance.choice([b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-x\r\n", b"\r\n" * 50])],
        is_left=True,
    )


LEGAL = (fragments, controls, byte_by_byte, burst, binary)
ERRORS = (
    reserved_opcode, reserved_bits, unmasked, control_in_pieces, long_control, nothing_to_continue, interrupted,
    roundabout_length, length_of_64_bits, too_large, too_large_together, too_many_pieces, no_text, wrong_goodbye,
    goodbye,
)  # fmt: skip
LEFT = (bits_flipped, noise, half, half_of_many, another_protocol)


def any_case(chance: random.Random) -> Case:
    makers: list[Callable[[random.Random], Case]] = list(chance.choice([LEGAL, ERRORS, LEFT]))
    return chance.choice(makers)(chance)
