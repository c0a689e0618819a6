"""Every page in a language of brackets: what stands outside them went past gettext, unless people wrote it."""

import json
import re
import zoneinfo
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from accounts.models import User
from chat import rendering
from chat.errors import ChatError
from chat.models import Message, Restriction, Revision, Room
from chat.tests.attacks.rows import PAGES
from chat.tests.attacks.scene import Scene, make_staff, undone
from chat.tests.doors.table import ALLAUTH, OURS, address_of
from chatsite.language import catalogs

pytestmark = pytest.mark.django_db

OPEN, SHUT = "⟦", "⟧"
WORD = re.compile(r"[^\W\d_]{2,}")
SEEN = {"alt", "aria-description", "aria-label", "aria-roledescription", "label", "placeholder", "title"}
UNSEEN = {"script", "style", "code", "kbd", "svg"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Names of things that every language calls alike.
NAMES = {"UTC", "GMT", "Ada", "Bo", "Ines", "Chatrooms", "Deutsch", "English", "False", "True"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Brackets around all that comes from gettext; and the keys that it was asked for."""
    keys: set[str] = set()
    forget_what_was_drawn()
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        monkeypatch.setattr(translation._trans, name, bracketed(getattr(translation._trans, name), name, keys))
    yield keys
    forget_what_was_drawn()


def forget_what_was_drawn() -> None:
    """Times and fragments of messages are kept in a process, and may be those of another test in the same second."""
    rendering._moulds.clear()
    rendering._written.cache_clear()


def bracketed(translate: Callable[..., str], name: str, keys: set[str]) -> Callable[..., str]:
    def words(*given: Any) -> str:
        keys.add(f"{given[0]}\4{given[1]}" if name.startswith(("pg", "npg")) else str(given[0]))
        return f"{OPEN}{translate(*given)}{SHUT}"

    return words


@pytest.fixture
def desk(db: None) -> Scene:
    scene = Scene()
    make_staff(scene["boss"], "superuser")
    return scene


def outside(page: str) -> list[str]:
    """The words of a page, seen or heard, that no bracket holds."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.found


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if (self._unseen or tag in UNSEEN) and tag not in VOID:
            self._unseen.append(tag)
        given = dict(attrs)
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.found += _bare(given.get("value") or "", 0)[0]
        for name in SEEN & given.keys():
            self.found += _bare(given[name] or "", 0)[0]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            found, self._depth = _bare(data, self._depth)
            self.found += found


def _bare(words: str, depth: int) -> tuple[list[str], int]:
    """The words outside brackets, and how deep inside them the text ends."""
    kept = []
    for part in re.split(f"([{OPEN}{SHUT}])", words):
        if part == OPEN:
            depth += 1
        elif part == SHUT:
            depth -= 1
        elif depth == 0:
            kept += WORD.findall(part)
    return kept, depth


def of_people(scene: Scene) -> set[str]:
    """What they have written, what they and their things are called, and the codes of refusals."""
    texts = [*zoneinfo.available_timezones(), *(error.code for error in ChatError.__subclasses__())]
    for rows in (Permission, Group):  # rows too, named once, when the tables were made
        texts += rows.objects.values_list("name", flat=True)
    for person in User.objects.all():
        texts += [person.name, person.handle, person.email, person.initials]
    for room in Room.objects.all():
        texts += [room.name, room.slug, room.topic]
    texts += Message.objects.values_list("body", flat=True)
    texts += Revision.objects.values_list("body", flat=True)
    texts += Restriction.objects.values_list("reason", flat=True)
    texts += (invite.token for invite in scene.invites.values())
    return NAMES | {word for text in texts for word in WORD.findall(str(text))}


def pages(scene: Scene) -> Iterator[tuple[str, Any]]:
    """(what was asked, the answer): every address by several people, every form sent empty, every desk."""
    for name in OURS | ALLAUTH:
        own = PAGES[f"GET {name}"].parts if f"GET {name}" in PAGES else {}
        place = address_of(name, scene.samples() | scene.fill(own))
        for who in ("nobody", "mallory", "alice", "dave"):
            yield f"GET {place} {who}", scene.client(who).get(place)
        if (OURS | ALLAUTH)[name].posts and name != "account_logout":
            for who in ("nobody", "alice"):
                with undone():
                    yield f"POST {place} {who}", scene.client(who).post(place, {})
    yield from at_the_desk(scene.client("superuser"))


def at_the_desk(client: Client) -> Iterator[tuple[str, Any]]:
    places = ["/admin/", "/admin/chat/room/closed/"]
    for model in admin.site._registry:
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        first = model._base_manager.values_list("pk", flat=True).first()
        places += [at, f"{at}?q=tide", f"{at}add/", f"{at}{first}/change/", f"{at}{first}/history/"]
    yield from ((f"GET {place} superuser", client.get(place)) for place in places)


def is_page(answer: Any) -> bool:
    return not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html")


def test_no_page_says_a_word_past_gettext(desk: Scene, asked: set[str]) -> None:
    known, seen = of_people(desk), 0
    bare: dict[str, str] = {}  # word -> where it stands first
    for door, answer in pages(desk):
        if is_page(answer):
            seen += 1
            bare = dict.fromkeys(set(outside(answer.content.decode())) - known, door) | bare
    assert seen > 200, "the premise: most of it are pages"
    assert [f"{word}: {door}" for word, door in sorted(bare.items())] == []
    for language in catalogs.languages():
        assert lacking(language, asked) == [], "Django or allauth has it in English only: chatsite/language/borrowed.py"


def lacking(language: str, keys: set[str]) -> list[str]:
    """What no catalog has in this language, Django's and allauth's among them."""
    catalog = trans_real.translation(language)._catalog
    keys = keys - {"", *dict(settings.LANGUAGES).values()}
    return sorted(key for key in keys if key not in catalog and (key, 0) not in catalog)


@pytest.mark.usefixtures("asked")
def test_no_script_is_given_a_word_past_gettext(desk: Scene) -> None:
    page = desk.client("alice").get("/rooms/public-harbour/").content.decode()
    block = re.search(r'<script id="page-data" type="application/json">(.*?)</script>', page)
    assert block
    strings = json.loads(block.group(1))["strings"]
    texts = [text for given in strings.values() for text in ([given] if isinstance(given, str) else given.values())]
    assert len(texts) > 40
    assert [text for text in texts if not (text.startswith(OPEN) and text.endswith(SHUT))] == []


def test_the_search_finds_what_is_outside() -> None:
    assert outside(f"<p>{OPEN}In <b>here</b>{SHUT} and out</p><img alt='Picture'>") == ["and", "out", "Picture"]
    assert outside(f"<script>no</script><p title='{OPEN}a {OPEN}b{SHUT}{SHUT} c'>{OPEN}Yes{SHUT}</p>") == []
    assert outside("<svg><title>unseen</title></svg><input type=submit value=Send>") == ["Send"]
