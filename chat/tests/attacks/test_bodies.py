"""Bodies, methods and headers that do not fit: refused, or left aside, before the database is asked."""

import json

import pytest
from django.test import Client

from chat.tests.attacks.asking import CODES, address, give
from chat.tests.attacks.rows import ACCOUNT, ASKING, PAGES, POSTS
from chat.tests.attacks.scene import Scene, news, traces, undone
from chat.tests.doors.table import address_of, addresses

pytestmark = pytest.mark.django_db

JSON, FORM, FILES = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BROKEN: dict[str, tuple[str, bytes]] = {
    "no JSON": (JSON, b"body=Hello"),
    "half JSON": (JSON, b'{"body": "Hel'),
    "empty JSON": (JSON, b""),
    "a list": (JSON, b'[{"body": "x"}]'),
    "a text": (JSON, b'"body"'),
    "null": (JSON, b"null"),
    "NaN": (JSON, b'{"body": NaN}'),
    "a key twice": (JSON, b'{"body": "x", "body": "y"}'),
    "deep": (JSON, b"[" * 100_000),
    "a long number": (JSON, b'{"body": ' + b"9" * 5000 + b"}"),
    "not UTF-8": (JSON, b'{"body": "\xff\xfe"}'),
    "UTF-16": (JSON, '{"body": "x"}'.encode("utf-16")),
    "two": (JSON, b"{}{}"),
    "no fields": (JSON, b"{}"),
    "JSON as a form": (FORM, b'{"body": "x"}'),
    "another charset": (f"{FORM}; charset=utf-7", b"body=+ADw-script+AD4-"),
    "a thousand fields": (FORM, b"&".join(b"f%d=1" % number for number in range(1001))),
    "a megabyte": (FORM, b"body=" + b"x" * 1_000_000),
    "a megabyte of JSON": (JSON, b'{"body": "' + b"x" * 1_000_000 + b'"}'),
    "no parts": (FILES, b"--x"),
    "an endless header": (
        FILES,
        b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 70_000 + b"\r\n\r\nx\r\n--x--",
    ),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\nx"),
    "a foreign type": ("application/xml", b"<body>x</body>"),
    "no type": ("", b"body=x"),
}


# All of them at the door that is used most; a few at the others, which read their bodies in the same way.
FEW = ("half JSON", "a list", "not UTF-8", "no fields", "a megabyte of JSON", "no parts", "a foreign type")


@pytest.mark.parametrize("door", ASKING)
def test_broken_bodies_are_refused(door: str, scene: Scene) -> None:
    before = traces()
    for name in BROKEN if door == "POST messages" else FEW:
        kind, body = BROKEN[name]
        answer = give(scene, door, body, kind)
        assert answer.status_code in {400, 413}, (name, answer.status_code)
        assert answer.json()["code"] == CODES[answer.status_code], name
    assert not news(before)
    assert give(scene, door, scene.fill(PAGES[door].given)).status_code < 400, "the premise: the whole one passes"


@pytest.mark.parametrize("door", sorted({*POSTS} - {*ASKING}))
def test_broken_bodies_that_nobody_reads_hurt_nobody(door: str, scene: Scene) -> None:
    for name in FEW:
        with undone():
            kind, body = BROKEN[name]
            assert give(scene, door, body, kind).status_code < 500, name


@pytest.mark.parametrize("name", ACCOUNT)
def test_broken_bodies_at_the_doors_of_accounts(name: str, scene: Scene) -> None:
    before = traces()
    client = scene.client("bob" if ACCOUNT[name].who else "nobody")
    for broken in BROKEN if name == "account_login" else FEW:
        kind, body = BROKEN[broken]
        answer = client.post(address_of(name, scene.samples()), body, content_type=kind)
        assert answer.status_code < 500, broken
    assert not news(before)


HEADERS: list[dict[str, str]] = [
    {"accept": "x" * 8000},
    {"accept": "application/json;q=nan,*/*;q=-1"},
    {"accept": "\x80\xff"},
    {"accept-language": ",".join(["xx-YY;q=0.1"] * 2000)},
    {"accept-language": "../../etc/passwd"},
    {"accept-encoding": "gzip;q=x,\x00"},
    {"cookie": "sessionid=" + "a" * 8000},
    {"cookie": "csrftoken=x; messages=garbage; sessionid=\x00\xff"},
    {"cookie": 'messages="\\"; sessionid="\\000"'},
    {"range": "bytes=0-,5-"},
    {"if-modified-since": "never"},
    {"if-none-match": '"' + "x" * 5000},
    {"referer": "javascript:alert(1)"},
    {"x-forwarded-for": "not, an, address"},
    {"x-forwarded-host": "evil.example"},
    {"x-forwarded-proto": "https"},
    {"x-http-method-override": "DELETE"},
    {"x-requested-with": "XMLHttpRequest"},
    {"x-original-url": "/admin/"},
    {"script-name": "/elsewhere"},
    {"content-length": "-5"},
    {"content-length": "x"},
]


def test_absurd_headers(scene: Scene) -> None:
    before = traces()
    asked = (("bob", address(scene, "GET room")), ("nobody", "/accounts/login/"), ("nobody", "/nowhere/"))
    for headers in HEADERS:
        for who, place in asked:
            answer = scene.client(who).get(place, headers=headers)
            assert answer.status_code in {200, 302, 400, 401, 404}, (headers, place)
            told = f"{answer.headers} {answer.content.decode(errors='replace')}"
            assert "evil.example" not in told, (headers, place)
            assert "/elsewhere" not in told, (headers, place)
    assert not news(before)


STRANGE = ["TRACE", "get", "X" * 500, "OPTIONS"]


def test_strange_methods(scene: Scene) -> None:
    before = traces()
    for name in sorted({name for name, _pattern in addresses() if not name.startswith("admin:")}):
        for number, method in enumerate(STRANGE):
            place, who = address_of(name, scene.samples()), ("bob", "nobody")[number % 2]
            assert scene.client(who, json=True).generic(method, place).status_code < 500, (name, method)
    assert not news(before)


def test_a_body_that_is_no_form_reaches_no_page(scene: Scene) -> None:
    """A page of another site can send a form, or text, without asking first; only JSON must be asked for."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = scene.client("bob").cookies
    place, before = address(scene, "POST messages"), traces()
    for kind in (FORM, "text/plain", FILES, JSON):
        body = json.dumps(scene.fill(PAGES["POST messages"].given))
        assert strict.post(place, body, content_type=kind, headers={"origin": "null"}).status_code == 403, kind
    assert not news(before)
