"""Commands as a grammar makes them: right, nearly right, and wrong in every way JSON allows."""

import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from chat.tests.attacks.fuzz.wire import Site

FIELDS: dict[str, tuple[str, ...]] = {
    "room.open": ("room", "after", "epoch"),
    "room.close": ("room",),
    "message.post": ("room", "client_id", "body"),
    "message.edit": ("message", "body"),
    "message.delete": ("message",),
    "typing": ("room",),
    "read.mark": ("room", "message", "back"),
    "ping": (),
}
WORDS = [
    "Hello",
    "@bob",
    "@here",
    "**bold**",
    "`code`",
    "[a](http://b.c)",
    "<b>",
    "&amp;",
    "👍🏽",
    "é",
    "\u202e",
    "\u200d",
    "~~x~~",
]
WORDS += [
    "> quote\n",
    "- item\n",
    "```py\nx\n```",
    "http://a.b/(",
    "\n",
    " ",
    "\t",
    "\r",
    "漢字",
    "Z\u0334\u0335",
    "\x00",
    "\x7f",
]
JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    7.5,
    1e300,
    -0.0,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    "",
    "x",
    "0",
    "null",
    [],
    {},
]
JUNK += [[[[[]]]], {"a": {"b": [1]}}, "x" * 5001, "\ud800", "\udfff", ["x"] * 50, {"type": "ping"}, "\u0000"]
TOKENS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "9" * 30,
    "9" * 5000,
    '"\\ud800"',
    "[" * 200,
    "{" * 30,
    "]",
    "}",
    ",",
    ":",
    '"',
]
TOKENS += [
    "\\",
    "\x00",
    "//x",
    "/*",
    "'",
    "undefined",
    "\ufeff",
    "\u2028",
    '"type":"ping",',
    "true",
    "0x10",
    "01",
    ".5",
    "+1",
    "[" * 20000,
]


class Grammar:
    def __init__(self, site: Site, chance: random.Random) -> None:
        self.site, self.chance = site, chance

    def words(self) -> str:
        """One frame's text."""
        if self.chance.random() < 0.03:
            return "".join(self.chance.choices([*TOKENS[:-1], *WORDS], k=self.chance.randint(0, 12)))
        said = self._written(self._command())
        for _ in range(self.chance.choice([0, 0, 0, 0, 1, 1, 2])):
            said = self._spoilt(said)
        return said

    def _command(self) -> dict[str, Any]:
        kind = self.chance.choice(list(FIELDS))
        made = {"type": kind, **{name: self._value(name) for name in FIELDS[kind]}}
        if self.chance.random() < 0.5:
            made["ref"] = f"r{self.chance.getrandbits(16)}"
        for _ in range(self.chance.choice([0, 0, 1, 1, 2, 3])):
            self._change(made)
        return made

    def _value(self, name: str) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "room": lambda: self.chance.choice([self.site.room] * 8 + [1, 2, 3, 10**6]),
            "message": lambda: self.chance.choice([0, 1, self.chance.randint(1, 5000), 10**12]),
            "after": lambda: self.chance.choice([None, self.chance.randint(0, 10**6), 2**62]),
            "epoch": lambda: self.chance.choice([None, "x", str(uuid.UUID(int=self.chance.getrandbits(128)))]),
            "client_id": lambda: str(uuid.UUID(int=self.chance.getrandbits(self.chance.choice([4, 128])))),
            "body": lambda: "".join(self.chance.choices(WORDS, k=self.chance.randint(0, 40))),
            "back": lambda: self.chance.choice([True, False]),
        }
        return makers[name]()

    def _change(self, made: dict[str, Any]) -> None:
        name = self.chance.choice([*made, "ref", "author", "attachments", "reply_to", "seq", "__proto__", "Type", ""])
        if self.chance.random() < 0.3:
            made.pop(name, None)
        else:
            made[name] = self.chance.choice(JUNK)

    def _written(self, made: dict[str, Any]) -> str:
        plain = self.chance.random() < 0.5
        said = json.dumps(
            made, ensure_ascii=plain, separators=self.chance.choice([(",", ":"), (", ", ": "), (" ,\n", ":\t")])
        )
        if self.chance.random() < 0.05:  # a key twice
            said = said[:-1] + f', "type": {json.dumps(self.chance.choice(JUNK))}}}'
        return said

    def _spoilt(self, said: str) -> str:
        at, until = sorted(self.chance.choices(range(len(said) + 1), k=2))
        return self.chance.choice(
            [
                said[:at] + said[until:],
                said[:at] + self.chance.choice(TOKENS) + said[at:],
                said[:at] + said[at:until] * 3 + said[until:],
                said[:at] + chr(self.chance.choice([0, 9, 34, 92, 127, 255, 0x202E, 0x1F600])) + said[at + 1 :],
                said + said[:at],
            ]
        )
